// What a person does to the structure of a notebook: add, move, delete, restore, change kind, fold, name.
//
// Invariant: no edit here removes a cell from `cells` or recreates one; text typed into it by anybody survives all of
// them. Each is one transaction with the origin LOCAL.

import * as Y from 'yjs';

import type { CellKind } from '../wire/wire';
import { attachmentsOf, foldingOf, kindOf, metadataOf, type Folding } from './cell';
import { cellMap, keepingAttachments, markedAs, newCellId, type NewCell } from './make';
import type { Notebook } from './notebook';
import { keysToPlace, sorted, type Placed } from './order';
import { isObject, jupyterType, KEPT_ATTACHMENTS, LOCAL, NAMESPACE, type CellMap, type JsonObject, type Tombstone } from './schema';

/** Adds cells behind `after`, at the beginning if it is null. Returns their ids. */
export function addCells(notebook: Notebook, after: string | null, cells: readonly NewCell[]): string[] {
  const ids = cells.map((cell) => cell.id ?? newCellId());
  notebook.doc.transact(() => {
    ensureNotebook(notebook);
    const keys = keysBehind(notebook.placed(), after, ids);
    notebook.roots.cells.push(cells.map((cell, index) => cellMap(ids[index] as string, cell)));
    for (const [id, key] of keys) notebook.roots.order.set(id, key);
  }, LOCAL);
  return ids;
}

export function addCell(notebook: Notebook, after: string | null, cell: NewCell): string {
  return addCells(notebook, after, [cell])[0] as string;
}

/** Cells that go, in this order, behind `after`; to the beginning if it is null. */
export interface Move {
  ids: readonly string[];
  after: string | null;
}

/**
 * Moves one block after the other; each sees where those before it went. The cells themselves stay where they are in
 * the document. Returns the keys it wrote.
 */
export function moveCells(notebook: Notebook, moves: readonly Move[]): Map<string, string> {
  const written = new Map<string, string>();
  let placed = notebook.placed();
  for (const { ids, after } of moves) {
    const keys = keysBehind(placed, after, ids);
    keys.forEach((key, id) => written.set(id, key));
    placed = sorted(placed.map(({ id, key }) => ({ id, key: keys.get(id) ?? key })));
  }
  notebook.doc.transact(() => written.forEach((key, id) => notebook.roots.order.set(id, key)), LOCAL);
  return written;
}

export interface Deletion {
  by: string;
  at: number;
  /** The cell that took the text in. */
  into?: string;
}

/** Hides cells; what others are typing into them survives. */
export function deleteCells(notebook: Notebook, ids: readonly string[], deletion: Deletion): void {
  const going = new Set(ids);
  notebook.doc.transact(() => {
    let after: string | null = null;
    for (const id of notebook.ids()) {
      if (going.has(id)) notebook.roots.bin.set(id, { ...deletion, after });
      else after = id;
    }
  }, LOCAL);
}

/** Shows cells again, where they stood. Those the server took out of the document are left alone: ask it. */
export function restoreCells(notebook: Notebook, ids: readonly string[]): void {
  notebook.doc.transact(() => {
    for (const id of ids) if (notebook.cell(id)) notebook.roots.bin.delete(id);
  }, LOCAL);
}

/** Hides cells as they were hidden before, by whom and when. */
export function hideAgain(notebook: Notebook, tombstones: ReadonlyMap<string, Tombstone>): void {
  notebook.doc.transact(() => tombstones.forEach((tombstone, id) => notebook.roots.bin.set(id, tombstone)), LOCAL);
}

/** Changes what cells are for; their texts stay the same objects, so nobody's caret moves. */
export function changeKind(notebook: Notebook, ids: readonly string[], kind: CellKind): void {
  notebook.doc.transact(() => {
    for (const id of ids) {
      const cell = notebook.cell(id);
      if (cell && kindOf(cell) !== kind) become(cell, kind);
    }
  }, LOCAL);
}

/** Folds or shows source and outputs, for everybody. */
export function fold(notebook: Notebook, ids: readonly string[], change: Partial<Folding>): void {
  notebook.doc.transact(() => {
    for (const id of ids) {
      const cell = notebook.cell(id);
      if (cell) writeFolding(cell, { ...foldingOf(cell), ...change });
    }
  }, LOCAL);
}

export function setTitle(notebook: Notebook, title: string): void {
  if (notebook.title() === title) return;
  notebook.doc.transact(() => ensureNotebook(notebook).set('title', title), LOCAL);
}

/** Gives a note or raw cell these pictures; a code cell keeps them until it is a note again. */
export function setAttachments(cell: CellMap, attachments: JsonObject): void {
  const any = Object.keys(attachments).length > 0;
  if (cell.get('cell_type') === 'code') {
    const metadata = ensureMetadata(cell);
    if (any) update(metadata, keepingAttachments(metadata.toJSON(), attachments));
  } else if (any) {
    cell.set('attachments', attachments);
  } else {
    cell.delete('attachments');
  }
}

function keysBehind(placed: readonly Placed[], after: string | null, ids: readonly string[]): Map<string, string> {
  const moving = new Set(ids);
  const others = placed.filter((cell) => !moving.has(cell.id));
  const index = after === null ? 0 : others.findIndex((cell) => cell.id === after) + 1;
  return keysToPlace(others, after !== null && index === 0 ? others.length : index, ids);
}

function become(cell: CellMap, kind: CellKind): void {
  const type = jupyterType(kind);
  const metadata = ensureMetadata(cell);
  const kept = keptAttachments(metadata.toJSON());
  const pictures = attachmentsOf(cell);
  cell.set('cell_type', type);
  update(metadata, markedAs(kind, withoutKept(metadata.toJSON())));
  setAttachments(cell, { ...kept, ...pictures });
  if (type === 'code') {
    cell.delete('attachments');
    ensureCodeKeys(cell);
  }
}

function keptAttachments(metadata: JsonObject): JsonObject {
  const ours = metadata[NAMESPACE];
  const kept = isObject(ours) ? ours[KEPT_ATTACHMENTS] : undefined;
  return isObject(kept) ? kept : {};
}

function withoutKept(metadata: JsonObject): JsonObject {
  const ours = metadata[NAMESPACE];
  if (!isObject(ours)) return metadata;
  const { [KEPT_ATTACHMENTS]: _, ...rest } = ours;
  return { ...metadata, [NAMESPACE]: rest };
}

/** Writes the keys that differ and no others: each is a last-writer-wins value of its own. */
function update(metadata: Y.Map<unknown>, wanted: JsonObject): void {
  const present: JsonObject = metadata.toJSON();
  for (const key of Object.keys(present)) if (!(key in wanted)) metadata.delete(key);
  for (const [key, value] of Object.entries(wanted)) {
    if (JSON.stringify(present[key]) !== JSON.stringify(value)) metadata.set(key, value);
  }
}

function writeFolding(cell: CellMap, folding: Folding): void {
  const metadata = ensureMetadata(cell);
  const { jupyter, collapsed: _, ...rest } = metadata.toJSON();
  const { source_hidden: __, outputs_hidden: ___, ...kept } = isObject(jupyter) ? jupyter : {};
  const hidden = { ...kept, ...(folding.source && { source_hidden: true }), ...(folding.outputs && { outputs_hidden: true }) };
  update(metadata, { ...rest, ...(Object.keys(hidden).length > 0 && { jupyter: hidden }), ...(folding.outputs && { collapsed: true }) });
}

/** Jupyter's readers throw on a code cell without outputs. */
function ensureCodeKeys(cell: CellMap): void {
  if (!(cell.get('outputs') instanceof Y.Array)) cell.set('outputs', new Y.Array());
  if (!cell.has('execution_count')) cell.set('execution_count', null);
  if (!cell.has('execution_state')) cell.set('execution_state', 'idle');
}

export function ensureMetadata(cell: CellMap): Y.Map<unknown> {
  const present = metadataOf(cell);
  if (present) return present;
  const made = new Y.Map<unknown>();
  cell.set('metadata', made);
  return made;
}

/** The keys every Jupyter client expects of a notebook. Returns its metadata. */
export function ensureNotebook(notebook: Notebook): Y.Map<unknown> {
  const { meta } = notebook.roots;
  if (!meta.has('nbformat')) meta.set('nbformat', 4);
  if (!meta.has('nbformat_minor')) meta.set('nbformat_minor', 5);
  const metadata = meta.get('metadata');
  if (metadata instanceof Y.Map) return metadata;
  const made = new Y.Map<unknown>();
  meta.set('metadata', made);
  return made;
}
