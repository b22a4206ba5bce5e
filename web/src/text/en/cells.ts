// Cells: their kinds, tools, selection, clipboard and bin.

export const cells = {};
