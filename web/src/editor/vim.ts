// Vim's keys in an editor, loaded when somebody wants them.
//
// Invariant: undo and redo are the notebook's own, so that they take back this person's work and nobody else's.

import { closeCompletion } from '@codemirror/autocomplete';
import { Prec, type Extension } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { CodeMirror, getCM, Vim, vim } from '@replit/codemirror-vim';

import { text } from '../text/text';
import { editorHost, type EditorHost } from './host';

type Adapter = CodeMirror;
type VimState = NonNullable<Adapter['state']['vim']>;

/** The keys, and the ways out of the cell where Vim's own would end. */
export function vimKeys(): Extension {
  return [Prec.highest([EditorView.domEventHandlers({ keydown: leaves, blur: rests }), vim()])];
}

const ask = (action: (host: EditorHost) => void) => (adapter: { cm6: EditorView }) => action(adapter.cm6.state.facet(editorHost));
const undo = ask((host) => host.undo());
const redo = ask((host) => host.redo());
const leave = ask((host) => host.leave());

Object.assign(CodeMirror.commands, { undo, redo });
Vim.defineEx('undo', 'u', undo);
Vim.defineEx('redo', 'red', redo);
Vim.defineEx('write', 'w', said);
Vim.defineEx('wq', 'wq', leave);
Vim.defineEx('xit', 'x', leave);
Vim.defineEx('quit', 'q', leave);

/** What `:w` would do has happened already. */
function said(adapter: Parameters<Parameters<typeof Vim.defineEx>[2]>[0]): void {
  const notice = document.createElement('span');
  notice.setAttribute('role', 'status');
  notice.textContent = text.editor.vimSaves;
  adapter.openNotification(notice, { bottom: true, duration: 3000 });
}

/** Escape where there is nothing to end, and steps beyond the first and last line. */
function leaves(event: KeyboardEvent, view: EditorView): boolean {
  if (event.key === 'Escape') closeCompletion(view);
  const state = getCM(view)?.state.vim;
  if (!state || !isResting(state) || view.state.selection.ranges.length > 1) return false;
  if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey || event.isComposing) return false;
  if ((event.target as HTMLElement).closest('.cm-vim-panel')) return false;
  const host = view.state.facet(editorHost);
  const line = view.state.doc.lineAt(view.state.selection.main.head).number;
  switch (event.key) {
    case 'Escape':
      return taken(event, (host.leave(), true));
    case 'j':
    case 'ArrowDown':
      return taken(event, line === view.state.doc.lines && host.below());
    case 'k':
    case 'ArrowUp':
      return taken(event, line === 1 && host.above());
    default:
      return false;
  }
}

function taken(event: KeyboardEvent, done: boolean): boolean {
  if (done) event.preventDefault();
  return done;
}

/** Normal mode, with nothing begun: no count, no operator, no half of a key sequence. */
function isResting({ insertMode, visualMode, expectLiteralNext, inputState }: VimState): boolean {
  const begun = inputState.keyBuffer.length > 0 || inputState.prefixRepeat.length > 0 || inputState.motionRepeat.length > 0 || Boolean(inputState.operator);
  return !insertMode && !visualMode && !expectLiteralNext && !begun;
}

/** Whoever comes back to a cell finds it in normal mode; a window that lost the focus stays as it is. */
function rests(_event: FocusEvent, view: EditorView): boolean {
  const adapter = getCM(view);
  if (adapter?.state.vim?.insertMode && document.hasFocus() && !adapter.state.dialog) Vim.exitInsertMode(adapter as Parameters<typeof Vim.exitInsertMode>[0]);
  return false;
}
