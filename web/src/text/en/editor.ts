// The editor of one cell.

export const editor = {};
