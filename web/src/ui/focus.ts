// Where somebody was, so that what opened over it can give the place back exactly: the caret, the selection, the scroll.
//
// Invariant: giving back never scrolls.

import { EditorView } from '@codemirror/view';

/** Keeps the present place of the focus; the function returned goes back to it, if it is still there. */
export function rememberFocus(): () => void {
  const active = document.activeElement;
  if (!(active instanceof HTMLElement) || active === document.body) return () => undefined;
  const editor = active.closest('.cm-editor') ? EditorView.findFromDOM(active) : null;
  // An editor keeps its own selection and puts it back as it is focused; so do fields.
  return () => {
    if (!active.isConnected) return;
    if (editor) editor.focus();
    else active.focus({ preventScroll: true });
  };
}
