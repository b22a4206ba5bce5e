// What a person can do to cells, each with its way back. Imports its siblings that edit.
//
// Invariant: the way back undoes what still stands of the deed and nothing else: a cell that somebody moved, deleted or
// changed since is left as that person left it. Each function does the deed and returns how to take it back.

import * as Y from 'yjs';

import type { CellKind } from '../wire/wire';
import { kindOf, outputsOf, sourceOf } from './cell';
import { addCells, changeKind, deleteCells, hideAgain, moveCells, restoreCells, type Move } from './edit';
import { outputMap, type NewCell } from './make';
import type { Notebook } from './notebook';
import { mergeCells, splitCell, writeHeadings, type Part } from './parts';
import { LOCAL, type CellMap, type JsonObject, type Tombstone } from './schema';

/** What was done, for the sentence that tells what was undone. */
export type Deed =
  | 'typing' | 'add' | 'paste' | 'duplicate' | 'move' | 'delete' | 'cut' | 'restore'
  | 'kind' | 'heading' | 'split' | 'merge' | 'replace';

/** The cells in which something was taken back; none when nothing of it stood any more. */
export type Touched = readonly string[];

export interface Step {
  readonly deed: Deed;
  undo(): Touched;
  redo(): Touched;
}

/** Who signs what is deleted. */
export interface Author {
  name(): string;
  now(): number;
}

export function adding(notebook: Notebook, author: Author, deed: Deed, after: string | null, cells: readonly NewCell[]): Step & { made: string[] } {
  const made = addCells(notebook, after, cells);
  const hiding = new Hiding(notebook, author, made);
  return { deed, made, undo: () => hiding.hide(), redo: () => hiding.show() };
}

export function deleting(notebook: Notebook, author: Author, deed: Deed, ids: readonly string[]): Step | undefined {
  const hiding = new Hiding(notebook, author, ids);
  if (hiding.hide().length === 0) return undefined;
  return { deed, undo: () => hiding.show(), redo: () => hiding.hide() };
}

/** Back from the bin; behind `after` if it is given. Undoing it leaves in the bin the name of whoever had deleted them. */
export function restoring(notebook: Notebook, deed: Deed, ids: readonly string[], after?: string | null): Step | undefined {
  const back = ids.filter((id) => notebook.tombstone(id) !== undefined && notebook.cell(id) !== undefined);
  if (back.length === 0) return undefined;
  const tombstones = new Map(back.map((id) => [id, notebook.tombstone(id) as Tombstone]));
  const show = (): Touched => {
    const hidden = back.filter((id) => notebook.tombstone(id) !== undefined);
    restoreCells(notebook, hidden);
    return hidden;
  };
  const hide = (): Touched => {
    const shown = back.filter((id) => isShown(notebook, id));
    hideAgain(notebook, new Map(shown.map((id) => [id, tombstones.get(id) as Tombstone])));
    return shown;
  };
  show();
  const move = after === undefined ? undefined : moving(notebook, back, after);
  return { deed, undo: () => (move?.undo(), hide()), redo: () => (move?.redo(), show()) };
}

export function moving(notebook: Notebook, ids: readonly string[], after: string | null): Step | undefined {
  const there = ids.filter((id) => isShown(notebook, id));
  const target = outside(notebook.ids(), after, there);
  if (standBehind(notebook.ids(), there, target)) return undefined;
  const back = wayBack(notebook, there);
  let keys = moveCells(notebook, [{ ids: there, after: target }]);
  const mine = (): string[] => there.filter((id) => notebook.roots.order.get(id) === keys.get(id) && notebook.cell(id));
  const go = (plan: (moved: readonly string[]) => Move[]): Touched => {
    const moved = mine();
    if (moved.length === 0) return [];
    keys = new Map([...keys, ...moveCells(notebook, plan(moved))]);
    return moved.filter((id) => isShown(notebook, id));
  };
  return {
    deed: 'move',
    undo: () => go((moved) => back.filter((move) => moved.includes(move.ids[0] as string))),
    redo: () => go((moved) => [{ ids: moved, after: outside(notebook.ids(), after, moved) }]),
  };
}

/** Whether there is nothing to move. */
function standBehind(ids: readonly string[], block: readonly string[], after: string | null): boolean {
  const from = after === null ? 0 : ids.indexOf(after) + 1;
  return block.every((id, index) => ids[from + index] === id);
}

/** Each cell behind the one it stands behind now, in order. */
function wayBack(notebook: Notebook, ids: readonly string[]): Move[] {
  const placed = notebook.placed().map(({ id }) => id);
  return placed.flatMap((id, index) => (ids.includes(id) ? [{ ids: [id], after: placed[index - 1] ?? null }] : []));
}

/** `after`, or the nearest cell before it that does not move itself. */
function outside(ids: readonly string[], after: string | null, moving: readonly string[]): string | null {
  if (after === null || !moving.includes(after)) return after;
  return ids.slice(0, ids.indexOf(after)).findLast((id) => !moving.includes(id)) ?? null;
}

export function changingKind(notebook: Notebook, ids: readonly string[], kind: CellKind, deed: Deed = 'kind'): Step | undefined {
  const before = new Map<string, { kind: CellKind; outputs: JsonObject[] }>();
  for (const id of ids) {
    const cell = notebook.cell(id);
    if (cell && kindOf(cell) !== kind) before.set(id, { kind: kindOf(cell), outputs: outputsOf(cell) });
  }
  if (before.size === 0) return undefined;
  changeKind(notebook, [...before.keys()], kind);
  const undo = (): Touched => {
    const standing = [...before.keys()].filter((id) => kindNow(notebook, id) === kind);
    for (const id of standing) changeBack(notebook, id, before.get(id) as { kind: CellKind; outputs: JsonObject[] });
    return standing;
  };
  const redo = (): Touched => {
    const standing = [...before].filter(([id, was]) => kindNow(notebook, id) === was.kind).map(([id]) => id);
    changeKind(notebook, standing, kind);
    return standing;
  };
  return { deed, undo, redo };
}

/** Only code has outputs; what it had comes back with it unless it has others by now. */
function changeBack(notebook: Notebook, id: string, before: { kind: CellKind; outputs: JsonObject[] }): void {
  changeKind(notebook, [id], before.kind);
  const cell = notebook.cell(id);
  if (cell) putOutputsBack(notebook, cell, before.outputs);
}

/** Makes notes of cells whose first line is a heading of this level. */
export function makingHeadings(notebook: Notebook, ids: readonly string[], level: number): Step {
  const kind = changingKind(notebook, ids, 'note', 'heading');
  writeHeadings(notebook, ids, level);
  return { deed: 'heading', undo: () => kind?.undo() ?? [], redo: () => kind?.redo() ?? [] };
}

export function splitting(notebook: Notebook, author: Author, id: string, offsets: readonly number[]): (Step & { made: string[] }) | undefined {
  const parts = splitCell(notebook, id, offsets);
  if (parts.length === 0) return undefined;
  const made = parts.map((part) => part.id);
  const hiding = new Hiding(notebook, author, made, id);
  const undo = (): Touched => {
    hiding.hide(parts.filter((part) => broughtBack(notebook, id, part)).map((part) => part.id));
    return [id];
  };
  return { deed: 'split', made, undo, redo: () => (hiding.show(), [id]) };
}

/**
 * The text of a part stands in its old cell again; what was changed in the part meanwhile is changed there too. False
 * when the place is not found: then the part must stay.
 */
function broughtBack(notebook: Notebook, id: string, part: Part): boolean {
  const source = sourceIn(notebook, id);
  const now = sourceIn(notebook, part.id)?.toString() ?? '';
  if (now === part.text) return true;
  const at = part.text === '' ? -1 : (source?.toString().lastIndexOf(part.text) ?? -1);
  if (!source || at < 0) return false;
  const { from, to, inserted } = difference(part.text, now);
  notebook.doc.transact(() => {
    source.delete(at + from, to - from);
    source.insert(at + from, inserted);
  }, LOCAL);
  return true;
}

/** The one stretch in which two texts differ. */
export function difference(before: string, after: string): { from: number; to: number; inserted: string } {
  const most = Math.min(before.length, after.length);
  let from = 0;
  while (from < most && before[from] === after[from]) from += 1;
  let same = 0;
  while (same < most - from && before[before.length - 1 - same] === after[after.length - 1 - same]) same += 1;
  return { from, to: before.length - same, inserted: after.slice(from, after.length - same) };
}

export function merging(notebook: Notebook, author: Author, ids: readonly string[]): Step | undefined {
  const [first, ...rest] = ids;
  const before = mergeCells(notebook, ids, { by: author.name(), at: author.now() });
  if (first === undefined || !before) return undefined;
  const hiding = new Hiding(notebook, author, rest, first);
  hiding.hidden();
  const undo = (): Touched => {
    const cell = notebook.cell(first);
    if (cell) putOutputsBack(notebook, cell, before.outputs, before.executionCount);
    return [first, ...hiding.show()];
  };
  return { deed: 'merge', undo, redo: () => [first, ...hiding.hide()] };
}

function putOutputsBack(notebook: Notebook, cell: CellMap, outputs: readonly JsonObject[], count?: unknown): void {
  const present = cell.get('outputs');
  if (!(present instanceof Y.Array) || present.length > 0 || outputs.length === 0) return;
  notebook.doc.transact(() => {
    present.push(outputs.map(outputMap));
    if (count !== undefined) cell.set('execution_count', count);
  }, LOCAL);
}

/** Cells that are hidden and shown again by one deed; only one's own deletion is taken back. */
class Hiding {
  readonly #marks = new Map<string, string>();

  constructor(
    private readonly notebook: Notebook,
    private readonly author: Author,
    private readonly ids: readonly string[],
    private readonly into?: string,
  ) {}

  hide(ids: readonly string[] = this.ids): Touched {
    const shown = ids.filter((id) => isShown(this.notebook, id));
    const deletion = { by: this.author.name(), at: this.author.now(), ...(this.into !== undefined && { into: this.into }) };
    deleteCells(this.notebook, shown, deletion);
    this.hidden(shown);
    return shown;
  }

  /** They were hidden just now. */
  hidden(ids: readonly string[] = this.ids): void {
    for (const id of ids) this.#marks.set(id, this.#mark(id));
  }

  show(): Touched {
    const mine = this.ids.filter((id) => this.notebook.tombstone(id) !== undefined && this.#marks.get(id) === this.#mark(id));
    restoreCells(this.notebook, mine);
    return mine.filter((id) => isShown(this.notebook, id));
  }

  #mark(id: string): string {
    const { by, at } = this.notebook.tombstone(id) ?? {};
    return JSON.stringify([by, at]);
  }
}

function isShown(notebook: Notebook, id: string): boolean {
  return notebook.cell(id) !== undefined && notebook.tombstone(id) === undefined;
}

function kindNow(notebook: Notebook, id: string): CellKind | undefined {
  const cell = notebook.cell(id);
  return cell && kindOf(cell);
}

function sourceIn(notebook: Notebook, id: string): Y.Text | undefined {
  const cell = notebook.cell(id);
  return cell && sourceOf(cell);
}
