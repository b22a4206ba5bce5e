// The keys that change the text of an editor, as JupyterLab and VS Code have them.

import { clearSnippet, closeBracketsKeymap, closeCompletion, currentCompletions } from '@codemirror/autocomplete';
import { defaultKeymap, indentLess, indentMore, simplifySelection } from '@codemirror/commands';
import { getIndentUnit, indentUnit } from '@codemirror/language';
import { selectNextOccurrence, selectSelectionMatches } from '@codemirror/search';
import { countColumn, EditorSelection, Prec, type Extension } from '@codemirror/state';
import { EditorView, keymap, type KeyBinding } from '@codemirror/view';

const writingKeys: readonly KeyBinding[] = [
  { key: 'Tab', run: indentOrInsert, shift: indentLess },
  { key: 'Mod-d', run: selectNextOccurrence, preventDefault: true },
  { key: 'Mod-Shift-l', run: selectSelectionMatches, preventDefault: true },
];

export const textKeys: Extension = [Prec.highest(keymap.of([{ key: 'Escape', run: closesFirst }])), keymap.of([...writingKeys, ...closeBracketsKeymap, ...defaultKeymap])];

/** What is open goes first: a list, the fields of a snippet, further carets; with nothing open the editor is left. */
function closesFirst(view: EditorView): boolean {
  const listed = currentCompletions(view.state).length > 0;
  // One that is still being asked for would open over the cell that was left.
  closeCompletion(view);
  return listed || clearSnippet(view) || simplifiesCarets(view);
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
  const tab = state.facet(indentUnit).startsWith('\t');
  const change = state.changeByRange(({ head }) => {
    const line = state.doc.lineAt(head);
    const column = countColumn(line.text, state.tabSize, head - line.from);
    const insert = tab ? '\t' : ' '.repeat(unit - (column % unit));
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
