// What keys do on a board. Pure.
//
// Invariant: one table. The keys and the help sheet read it; what each does stands in ui/board.

import { board } from '../../text/board';

export const KEY_GROUPS = ['go', 'change', 'show'] as const;

interface Declaration {
  group: (typeof KEY_GROUPS)[number];
  keys: readonly string[];
  /** Changes the board, so that readers cannot use it. */
  changes?: true;
}

const DECLARED = {
  below: { group: 'go', keys: ['j', 'ArrowDown'] },
  above: { group: 'go', keys: ['k', 'ArrowUp'] },
  left: { group: 'go', keys: ['h', 'ArrowLeft'] },
  right: { group: 'go', keys: ['l', 'ArrowRight'] },
  first: { group: 'go', keys: ['Home'] },
  last: { group: 'go', keys: ['End'] },
  extendBelow: { group: 'go', keys: ['Shift+j', 'Shift+ArrowDown'] },
  extendAbove: { group: 'go', keys: ['Shift+k', 'Shift+ArrowUp'] },
  selectAll: { group: 'go', keys: ['Mod+a'] },
  escape: { group: 'go', keys: ['Escape'] },
  add: { group: 'change', keys: ['n'], changes: true },
  open: { group: 'show', keys: ['Enter', 'o'] },
  edit: { group: 'change', keys: ['e', 'F2'], changes: true },
  pending: { group: 'change', keys: ['1'], changes: true },
  in_progress: { group: 'change', keys: ['2'], changes: true },
  blocked: { group: 'change', keys: ['3'], changes: true },
  completed: { group: 'change', keys: ['4'], changes: true },
  cancelled: { group: 'change', keys: ['5'], changes: true },
  priority: { group: 'change', keys: ['p'], changes: true },
  moveUp: { group: 'change', keys: ['Alt+ArrowUp'], changes: true },
  moveDown: { group: 'change', keys: ['Alt+ArrowDown'], changes: true },
  moveLeft: { group: 'change', keys: ['Alt+ArrowLeft'], changes: true },
  moveRight: { group: 'change', keys: ['Alt+ArrowRight'], changes: true },
  delete: { group: 'change', keys: ['Delete', 'd d'], changes: true },
  undo: { group: 'change', keys: ['Mod+z', 'z'], changes: true },
  redo: { group: 'change', keys: ['Mod+Shift+z', 'Mod+y', 'Shift+z'], changes: true },
  find: { group: 'show', keys: ['/', 'Mod+f'] },
  view: { group: 'show', keys: ['v'] },
  sessions: { group: 'show', keys: ['s'] },
  bin: { group: 'show', keys: ['Shift+x'] },
  palette: { group: 'show', keys: ['Mod+k', 'Mod+Shift+p'] },
  help: { group: 'show', keys: ['?', 'F1'] },
} as const satisfies { [command: string]: Declaration };

export type BoardCommand = keyof typeof DECLARED;

export const BOARD_COMMANDS: { readonly [command in BoardCommand]: Declaration } = DECLARED;

const NAMES: { readonly [command in BoardCommand]: string } = board.keys.names;

export interface KeyLine {
  label: string;
  keys: readonly string[];
}

/** The command that a stroke completes after what was typed before, or whether it may still become one. */
export function commandOf(typed: string): { command?: BoardCommand; begins: boolean } {
  const all = Object.entries(BOARD_COMMANDS) as [BoardCommand, Declaration][];
  const whole = all.find(([, { keys }]) => keys.includes(typed));
  if (whole) return { command: whole[0], begins: false };
  return { begins: all.some(([, { keys }]) => keys.some((key) => key.startsWith(`${typed} `))) };
}

/** The help sheet: every command by its group. */
export function keySheet(): { title: string; lines: KeyLine[] }[] {
  const all = Object.entries(BOARD_COMMANDS) as [BoardCommand, Declaration][];
  return KEY_GROUPS.map((group) => ({
    title: board.keys.groups[group],
    lines: all.filter(([, declared]) => declared.group === group).map(([command, { keys }]) => ({ label: NAMES[command], keys })),
  }));
}
