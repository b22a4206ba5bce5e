// Every command of the notebook page: its group in menus and the keys it begins with. Pure.
//
// Invariant: one table. The keys, the palette, the help sheet and the tooltips read it; what a command does stands in
// ui/actions. Keys are those of command mode, as JupyterLab has them where it has the command; people remap them
// (keymap.ts).

import { text } from '../text/text';

export const GROUPS = ['navigate', 'run', 'kernel', 'ask', 'select', 'add', 'edit', 'kind', 'fold', 'history', 'show'] as const;
export type CommandGroup = (typeof GROUPS)[number];

interface Declaration {
  group: CommandGroup;
  /** Keys pressed one after the other, each with its modifiers: `d d`, `Shift+Enter`. `Mod` is Ctrl, or ⌘ on a Mac. */
  keys: readonly string[];
  /** Acts also while one types: those of its keys that write nothing, such as `Mod+f` and `F1`. */
  anywhere?: true;
  /** Of a group that changes the notebook, and yet of use to readers: for them it does what changes nothing. */
  reads?: true;
}

const DECLARED = {
  edit: { group: 'navigate', keys: ['Enter'] },
  advance: { group: 'run', keys: ['Shift+Enter'], reads: true },
  runHere: { group: 'run', keys: ['Mod+Enter'], reads: true },
  advanceToNew: { group: 'run', keys: ['Alt+Enter'], anywhere: true },
  runAbove: { group: 'run', keys: ['Mod+F8'], anywhere: true },
  runBelow: { group: 'run', keys: ['Mod+F10'], anywhere: true },
  runAll: { group: 'run', keys: ['Mod+F9'], anywhere: true },
  stop: { group: 'run', keys: [] },
  stopAll: { group: 'run', keys: ['i i'] },
  startKernel: { group: 'kernel', keys: [] },
  interruptKernel: { group: 'kernel', keys: [] },
  restartKernel: { group: 'kernel', keys: ['0 0'] },
  restartAndRunAll: { group: 'kernel', keys: [] },
  shutDownKernel: { group: 'kernel', keys: [] },
  askForMe: { group: 'ask', keys: [] },
  thinkFirst: { group: 'ask', keys: [] },
  pinForModels: { group: 'ask', keys: [] },
  skipForModels: { group: 'ask', keys: [] },
  editAnswer: { group: 'ask', keys: [] },
  insertCode: { group: 'ask', keys: [] },
  answerToNote: { group: 'ask', keys: [] },
  copyAnswer: { group: 'ask', keys: [], reads: true },
  linkTask: { group: 'show', keys: ['t'] },
  whatIsSent: { group: 'show', keys: [] },
  models: { group: 'show', keys: [] },
  kernelMenu: { group: 'show', keys: [] },
  packages: { group: 'show', keys: [] },
  variables: { group: 'show', keys: [] },
  files: { group: 'show', keys: [] },
  selectAbove: { group: 'navigate', keys: ['ArrowUp', 'k'] },
  selectBelow: { group: 'navigate', keys: ['ArrowDown', 'j'] },
  first: { group: 'navigate', keys: ['Home'] },
  last: { group: 'navigate', keys: ['End'] },
  foldSection: { group: 'navigate', keys: ['ArrowLeft'] },
  openSection: { group: 'navigate', keys: ['ArrowRight'] },
  foldAllSections: { group: 'navigate', keys: [] },
  openAllSections: { group: 'navigate', keys: [] },
  extendAbove: { group: 'select', keys: ['Shift+ArrowUp', 'Shift+k'] },
  extendBelow: { group: 'select', keys: ['Shift+ArrowDown', 'Shift+j'] },
  extendToFirst: { group: 'select', keys: ['Shift+Home'] },
  extendToLast: { group: 'select', keys: ['Shift+End'] },
  selectAll: { group: 'select', keys: ['Mod+a'] },
  shrink: { group: 'select', keys: ['Escape'] },
  copy: { group: 'select', keys: ['c'] },
  copyLink: { group: 'select', keys: ['Mod+Alt+l'], anywhere: true },
  addAbove: { group: 'add', keys: ['a'] },
  addBelow: { group: 'add', keys: ['b'] },
  pasteBelow: { group: 'add', keys: ['v'] },
  pasteAbove: { group: 'add', keys: ['Shift+v'] },
  duplicate: { group: 'add', keys: ['Shift+d'] },
  cut: { group: 'edit', keys: ['x'] },
  delete: { group: 'edit', keys: ['d d'] },
  moveUp: { group: 'edit', keys: ['Alt+ArrowUp', 'Mod+Shift+ArrowUp'] },
  moveDown: { group: 'edit', keys: ['Alt+ArrowDown', 'Mod+Shift+ArrowDown'] },
  merge: { group: 'edit', keys: ['Shift+m'] },
  mergeAbove: { group: 'edit', keys: ['Mod+Backspace'] },
  mergeBelow: { group: 'edit', keys: ['Mod+Shift+m'] },
  undo: { group: 'history', keys: ['z', 'Mod+z'] },
  redo: { group: 'history', keys: ['Shift+z', 'Mod+Shift+z', 'Mod+y'] },
  toCode: { group: 'kind', keys: ['y'] },
  toNote: { group: 'kind', keys: ['m'] },
  toPrompt: { group: 'kind', keys: ['p'] },
  toRaw: { group: 'kind', keys: ['r'] },
  toHeading1: { group: 'kind', keys: ['1'] },
  toHeading2: { group: 'kind', keys: ['2'] },
  toHeading3: { group: 'kind', keys: ['3'] },
  toHeading4: { group: 'kind', keys: ['4'] },
  toHeading5: { group: 'kind', keys: ['5'] },
  toHeading6: { group: 'kind', keys: ['6'] },
  foldSource: { group: 'fold', keys: ['Shift+c'] },
  foldOutputs: { group: 'fold', keys: ['o'] },
  foldAllSources: { group: 'fold', keys: [] },
  foldAllOutputs: { group: 'fold', keys: ['Shift+o'] },
  bin: { group: 'show', keys: ['Shift+x'] },
  lineNumbers: { group: 'show', keys: ['Shift+l', 'l'] },
  cellMenu: { group: 'show', keys: ['ContextMenu', 'Shift+F10'] },
  save: { group: 'show', keys: ['s', 'Mod+s'], anywhere: true },
  find: { group: 'show', keys: ['Mod+f'], anywhere: true },
  replace: { group: 'show', keys: ['Mod+h', 'Mod+Alt+f'], anywhere: true },
  findNext: { group: 'navigate', keys: ['F3', 'Mod+g'], anywhere: true },
  findPrevious: { group: 'navigate', keys: ['Shift+F3', 'Mod+Shift+g'], anywhere: true },
  outline: { group: 'show', keys: ['Mod+Shift+o'], anywhere: true },
  palette: { group: 'show', keys: ['Mod+Shift+p', 'Mod+Shift+c', 'Mod+k'], anywhere: true },
  goTo: { group: 'navigate', keys: ['#'] },
  help: { group: 'show', keys: ['h', '?', 'F1'], anywhere: true },
  settings: { group: 'show', keys: ['Mod+,'], anywhere: true },
  remap: { group: 'show', keys: [] },
} as const satisfies { [command: string]: Declaration };

export type Command = keyof typeof DECLARED;

export const COMMANDS: { readonly [command in Command]: Declaration } = DECLARED;

const NAMES: { readonly [command in Command]: string } = text.commands.names;

/** What the command is called in menus and sheets. */
export function nameOf(command: Command): string {
  return NAMES[command];
}

/** Groups of commands by which a notebook, or what runs in it, is changed for everybody. Folding is one's own where one may only read. */
const CHANGING: ReadonlySet<CommandGroup> = new Set(['run', 'kernel', 'ask', 'add', 'edit', 'kind', 'history']);

/** Whether the command changes the notebook, so that readers cannot use it. */
export function changes(command: Command): boolean {
  const { group, reads }: Declaration = COMMANDS[command];
  return CHANGING.has(group) && !reads;
}

export function commands(): Command[] {
  return Object.keys(DECLARED) as Command[];
}
