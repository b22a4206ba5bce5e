// Whether what was typed is safe, and who may type.

export const trust = {};
