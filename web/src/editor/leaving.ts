// The keys that lead out of an editor: there from the beginning, and above the keys of the text.

import { keymap, type EditorView, type KeyBinding } from '@codemirror/view';
import { Prec, type Extension } from '@codemirror/state';

import { editorHost, type EditorHost } from './host';

const keys: readonly KeyBinding[] = [
  { key: 'Escape', run: asked((host) => host.leave()) },
  { key: 'Shift-Enter', run: asked((host) => host.advance()) },
  { key: 'Mod-Enter', run: asked((host) => host.runHere()) },
  { key: 'Ctrl-Shift--', run: (view) => (view.state.facet(editorHost).split(view.state.selection.main.head), true) },
  { key: 'Mod-z', run: asked((host) => host.undo()), preventDefault: true },
  { key: 'Mod-y', run: asked((host) => host.redo()), preventDefault: true },
  { key: 'Mod-Shift-z', run: asked((host) => host.redo()), preventDefault: true },
  { key: 'ArrowUp', run: (view) => crosses(view, 'above') },
  { key: 'ArrowDown', run: (view) => crosses(view, 'below') },
];

export const leaving: Extension = Prec.high(keymap.of([...keys]));

function asked(action: (host: EditorHost) => void): (view: EditorView) => boolean {
  return (view) => (action(view.state.facet(editorHost)), true);
}

function crosses(view: EditorView, way: 'above' | 'below'): boolean {
  return atEdge(view, way) && view.state.facet(editorHost)[way]();
}

/** Whether the caret is in the first or last line as it is seen, with nothing selected. */
function atEdge(view: EditorView, way: 'above' | 'below'): boolean {
  const { main, ranges } = view.state.selection;
  if (!main.empty || ranges.length > 1) return false;
  const line = view.state.doc.lineAt(main.head);
  const moved = view.moveVertically(main, way === 'below');
  const stays = moved.head === main.head || view.state.doc.lineAt(moved.head).number === line.number;
  return stays && line.number === (way === 'above' ? 1 : view.state.doc.lines) && leavesLine(view, main.head, moved.head);
}

/** In a wrapped line a step up or down may stay in the line and yet move. */
function leavesLine(view: EditorView, from: number, to: number): boolean {
  const before = view.coordsAtPos(from);
  const after = view.coordsAtPos(to);
  return before === null || after === null || Math.abs(before.top - after.top) < 2;
}
