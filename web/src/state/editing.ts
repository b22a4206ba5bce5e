// The keys of the editors, as the help sheet tells them. What they do stands in editor/; a test reads there that each is
// bound. Pure.

export const EDITING = {
  leave: ['Escape', 'Mod+Enter'],
  advance: ['Shift+Enter'],
  undo: ['Mod+z'],
  redo: ['Mod+Shift+z', 'Mod+y'],
  split: ['Ctrl+Shift+-'],
  indent: ['Tab', 'Shift+Tab'],
  comment: ['Mod+/'],
  complete: ['Ctrl+Space'],
  nextOccurrence: ['Mod+d'],
  allOccurrences: ['Mod+Shift+l'],
  moveLine: ['Alt+ArrowUp', 'Alt+ArrowDown'],
  copyLine: ['Shift+Alt+ArrowUp', 'Shift+Alt+ArrowDown'],
  deleteLine: ['Mod+Shift+k'],
  selectLine: ['Alt+l'],
  matchingBracket: ['Mod+Shift+\\'],
  tabMoves: ['Ctrl+m'],
  strong: ['Mod+b'],
  emphasis: ['Mod+i'],
  code: ['Mod+e'],
  link: ['Mod+k'],
} as const satisfies { [deed: string]: readonly string[] };

export type EditingDeed = keyof typeof EDITING;
