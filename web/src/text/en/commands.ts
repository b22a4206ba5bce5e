// The names of commands, the palette and the help sheet.

export const commands = {};
