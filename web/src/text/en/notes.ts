// Notes: Markdown, pictures, diagrams.

const megabytes = (bytes: number) => new Intl.NumberFormat('en', { style: 'unit', unit: 'megabyte', maximumFractionDigits: 1 }).format(bytes / (1 << 20));

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
  onlyIntoNotes: 'Pictures go into notes. Make this cell a note, or add one.',
  dropOntoNote: 'Drop pictures onto a note.',
  notAPicture: (file: string) => `${file} is no picture that browsers show. PNG, JPEG, GIF, WebP and SVG are.`,
  notRead: 'The browser could not read the file.',
  pictureTooLarge: (file: string, size: number, most: number) =>
    `${file} has ${megabytes(size)}; a picture may have ${megabytes(most)}. Make it smaller, or put it elsewhere and link to it.`,
  pictureNotKept: (file: string, why: string) => `${file} was not added. ${why}`,
  serverAway: 'The server was not reached. Pictures under one megabyte can be added without it; larger ones when it is back.',
  sending: (file: string) => `Sending ${file}`,
  cancel: 'Cancel',
  cancelSending: (file: string) => `Do not add ${file}`,
  pictureMissing: (name: string) => `Picture missing: ${name}`,
};
