// A cell parted into several, several joined into one, and the heading at the beginning of a note.
//
// Invariant: text is first there where it goes and only then gone where it was, so that no moment, and no crash between,
// lacks it. What changes text has the origin LOCAL_TEXT, the rest LOCAL.

import * as Y from 'yjs';

import { called, beside } from './pictures';
import { attachmentsOf, kindOf, sourceOf } from './cell';
import { addCells, deleteCells, setAttachments, type Deletion } from './edit';
import type { Notebook } from './notebook';
import { LOCAL, LOCAL_TEXT, type CellMap, type JsonObject } from './schema';

/** A new cell that took text out of another. */
export interface Part {
  id: string;
  text: string;
}

/** A stretch of text, as an editor has it selected; empty is a caret. */
export interface Range {
  from: number;
  to: number;
}

/** Where a text of this length is cut: at each caret, and at both ends of what is selected. */
export function cuts(ranges: readonly Range[], length: number): number[] {
  const ends = ranges.flatMap(({ from, to }) => (from === to ? [from] : [from, to].filter((at) => at > 0 && at < length)));
  return [...new Set(ends)].filter((at) => at >= 0 && at <= length).sort((left, right) => left - right);
}

/** Parts a cell at these offsets: the text behind each goes into a new cell of the same kind, line ends at the cut into none. */
export function splitCell(notebook: Notebook, id: string, offsets: readonly number[]): Part[] {
  const cell = notebook.cell(id);
  const source = cell && sourceOf(cell);
  if (!cell || !source || offsets.length === 0) return [];
  const [kept = '', ...texts] = partsOf(source.toString(), offsets);
  const attachments = attachmentsOf(cell);
  const made = addCells(notebook, id, texts.map((text) => ({ kind: kindOf(cell), source: text, attachments: called(text, attachments) })));
  notebook.doc.transact(() => source.delete(kept.length, source.length - kept.length), LOCAL_TEXT);
  return texts.map((text, index) => ({ text, id: made[index] as string }));
}

function partsOf(text: string, offsets: readonly number[]): string[] {
  const starts = [0, ...offsets];
  const last = starts.length - 1;
  return starts.map((start, index) => {
    const part = text.slice(start, starts[index + 1] ?? text.length);
    const begun = index === 0 ? part : part.replace(/^\n+/, '');
    return index === last ? begun : begun.replace(/\n+$/, '');
  });
}

/** What a merge took away from the first cell, to be put back when it is undone. */
export interface Merged {
  outputs: JsonObject[];
  executionCount: unknown;
}

/**
 * Joins the texts of cells in the first of them, with their pictures; the others go to the bin. As in Jupyter, the first
 * one's kind stays, and its outputs go, for they are not those of the whole.
 */
export function mergeCells(notebook: Notebook, ids: readonly string[], deletion: Deletion): Merged | undefined {
  const cells = ids.map((id) => notebook.cell(id)).filter((cell) => cell !== undefined);
  const [first] = cells;
  const source = first && sourceOf(first);
  if (!first || !source || cells.length < 2 || cells.length < ids.length) return undefined;
  const before = { outputs: plainOutputs(first), executionCount: first.get('execution_count') };
  const joined = joinedTo(first, cells.slice(1));
  notebook.doc.transact(() => source.insert(source.length, joined.text), LOCAL_TEXT);
  notebook.doc.transact(() => {
    setAttachments(first, joined.attachments);
    dropOutputs(first);
    deleteCells(notebook, ids.slice(1), { ...deletion, into: ids[0] as string });
  }, LOCAL);
  return before;
}

/** Markdown wants an empty line between what stood apart. */
function jointOf(cell: CellMap): string {
  return kindOf(cell) === 'note' ? '\n\n' : '\n';
}

function joinedTo(first: CellMap, rest: readonly CellMap[]): { text: string; attachments: JsonObject } {
  let attachments = attachmentsOf(first);
  const texts = rest.map((cell) => {
    const added = beside(attachments, { text: sourceOf(cell)?.toString() ?? '', attachments: attachmentsOf(cell) });
    attachments = { ...attachments, ...added.attachments };
    return added.text;
  });
  const joint = jointOf(first);
  const own = sourceOf(first)?.toString() ?? '';
  const added = texts.filter((text) => text !== '').join(joint);
  return { text: own !== '' && added !== '' ? joint + added : added, attachments };
}

function plainOutputs(cell: CellMap): JsonObject[] {
  const outputs = cell.get('outputs');
  return outputs instanceof Y.Array ? (outputs.toJSON() as JsonObject[]) : [];
}

function dropOutputs(cell: CellMap): void {
  const outputs = cell.get('outputs');
  if (!(outputs instanceof Y.Array)) return;
  outputs.delete(0, outputs.length);
  cell.set('execution_count', null);
}

/** Writes the marks of a heading of this level before the first line of each, in place of those it had. */
export function writeHeadings(notebook: Notebook, ids: readonly string[], level: number): void {
  notebook.doc.transact(() => {
    for (const id of ids) {
      const cell = notebook.cell(id);
      const source = cell && sourceOf(cell);
      if (source) writeHeading(source, level);
    }
  }, LOCAL_TEXT);
}

function writeHeading(source: Y.Text, level: number): void {
  const present = /^(?:#+[ \t]*|\s*)/.exec(source.toString())?.[0] ?? '';
  const wanted = `${'#'.repeat(level)} `;
  if (present === wanted) return;
  source.delete(0, present.length);
  source.insert(0, wanted);
}
