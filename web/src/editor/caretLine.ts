// Where on the screen a place in a cell's text is, also one in a part of the text that is not drawn.
//
// Invariant: only measures.

import { EditorView } from '@codemirror/view';
import * as Y from 'yjs';

import { positionOf } from './binding';

/** Top and bottom of a line on the screen. */
export interface Line {
  top: number;
  bottom: number;
}

/** The line in which a relative position stands in the editor within `container`; undefined when there is none. */
export function lineOf(container: HTMLElement, text: Y.Text, position: unknown): Line | undefined {
  const dom = container.querySelector<HTMLElement>('.cm-editor');
  const view = dom && EditorView.findFromDOM(dom);
  const offset = offsetOf(text, position);
  if (!view || offset === undefined) return undefined;
  const at = Math.min(positionOf(view, offset), view.state.doc.length);
  const drawn = view.coordsAtPos(at);
  if (drawn) return { top: drawn.top, bottom: drawn.bottom };
  const block = view.lineBlockAt(at);
  return { top: view.documentTop + block.top, bottom: view.documentTop + block.bottom };
}

/** The line of this person's own caret; undefined while they write in no cell. */
export function ownLine(): Line | undefined {
  const dom = document.activeElement?.closest<HTMLElement>('.cm-editor');
  const view = dom && EditorView.findFromDOM(dom);
  return (view && view.coordsAtPos(view.state.selection.main.head)) ?? undefined;
}

/** A position made by a client that means something else by it is none. */
function offsetOf(text: Y.Text, position: unknown): number | undefined {
  if (text.doc === null) return undefined;
  try {
    const absolute = Y.createAbsolutePositionFromRelativePosition(Y.createRelativePositionFromJSON(position), text.doc);
    return absolute?.type === text ? absolute.index : undefined;
  } catch {
    return undefined;
  }
}
