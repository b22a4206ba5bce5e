// Line numbers, and selecting whole lines by them.

import { EditorSelection, type EditorState, type Extension, type SelectionRange } from '@codemirror/state';
import { lineNumbers, type BlockInfo, type EditorView } from '@codemirror/view';

export function numbers(shown: boolean): Extension {
  return shown ? lineNumbers({ domEventHandlers: { mousedown: (view, block, event) => pressed(view, block, event as MouseEvent) } }) : [];
}

/** A press selects the line, dragging on those it passes; with Shift from where the selection began. */
function pressed(view: EditorView, block: BlockInfo, event: MouseEvent): boolean {
  if (event.button !== 0) return false;
  const from = event.shiftKey ? view.state.selection.main.anchor : block.from;
  const select = (to: number): void => view.dispatch({ selection: EditorSelection.single(...ends(view.state, from, to)), userEvent: 'select.pointer' });
  const page = view.dom.ownerDocument;
  const moved = ({ clientY }: MouseEvent): void => select(view.lineBlockAtHeight(clientY - view.documentTop).from);
  const released = (): void => {
    page.removeEventListener('mousemove', moved);
    page.removeEventListener('mouseup', released);
  };
  page.addEventListener('mousemove', moved);
  page.addEventListener('mouseup', released);
  view.focus();
  select(block.from);
  return true;
}

/** Anchor and head around the lines of two positions, the line end included. */
function ends(state: EditorState, from: number, to: number): [SelectionRange['anchor'], SelectionRange['head']] {
  const [first, last] = [state.doc.lineAt(from), state.doc.lineAt(to)];
  const behind = (end: number): number => Math.min(state.doc.length, end + 1);
  return first.from <= last.from ? [first.from, behind(last.to)] : [behind(first.to), last.from];
}
