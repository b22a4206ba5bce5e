// The list of notebooks.

export const home = {};
