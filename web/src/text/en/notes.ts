// Notes: Markdown, pictures, diagrams.

export const notes = {};
