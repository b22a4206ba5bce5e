// Notes: Markdown, pictures, diagrams.

export const notes = {
  empty: 'An empty note',
  task: 'Task',
  table: 'Table',
  noSuchPlace: (fragment: string) => `This notebook has no heading “${fragment}”.`,
  backToText: 'Back to the text',
  pictureElsewhere: (name: string) => `Picture elsewhere: ${name}`,
  notLoaded: 'Not loaded, so that its host does not learn who reads this note.',
  pictureMissing: (name: string) => `Picture missing: ${name}`,
};
