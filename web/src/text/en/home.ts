// The list of notebooks.

import { many } from './counts';

export interface ImportTally {
  underWay: number;
  done: number;
  failed: number;
  cancelled: number;
}

function importSummary({ underWay, done, failed, cancelled }: ImportTally): string {
  const over = [
    done > 0 ? `${done} imported` : '',
    failed > 0 ? `${failed} failed` : '',
    cancelled > 0 ? `${cancelled} cancelled` : '',
  ].filter((part) => part !== '');
  if (underWay > 0) return [`Importing ${many(underWay, 'file')}…`, ...over].join(' · ');
  return over.join(' · ');
}

/** The keys that the tour names, by what they do. */
type TourKeys = Readonly<Record<'edit' | 'advance' | 'addAbove' | 'addBelow' | 'toNote' | 'toCode' | 'toPrompt' | 'delete' | 'undo' | 'bin' | 'help', string>>;

const tourCells = (key: TourKeys) =>
  [
    {
      kind: 'note',
      source: `# A tour

A notebook is a column of cells. This one is a **note**: words in Markdown, with tables, pictures and math such as $e^{i\\pi} + 1 = 0$. Double-click it, or select it and press **${key.edit}**, to write in it; **Esc** or **${key.advance}** shows it again.`,
    },
    {
      kind: 'note',
      source: `## Two modes, a few keys

While you write in a cell, keys write. Press **Esc** and keys act on the whole cell:

| key | what it does |
| --- | --- |
| ↑ ↓ | select the cell above or below |
| ${key.edit} | write in the cell |
| ${key.advance} | go on to the next cell |
| ${key.addAbove}, ${key.addBelow} | add a cell above or below |
| ${key.toNote}, ${key.toCode}, ${key.toPrompt} | make it a note, code or a prompt |
| ${key.delete} | put it into the bin |
| ${key.undo} | undo *your* last change, never a colleague’s |
| ${key.help} | all keys |`,
    },
    {
      kind: 'code',
      source: `# This is a code cell. Select it, press ${key.addBelow}, and a new cell is below it.
letters = "notebook"
print(sorted(letters))`,
    },
    {
      kind: 'prompt',
      source: 'This is a prompt: a question to a language model that is given the cells above. What does the code above print?',
    },
    {
      kind: 'note',
      source: `## Together

Give somebody the address of this page, or open it in a second window. Everybody types at the same time; each letter merges, and the named carets show who is where.

Cut the network and go on: the word at the top says what is saved and what is kept in this browser. Delete this cell with **${key.delete}** and take it back from the bin with **${key.bin}**: nothing that was typed gets lost.`,
    },
  ] as const;

export const home = {
  heading: 'Notebooks',
  widgets: 'Widgets',
  create: 'New notebook',
  import: 'Import',
  chooseFiles: 'Notebook files',
  drop: 'Drop notebooks to import them',
  nothingDropped: 'There is no notebook in what was dropped: no file whose name ends in .ipynb.',

  search: 'Search notebooks',
  searchAmong: (number: number) => `Search ${many(number, 'notebook')}`,
  found: (number: number, all: number) => `${number} of ${many(all, 'notebook')}`,
  noneFound: (search: string) => `No title contains “${search}”.`,
  clearSearch: 'Clear the search',
  sort: 'Sort',
  sorts: { changed: 'Last changed', opened: 'Last opened by me', title: 'Title', created: 'Newest' },

  list: 'Notebooks',
  recent: 'Recently opened',
  cells: (number: number) => many(number, 'cell'),
  changed: (when: string, who: string | undefined) => (who === undefined ? when : `${who}, ${when}`),
  changedAt: (when: string, who: string | undefined) => (who === undefined ? `Changed ${when}` : `Changed ${when} by ${who}`),
  createdAt: (when: string) => `created ${when}`,
  opened: (when: string) => `opened ${when}`,
  opensOffline: 'Opens offline',
  notHere: 'Not in this browser',
  keys: [
    { keys: ['↑', '↓'], what: 'choose' },
    { keys: ['Enter'], what: 'open' },
    { keys: ['F2'], what: 'rename' },
    { keys: ['Delete'], what: 'delete' },
    { keys: ['/'], what: 'search' },
  ],

  more: (title: string) => `More for ${title}`,
  title: 'Title',
  rename: 'Rename',
  duplicate: 'Duplicate',
  copyLink: 'Copy link',
  linkCopied: 'The link is in the clipboard.',
  export: { ipynb: 'Export as Jupyter notebook', md: 'Export as Markdown', py: 'Export as Python' },
  delete: 'Delete',
  deleteKey: 'Del',
  copyOf: (title: string) => `Copy of ${title}`,
  duplicated: (title: string) => `“${title}” was made.`,
  open: 'Open',
  deleted: (title: string) => `“${title}” was deleted.`,
  undo: 'Undo',
  restored: (title: string) => `“${title}” is back.`,
  deletedNotebooks: (number: number) => `Deleted notebooks (${number})`,
  deletedList: 'Deleted notebooks',
  deletedWhen: (when: string) => `deleted ${when}`,
  restore: 'Restore',
  restoreNamed: (title: string) => `Restore ${title}`,

  awayKept: 'These notebooks are kept in this browser; they open, and what you change is sent as soon as the server is back.',
  awayKnown: 'The list is as it was last seen. Notebooks kept in this browser open, and what you change in them is sent as soon as the server is back.',
  awayNothing: 'This browser has kept no notebook. The list comes by itself as soon as the server is back.',
  tryNow: 'Try now',
  back: 'The server is reached again.',
  signIn: 'Sign in',
  readOnly: 'You may read the notebooks here, not change them.',
  nothing: 'There is no notebook yet.',
  loading: 'Loading the notebooks…',

  imports: 'Imports',
  importSummary,
  clearImports: 'Clear this list',
  waiting: 'Waiting',
  sending: (percent: number) => `${percent} %`,
  progress: (name: string) => `How much of ${name} was sent`,
  reading: 'Reading…',
  imported: 'Imported',
  cancel: 'Cancel',
  cancelNamed: (name: string) => `Cancel ${name}`,
  again: 'Try again',
  againNamed: (name: string) => `Try ${name} again`,
  openNamed: (title: string) => `Open ${title}`,
  problems: {
    empty: 'The file is empty. Save it again in the program it comes from.',
    unreadable: 'It cannot be read. See whether it is still where it was, and choose it again.',
    notANotebook: 'This is not a notebook. Choose a Jupyter notebook: a file whose name ends in .ipynb.',
    tooLarge: (size: string, largest: string) =>
      `It has ${size}, and this server takes at most ${largest}. Clear its outputs in Jupyter, save it, and try that file.`,
    notReached: 'The server was not reached. Try again when you are online.',
  },

  empty: {
    heading: 'Begin a notebook',
    what: 'A notebook is a page of cells that people write at the same time. Everything typed is merged and kept; there is nothing to save.',
    kinds: [
      { kind: 'note', name: 'Note', what: 'Words, tables, pictures and math, in Markdown.' },
      { kind: 'code', name: 'Code', what: 'Programs, with what they print and draw below them.' },
      { kind: 'prompt', name: 'Prompt', what: 'A question to a language model that has read the cells above.' },
    ] as const,
    ways: 'Three ways to begin',
    write: 'Write one',
    writeWhy: 'Begin with an empty page.',
    bring: 'Bring one',
    bringWhy: 'Choose Jupyter notebooks, or drop them anywhere on this page.',
    shell: 'From a shell',
    command: 'coscribe notebook import FILE.ipynb',
    copyCommand: 'Copy the command',
    commandCopied: 'The command is in the clipboard.',
    tour: 'Or look around in a tour that is yours to scribble in:',
    makeTour: 'Make the tour',
  },
  tour: { title: 'A tour', cells: tourCells },
};
