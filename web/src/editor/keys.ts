// The keys of an editor: those that lead out of it, and those that change its text, as JupyterLab and VS Code have them.

import { defaultKeymap, indentLess, indentMore, simplifySelection } from '@codemirror/commands';
import { getIndentUnit, indentUnit } from '@codemirror/language';
import { countColumn, EditorSelection, type Extension } from '@codemirror/state';
import { EditorView, keymap, type KeyBinding } from '@codemirror/view';

import { editorHost, type EditorHost } from './host';

/** Stands above all other keys of the text; a list of completions that is open stands above these. */
export const leavingKeys: readonly KeyBinding[] = [
  { key: 'Escape', run: escape },
  { key: 'Shift-Enter', run: asked((host) => host.advance()) },
  { key: 'Mod-Enter', run: asked((host) => host.leave()) },
  { key: 'Ctrl-Shift--', run: (view) => (view.state.facet(editorHost).split(view.state.selection.main.head), true) },
  { key: 'Mod-z', run: asked((host) => host.undo()), preventDefault: true },
  { key: 'Mod-y', run: asked((host) => host.redo()), preventDefault: true },
  { key: 'Mod-Shift-z', run: asked((host) => host.redo()), preventDefault: true },
  { key: 'ArrowUp', run: (view) => crosses(view, 'above') },
  { key: 'ArrowDown', run: (view) => crosses(view, 'below') },
];

const tab: KeyBinding = { key: 'Tab', run: indentOrInsert, shift: indentLess };

export const textKeys: Extension = keymap.of([tab, ...defaultKeymap]);

function asked(action: (host: EditorHost) => void): (view: EditorView) => boolean {
  return (view) => (action(view.state.facet(editorHost)), true);
}

/** Further carets go first, as before them does what assist.ts has opened; then the editor is left. */
function escape(view: EditorView): boolean {
  if (!simplifiesCarets(view)) view.state.facet(editorHost).leave();
  return true;
}

function simplifiesCarets(view: EditorView): boolean {
  return view.state.selection.ranges.length > 1 && simplifySelection(view);
}

/** With a selection its lines go inwards; without, spaces fill up to the next stop. */
function indentOrInsert(view: EditorView): boolean {
  const { state } = view;
  if (state.readOnly) return false;
  if (state.selection.ranges.some((range) => !range.empty)) return indentMore(view);
  const unit = getIndentUnit(state);
  const tabs = state.facet(indentUnit).startsWith('\t');
  const change = state.changeByRange(({ head }) => {
    const line = state.doc.lineAt(head);
    const column = countColumn(line.text, state.tabSize, head - line.from);
    const insert = tabs ? '\t' : ' '.repeat(unit - (column % unit));
    return { changes: { from: head, insert }, range: EditorSelection.cursor(head + insert.length) };
  });
  view.dispatch(state.update(change, { scrollIntoView: true, userEvent: 'input.indent' }));
  return true;
}

/** The marks that stand on both sides of what is selected in a note. */
const AROUND: { readonly [mark: string]: string } = { '*': '*', _: '_', '`': '`', '~': '~', $: '$', '"': '"', '(': ')', '[': ']', '{': '}', '<': '>' };

/** In a note a mark typed over a selection goes around it; nothing else is closed by itself in prose. */
export const surround: Extension = EditorView.inputHandler.of((view, _from, _to, typed) => {
  const { state } = view;
  const close = AROUND[typed];
  if (close === undefined || view.compositionStarted || state.readOnly || state.selection.ranges.some((range) => range.empty)) return false;
  const change = state.changeByRange((range) => ({
    changes: [
      { from: range.from, insert: typed },
      { from: range.to, insert: close },
    ],
    range: EditorSelection.range(range.anchor + 1, range.head + 1),
  }));
  view.dispatch(state.update(change, { scrollIntoView: true, userEvent: 'input.type' }));
  return true;
});

export function crosses(view: EditorView, way: 'above' | 'below'): boolean {
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
