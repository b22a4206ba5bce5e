// Who wrote what stands in a cell, as a sentence (LN-74).

import { authorsOf, lastAuthor, nameOf } from '../doc/authors';
import { text } from '../text/text';
import { textOf, type NotebookModel } from './notebook.svelte';
import { timeOfDay } from './time';

/** Undefined when nobody is known to have written in it. */
export function attribution(model: NotebookModel, cell: string): string | undefined {
  const { notebook, edits } = model.session;
  const { authors } = notebook.roots;
  const source = textOf(model, cell);
  const edit = edits.of(cell);
  // What is not on the server yet has nobody else to have come from.
  const editor = edit && (edit.client === model.session.doc.clientID ? text.trust.authors.you : nameOf(authors, edit.client));
  if (edit && editor !== undefined) return text.trust.authors.last(editor, timeOfDay(edit.at));
  const last = source && lastAuthor(source, authors);
  if (last !== undefined) return text.trust.authors.lastOf(last);
  const names = source ? authorsOf(source, authors).map(({ name }) => name) : [];
  return names.length > 0 ? text.trust.authors.written(names) : undefined;
}
