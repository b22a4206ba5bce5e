// Every command of the notebook page: its group in menus and the keys it begins with. Pure.
//
// Invariant: one table. The keys, the palette, the help sheet and the tooltips read it; what a command does stands in
// ui/actions. Keys are those of command mode, as JupyterLab has them where it has the command; people remap them
// (keymap.ts).

import { text } from '../text/text';

export const GROUPS = ['navigate', 'add', 'edit', 'kind', 'fold', 'history', 'show'] as const;
export type CommandGroup = (typeof GROUPS)[number];

interface Declaration {
  group: CommandGroup;
  /** Keys pressed one after the other, each with its modifiers: `d d`, `Shift+Enter`. `Mod` is Ctrl, or ⌘ on a Mac. */
  keys: readonly string[];
  /** Acts also while one types: those of its keys that write nothing, such as `Mod+f` and `F1`. */
  anywhere?: true;
}

const DECLARED = {
  edit: { group: 'navigate', keys: ['Enter'] },
  advance: { group: 'navigate', keys: ['Shift+Enter'] },
  selectAbove: { group: 'navigate', keys: ['ArrowUp', 'k'] },
  selectBelow: { group: 'navigate', keys: ['ArrowDown', 'j'] },
  first: { group: 'navigate', keys: ['Home'] },
  last: { group: 'navigate', keys: ['End'] },
  addAbove: { group: 'add', keys: ['a'] },
  addBelow: { group: 'add', keys: ['b'] },
  delete: { group: 'edit', keys: ['d d'] },
  moveUp: { group: 'edit', keys: ['Alt+ArrowUp'] },
  moveDown: { group: 'edit', keys: ['Alt+ArrowDown'] },
  mergeBelow: { group: 'edit', keys: ['Shift+m'] },
  undo: { group: 'history', keys: ['z', 'Mod+z'] },
  redo: { group: 'history', keys: ['Shift+z', 'Mod+Shift+z', 'Mod+y'] },
  toCode: { group: 'kind', keys: ['y'] },
  toNote: { group: 'kind', keys: ['m'] },
  toPrompt: { group: 'kind', keys: ['p'] },
  toRaw: { group: 'kind', keys: ['r'] },
  foldSource: { group: 'fold', keys: ['c'] },
  foldOutputs: { group: 'fold', keys: ['o'] },
  bin: { group: 'show', keys: ['x'] },
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

export function commands(): Command[] {
  return Object.keys(DECLARED) as Command[];
}
