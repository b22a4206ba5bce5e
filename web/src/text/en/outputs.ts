// Outputs of code.

export const outputs = {};
