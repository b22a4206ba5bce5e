// Where in the notebook somebody is, in words, and what on the page stands for a cell that is folded away.

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

/** “in cell 12”, “reading cell 3”, “not in a cell”. */
export function whereIs(model: NotebookModel, { at }: Pick<Colleague, 'at'>): string {
  const number = at === null ? 0 : model.session.notebook.ids().indexOf(at.cell) + 1;
  if (at === null || number === 0) return text.people.nowhere;
  const sentence = at.how === 'in' ? text.people.inCell : text.people.readingCell;
  return sentence(number, '');
}
