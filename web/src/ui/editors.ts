// The way from a cell to its editor, for what works across editors.

import { EditorView } from '@codemirror/view';

import { addWayBack } from './focus';
import type { NotebookModel } from './notebook.svelte';

/** A cell far from what is seen has its editor within a few frames after it came near. */
const MOST_FRAMES = 90;

// An editor keeps its own selection, and puts it back as it is focused through its view.
addWayBack((active) => {
  const editor = active.closest('.cm-editor') ? EditorView.findFromDOM(active) : null;
  return editor ? () => editor.focus() : undefined;
});

/** Undefined while the cell is far from what is seen, folded, or a rendered note. */
export function editorOf(cell: string): EditorView | undefined {
  const editor = articleOf(cell)?.querySelector<HTMLElement>('.source .cm-editor');
  return (editor && EditorView.findFromDOM(editor)) ?? undefined;
}

export function articleOf(cell: string): HTMLElement | undefined {
  return document.getElementById(`cell-${cell}`) ?? undefined;
}

/** Opens the cell for writing and selects a part of its text. */
export async function editAt(model: NotebookModel, cell: string, from: number, to: number): Promise<void> {
  model.edit(cell);
  const editor = await whenThere(() => editorOf(cell));
  editor?.dispatch({ selection: { anchor: from, head: to }, effects: EditorView.scrollIntoView(from, { yMargin: 120 }) });
  editor?.focus();
}

/** What `look` finds, looked for at every frame; undefined when it does not come. */
export async function whenThere<Thing>(look: () => Thing | undefined): Promise<Thing | undefined> {
  for (let frame = 0; frame < MOST_FRAMES; frame += 1) {
    const found = look();
    if (found !== undefined) return found;
    await new Promise((resolve) => requestAnimationFrame(resolve));
  }
  return undefined;
}
