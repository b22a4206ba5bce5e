// Replacing what was found, in the texts themselves, as one step that can be taken back.
//
// Invariant: an edit is made only in the text it was worked out for; where somebody typed meanwhile it is worked out
// anew. Nothing but the found parts is touched, and of them only what differs.

import type * as Y from 'yjs';

import { metadataOf, sourceOf } from '../doc/cell';
import type { Notebook } from '../doc/notebook';
import type { History } from '../doc/undo';
import { narrowed, type Edit, type Query, type Replacing, type Span } from './find';
import { answered, type Answer, type Job } from './patient';

/** Where it is replaced. */
export interface Desk {
  notebook: Notebook;
  history: Pick<History, 'rewrite'>;
}

export interface Rewriting {
  query: Query;
  replacing: Replacing;
  cells: readonly string[];
  /** Only the match that begins here. */
  only?: number;
  /** Only within this part of a cell. */
  within?: (id: string) => Span | 'whole' | 'none';
}

export interface Rewritten {
  count: number;
  cells: number;
  /** Where the last replaced part ends now, in the last cell. */
  end: number;
}

interface Work {
  cell: string;
  text: Y.Text;
  before: string;
  edits: Edit[];
}

/** Somebody may type while an expression is worked out; after this many times the cell is left as it is. */
const MOST_ROUNDS = 5;

/** Whether the cell itself may be changed: Jupyter lets people protect cells. */
export function mayChange(notebook: Notebook, id: string): boolean {
  const cell = notebook.cell(id);
  return cell !== undefined && metadataOf(cell)?.get('editable') !== false;
}

export async function rewrite(desk: Desk, rewriting: Rewriting, ask: (job: Job) => Promise<Answer>): Promise<Rewritten> {
  const work = worksOn(desk.notebook, rewriting.cells);
  let stale = work;
  for (let round = 0; round < MOST_ROUNDS && stale.length > 0; round += 1) {
    await workOut(stale, rewriting, ask);
    stale = work.filter(({ text, before }) => text.toString() !== before);
  }
  return applied(desk, work.filter(({ text, before }) => text.toString() === before));
}

function worksOn(notebook: Notebook, cells: readonly string[]): Work[] {
  return cells.flatMap((cell) => {
    const map = notebook.cell(cell);
    const text = map && sourceOf(map);
    return text ? [{ cell, text, before: text.toString(), edits: [] }] : [];
  });
}

async function workOut(work: readonly Work[], { query, replacing, only, within }: Rewriting, ask: (job: Job) => Promise<Answer>): Promise<void> {
  for (const each of work) each.before = each.text.toString();
  const job: Job = { query, texts: work.map(({ before }) => before), replacing, ...(only === undefined ? {} : { only }) };
  const answer = query.regular ? await ask(job) : answered(job);
  const edits = 'edits' in answer ? answer.edits : [];
  work.forEach((each, index) => (each.edits = (edits[index] ?? []).filter((edit) => isWithin(edit, within?.(each.cell) ?? 'whole'))));
}

function isWithin({ from, to }: Span, limits: Span | 'whole' | 'none'): boolean {
  if (limits === 'whole' || limits === 'none') return limits === 'whole';
  return from >= limits.from && to <= limits.to;
}

function applied({ history }: Desk, work: readonly Work[]): Rewritten {
  const changing = work.map((each) => ({ ...each, edits: each.edits.filter(({ from, to, insert }) => each.before.slice(from, to) !== insert) })).filter(({ edits }) => edits.length > 0);
  const last = work.at(-1)?.edits.at(-1);
  const grown = (work.at(-1)?.edits ?? []).reduce((sum, { from, to, insert }) => sum + insert.length - (to - from), 0);
  if (changing.length > 0) history.rewrite('replace', changing.map(({ cell }) => cell), () => changing.forEach(write));
  return { count: changing.reduce((sum, { edits }) => sum + edits.length, 0), cells: changing.length, end: last ? last.to + grown : 0 };
}

/** From the end, so that the places before stay what they are. */
function write({ text, before, edits }: Work): void {
  for (const edit of edits.toReversed()) {
    const { from, to, insert } = narrowed(before, edit);
    if (to > from) text.delete(from, to - from);
    if (insert !== '') text.insert(from, insert);
  }
}
