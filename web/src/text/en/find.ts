// Find and replace, and the outline.

export const find = {};
