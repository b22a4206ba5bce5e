// The names of commands, the palette and the help sheet.

const cells = (one: string, many: string) => (count: number) => (count === 1 ? one : many.replace('#', String(count)));

const deeds = {
  typing: () => 'your typing',
  add: cells('adding a cell', 'adding # cells'),
  paste: cells('pasting a cell', 'pasting # cells'),
  duplicate: cells('duplicating a cell', 'duplicating # cells'),
  move: cells('moving a cell', 'moving # cells'),
  delete: cells('deleting a cell', 'deleting # cells'),
  cut: cells('cutting a cell', 'cutting # cells'),
  restore: cells('restoring a cell', 'restoring # cells'),
  kind: cells('changing the kind of a cell', 'changing the kind of # cells'),
  heading: cells('making a heading', 'making # headings'),
  split: () => 'splitting a cell',
  merge: cells('merging cells', 'merging # cells'),
  replace: cells('replacing in a cell', 'replacing in # cells'),
};

/** `number` is 0 when the cell is not known, or when there are several. */
const where = (number: number): string => (number > 0 ? ` in cell ${number}` : '');

export const commands = {
  undo: 'Undo',
  nothingToUndo: 'Nothing of yours to undo.',
  nothingToRedo: 'Nothing to redo.',
  deeds,
  undid: (deed: string, number: number) => `Undid ${deed}${where(number)}.`,
  redid: (deed: string, number: number) => `Redid ${deed}${where(number)}.`,
  names: {
    edit: 'Edit the cell',
    advance: 'Go on to the next cell, made if there is none',
    selectAbove: 'Select the cell above',
    selectBelow: 'Select the cell below',
    first: 'Select the first cell',
    last: 'Select the last cell',
    addAbove: 'Add a cell above',
    addBelow: 'Add a cell below',
    delete: 'Put the cell into the bin',
    moveUp: 'Move the cell up',
    moveDown: 'Move the cell down',
    mergeBelow: 'Merge with the cell below',
    undo: 'Undo my last change',
    redo: 'Redo',
    toCode: 'Make it code',
    toNote: 'Make it a note',
    toPrompt: 'Make it a prompt',
    toRaw: 'Make it raw text',
    foldSource: 'Fold or show the source',
    foldOutputs: 'Fold or show the outputs',
    bin: 'Open the bin',
    help: 'This sheet',
  },
};
