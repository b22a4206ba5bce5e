// Dragging with the pointer: selected text into another cell, and a selection that leaves the editor.
//
// Invariant: text dragged into another cell is moved in one transaction of the document: everybody sees it in one of
// the two places, never in both or none, and one undo takes it back.

import type { Extension } from '@codemirror/state';
import { EditorView, ViewPlugin } from '@codemirror/view';
import type * as Y from 'yjs';

import { Typing } from './typing';
import { editorHost } from './host';

const COPIES = /mac/i.test(globalThis.navigator?.platform ?? '') ? 'altKey' : 'ctrlKey';

/** What is being dragged out of which editor of this page. */
interface Dragged {
  view: EditorView;
  text: Y.Text;
}

let dragged: Dragged | undefined;

export function drags(text: Y.Text): Extension {
  // Neither editor's own origin: both take the change as one that comes from elsewhere, and undo as this person's.
  const origin = new Typing();
  return [
    EditorView.domEventHandlers({
      dragstart: (_event, view) => {
        dragged = view.state.selection.main.empty ? undefined : { view, text };
        return false;
      },
      dragend: () => {
        dragged = undefined;
        return false;
      },
      drop: (event, view) => {
        const from = dragged;
        dragged = undefined;
        // Within one editor, and from outside the page, CodeMirror does it.
        if (!from || from.view === view || from.text.doc !== text.doc || view.state.readOnly) return false;
        return dropped(event, view, from, { text, origin });
      },
    }),
    leaving,
  ];
}

function dropped(event: DragEvent, view: EditorView, from: Dragged, to: { text: Y.Text; origin: Typing }): boolean {
  const at = view.posAtCoords({ x: event.clientX, y: event.clientY }, false);
  const { main } = from.view.state.selection;
  const content = from.view.state.sliceDoc(main.from, main.to);
  const moves = !event[COPIES] && !from.view.state.readOnly;
  const host = view.state.facet(editorHost);
  event.preventDefault();
  host.endStep();
  to.text.doc?.transact(() => {
    if (moves) from.text.delete(main.from, main.to - main.from);
    to.text.insert(at, content);
  }, to.origin);
  host.endStep();
  view.focus();
  view.dispatch({ selection: { anchor: at, head: at + content.length }, userEvent: 'select' });
  return true;
}

/** Watches a selection that the pointer draws until the button is released or the host has taken it over. */
const leaving = ViewPlugin.define((view) => {
  const page = view.dom.ownerDocument;
  const stop = (): void => {
    page.removeEventListener('mousemove', moved);
    page.removeEventListener('mouseup', stop);
    page.removeEventListener('dragstart', stop);
  };
  const moved = (event: MouseEvent): void => {
    if (event.buttons !== 1) return stop();
    const { top, bottom } = view.scrollDOM.getBoundingClientRect();
    if (event.clientY >= top && event.clientY <= bottom) return;
    if (!view.state.facet(editorHost).dragOut?.(event)) return;
    stop();
    // CodeMirror goes on selecting until it sees a pointer without a button.
    page.dispatchEvent(new MouseEvent('mousemove', { buttons: 0, clientX: event.clientX, clientY: event.clientY }));
  };
  const pressed = (event: MouseEvent): void => {
    stop();
    if (event.button !== 0 || event.altKey) return;
    page.addEventListener('mousemove', moved);
    page.addEventListener('mouseup', stop);
    page.addEventListener('dragstart', stop);
  };
  view.contentDOM.addEventListener('mousedown', pressed);
  return {
    destroy: () => {
      stop();
      view.contentDOM.removeEventListener('mousedown', pressed);
    },
  };
});
