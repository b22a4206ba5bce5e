// Brings a match before the eyes of whoever looks for it, and tells whether the page shows it at all.

import { EditorView } from '@codemirror/view';

import { foldingOf } from '../doc/cell';
import { SOURCE, type Found } from '../state/search';
import { articleOf, editorOf, whenThere } from './editors';
import type { NotebookModel } from './notebook.svelte';

export interface Revealing {
  found: Found;
  /** Where the page shows it as text; undefined in an editor, or as long as it does not. */
  range(): Range | undefined;
  /** Shows the folded parts of its cell. */
  unfold(): void;
  /** False once the person went on. */
  wanted(): boolean;
}

/** What covers the head of the page, and some lines around the match. */
const MARGIN_PX = 130;
/** Where a match comes to stand that was out of sight, as a part of the window. */
const RESTING = 0.4;

export async function reveal(model: NotebookModel, revealing: Revealing): Promise<boolean> {
  const { found } = revealing;
  const cell = model.session.notebook.cell(found.cell);
  model.uncover(found.cell);
  const folding = cell && foldingOf(cell);
  if (folding && (found.part === SOURCE ? folding.source : folding.outputs)) revealing.unfold();
  model.folding.reveal([found.cell]);
  const article = await whenThere(() => articleOf(found.cell));
  if (!article || !revealing.wanted()) return false;
  if (!isSeen(article.getBoundingClientRect(), 0)) article.scrollIntoView({ block: 'nearest' });
  const seen = await whenThere(() => (revealing.wanted() ? intoView(revealing) || undefined : false));
  return seen === true;
}

/** False as long as the page does not show it yet. */
function intoView(revealing: Revealing): boolean {
  const { found } = revealing;
  const editor = found.part === SOURCE ? editorOf(found.cell) : undefined;
  if (editor) return inEditor(editor, found);
  const range = revealing.range();
  if (!range) return false;
  openAround(range.startContainer);
  const box = range.getBoundingClientRect();
  if (!isSeen(box, MARGIN_PX)) window.scrollBy(0, box.top - window.innerHeight * RESTING);
  return true;
}

function inEditor(editor: EditorView, { from, to }: Found): boolean {
  if (to > editor.state.doc.length) return false;
  editor.dispatch({ effects: EditorView.scrollIntoView(from, { y: 'nearest', yMargin: MARGIN_PX, x: 'nearest', xMargin: 40 }) });
  return true;
}

function openAround(node: Node): void {
  for (let element = node.parentElement; element; element = element.parentElement) if (element instanceof HTMLDetailsElement) element.open = true;
}

function isSeen({ top, bottom }: DOMRect, margin: number): boolean {
  return bottom > margin && top < window.innerHeight - margin;
}
