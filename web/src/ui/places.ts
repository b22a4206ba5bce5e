// Where in the notebook somebody is, in words, and what on the page stands for a cell that is folded away.

import { kindOf, sourceOf } from '../doc/cell';
import { headingsOf } from '../state/headings';
import type { Colleague } from '../state/people';
import { text } from '../text/text';
import type { NotebookModel } from './notebook.svelte';
import { cellElement } from './sight';

/** The cell itself, or the nearest above it that is on the page: the heading of a folded section. */
export function standIn(model: NotebookModel, cell: string): string {
  const ids = model.session.notebook.ids();
  const above = ids.slice(0, ids.indexOf(cell) + 1).findLast((id) => cellElement(id) !== null);
  return above ?? cell;
}

/** “in cell 12 · Results”, “reading cell 3”, “not in a cell”. */
export function whereIs(model: NotebookModel, { at }: Pick<Colleague, 'at'>): string {
  // The notebook tells the screen of no change; the cells on the page do.
  void model.ids;
  const ids = model.session.notebook.ids();
  const index = at === null ? -1 : ids.indexOf(at.cell);
  if (at === null || index < 0) return text.people.nowhere;
  const sentence = at.how === 'in' ? text.people.inCell : text.people.readingCell;
  return sentence(index + 1, headingAbove(model, ids.slice(0, index + 1)));
}

/** The last heading in the last of these cells that has one; "" when none has. */
function headingAbove(model: NotebookModel, ids: readonly string[]): string {
  for (const id of ids.toReversed()) {
    const cell = model.session.notebook.cell(id);
    const note = cell && kindOf(cell) === 'note' ? sourceOf(cell)?.toString() : undefined;
    const heading = note === undefined ? undefined : headingsOf(note).at(-1);
    if (heading) return heading.text;
  }
  return '';
}
