// Notes: Markdown, pictures, diagrams.

export const notes = {
  empty: 'An empty note',
  task: 'Task',
  table: 'Table',
  noSuchPlace: (fragment: string) => `This notebook has no heading “${fragment}”.`,
  backToText: 'Back to the text',
  diagram: (about: string) => (about === '' ? 'Diagram' : `Diagram: ${about}`),
  /** `line` is 0 when it is not known. */
  diagramMistake: (line: number) => (line > 0 ? `This diagram cannot be drawn: line ${line} is not understood.` : 'This diagram cannot be drawn: its text is not understood.'),
  diagramNot: {
    slow: 'This diagram takes too long to draw.',
    absent: 'This diagram could not be drawn, because the part of the page that draws was not loaded. It is tried again when the note changes.',
  },
  pictureElsewhere: (name: string) => `Picture elsewhere: ${name}`,
  notLoaded: 'Not loaded, so that its host does not learn who reads this note.',
  pictureMissing: (name: string) => `Picture missing: ${name}`,
};
