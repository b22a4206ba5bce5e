// The keys of the editors, as the help sheet tells them. What they do stands in editor/; a test reads there that each is
// bound. Pure.

import type { Platform } from './keys';

interface EditingKeys {
  keys: readonly string[];
  /** Where a Mac has others. */
  mac?: readonly string[];
}

const DECLARED = {
  leave: { keys: ['Escape'] },
  advance: { keys: ['Shift+Enter'] },
  runHere: { keys: ['Mod+Enter'] },
  undo: { keys: ['Mod+z'] },
  redo: { keys: ['Mod+Shift+z', 'Mod+y'] },
  split: { keys: ['Ctrl+Shift+-'] },
  indent: { keys: ['Tab', 'Shift+Tab'] },
  comment: { keys: ['Mod+/'] },
  complete: { keys: ['Ctrl+Space'] },
  inspect: { keys: ['Ctrl+Shift+Space'] },
  nextOccurrence: { keys: ['Mod+d'] },
  allOccurrences: { keys: ['Mod+Shift+l'] },
  moveLine: { keys: ['Alt+ArrowUp', 'Alt+ArrowDown'] },
  copyLine: { keys: ['Alt+Shift+ArrowUp', 'Alt+Shift+ArrowDown'] },
  deleteLine: { keys: ['Mod+Shift+k'] },
  selectLine: { keys: ['Alt+l'], mac: ['Ctrl+l'] },
  matchingBracket: { keys: ['Mod+Shift+\\'] },
  tabMoves: { keys: ['Ctrl+m'], mac: ['Alt+Shift+m'] },
  strong: { keys: ['Mod+b'] },
  emphasis: { keys: ['Mod+i'] },
  code: { keys: ['Mod+e'] },
  link: { keys: ['Mod+k'] },
} as const satisfies { [deed: string]: EditingKeys };

export type EditingDeed = keyof typeof DECLARED;

export const EDITING: { readonly [deed in EditingDeed]: EditingKeys } = DECLARED;

export function editingDeeds(): EditingDeed[] {
  return Object.keys(DECLARED) as EditingDeed[];
}

export function editingKeys(deed: EditingDeed, platform: Platform): readonly string[] {
  const { keys, mac } = EDITING[deed];
  return platform === 'mac' ? (mac ?? keys) : keys;
}

/** What a stroke, as keys.ts writes it, does in an editor. */
export function editingDeedOf(stroke: string, platform: Platform): EditingDeed | undefined {
  const written = (keys: string): string => (platform === 'mac' ? keys : keys.replace(/^Ctrl\+/, 'Mod+'));
  return editingDeeds().find((deed) => editingKeys(deed, platform).some((keys) => written(keys) === stroke));
}
