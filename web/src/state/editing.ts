// The keys of the editors, as the help sheet tells them. What they do stands in editor/; a test reads there that each is
// bound. Pure.

export const EDITING = {
  leave: ['Escape', 'Mod+Enter'],
  advance: ['Shift+Enter'],
  split: ['Ctrl+Shift+-'],
  complete: ['Ctrl+Space'],
  undo: ['Mod+z'],
  redo: ['Mod+Shift+z', 'Mod+y'],
} as const satisfies { [deed: string]: readonly string[] };

export type EditingDeed = keyof typeof EDITING;
