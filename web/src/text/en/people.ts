// Who is here, where, and what they did meanwhile.

export const people = {};
