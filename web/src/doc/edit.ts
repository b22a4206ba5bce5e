// What a person does to the structure of a notebook: add, move, delete, restore, change kind, fold, name.
//
// Invariant: no edit here removes a cell from `cells` or recreates one; text typed into it by anybody survives all of
// them. Each is one transaction with the origin LOCAL.

import * as Y from 'yjs';

import type { CellKind } from '../wire/wire';
import { foldingOf, kindOf, metadataOf, sourceOf, type Folding } from './cell';
import type { Notebook } from './notebook';
import { keysToPlace } from './order';
import { isObject, jupyterType, LOCAL, NAMESPACE, type CellMap } from './schema';

/** 16 hexadecimal digits: nbformat allows it, and two people never make the same. */
export function newCellId(): string {
  // Not `randomUUID`, which a page on another machine's plain `http` address does not have.
  return [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

export interface NewCell {
  kind: CellKind;
  source?: string;
  /** A new id if absent. */
  id?: string;
}

/** Adds a cell behind `after`, at the beginning if it is null. Returns its id. */
export function addCell(notebook: Notebook, after: string | null, cell: NewCell): string {
  const id = cell.id ?? newCellId();
  notebook.doc.transact(() => {
    ensureNotebook(notebook);
    const keys = keysBehind(notebook, after, id);
    notebook.roots.cells.push([cellMap(id, cell)]);
    for (const [key, value] of keys) notebook.roots.order.set(key, value);
  }, LOCAL);
  return id;
}

/** Puts a cell behind `after`, at the beginning if it is null. The cell itself stays where it is in the document. */
export function moveCell(notebook: Notebook, id: string, after: string | null): void {
  notebook.doc.transact(() => {
    for (const [key, value] of keysBehind(notebook, after, id)) notebook.roots.order.set(key, value);
  }, LOCAL);
}

/** Hides cells; what others are typing into them survives. */
export function deleteCells(notebook: Notebook, ids: readonly string[], by: string, at: number): void {
  notebook.doc.transact(() => {
    const shown = notebook.ids();
    for (const id of ids) {
      notebook.roots.bin.set(id, { by, at, after: shown[shown.indexOf(id) - 1] ?? null });
    }
  }, LOCAL);
}

/** Shows cells again, where they stood. Those the server took out of the document are left alone: ask it. */
export function restoreCells(notebook: Notebook, ids: readonly string[]): void {
  notebook.doc.transact(() => {
    for (const id of ids) if (notebook.cell(id)) notebook.roots.bin.delete(id);
  }, LOCAL);
}

/** Changes what a cell is for; its text stays the same object, so nobody's caret moves. */
export function changeKind(notebook: Notebook, id: string, kind: CellKind): void {
  const cell = notebook.cell(id);
  if (!cell || kindOf(cell) === kind) return;
  notebook.doc.transact(() => {
    cell.set('cell_type', jupyterType(kind));
    setKindMark(cell, kind);
    if (jupyterType(kind) === 'code') ensureCodeKeys(cell);
  }, LOCAL);
}

/** Folds or shows source and outputs, for everybody. */
export function fold(notebook: Notebook, id: string, change: Partial<Folding>): void {
  const cell = notebook.cell(id);
  if (!cell) return;
  notebook.doc.transact(() => {
    const folding = { ...foldingOf(cell), ...change };
    const metadata = ensureMetadata(cell);
    const jupyter = metadata.get('jupyter');
    const kept = isObject(jupyter) ? { ...jupyter } : {};
    assign(kept, 'source_hidden', folding.source);
    assign(kept, 'outputs_hidden', folding.outputs);
    if (Object.keys(kept).length > 0) metadata.set('jupyter', kept);
    else metadata.delete('jupyter');
    if (folding.outputs) metadata.set('collapsed', true);
    else metadata.delete('collapsed');
  }, LOCAL);
}

export function setTitle(notebook: Notebook, title: string): void {
  if (notebook.title() === title) return;
  notebook.doc.transact(() => ensureNotebook(notebook).set('title', title), LOCAL);
}

export interface Split {
  /** The new cell with the text behind the caret. */
  id: string;
  /** What stood between the two parts: a line end at the caret goes into neither. */
  joint: string;
}

/** Splits a cell at an offset: the text behind it goes into a new cell of the same kind. */
export function splitCell(notebook: Notebook, id: string, offset: number): Split | undefined {
  const cell = notebook.cell(id);
  const source = cell && sourceOf(cell);
  if (!cell || !source) return undefined;
  return notebook.doc.transact(() => {
    const rest = source.toString().slice(offset);
    const joint = rest.startsWith('\n') ? '\n' : '';
    source.delete(offset, source.length - offset);
    return { id: addCell(notebook, id, { kind: kindOf(cell), source: rest.slice(joint.length) }), joint };
  }, LOCAL);
}

/** Appends the text of the cell below behind `joint` and puts that cell into the bin. */
export function mergeBelow(notebook: Notebook, id: string, by: string, at: number, joint = '\n'): boolean {
  const below = notebook.ids()[notebook.ids().indexOf(id) + 1];
  const source = sourceOfId(notebook, id);
  const text = below === undefined ? undefined : sourceOfId(notebook, below);
  if (below === undefined || !source || !text) return false;
  notebook.doc.transact(() => {
    source.insert(source.length, joint + text.toString());
    deleteCells(notebook, [below], by, at);
  }, LOCAL);
  return true;
}

function sourceOfId(notebook: Notebook, id: string): Y.Text | undefined {
  const cell = notebook.cell(id);
  return cell && sourceOf(cell);
}

function keysBehind(notebook: Notebook, after: string | null, id: string): Map<string, string> {
  const others = notebook.placed().filter((cell) => cell.id !== id);
  const index = after === null ? 0 : others.findIndex((cell) => cell.id === after) + 1;
  return keysToPlace(others, after !== null && index === 0 ? others.length : index, id);
}

function cellMap(id: string, cell: NewCell): CellMap {
  const map: CellMap = new Y.Map();
  const type = jupyterType(cell.kind);
  map.set('id', id);
  map.set('cell_type', type);
  map.set('source', new Y.Text(cell.source ?? ''));
  map.set('metadata', new Y.Map());
  if (type === 'code') {
    map.set('outputs', new Y.Array());
    map.set('execution_count', null);
    map.set('execution_state', 'idle');
  }
  // A map that is not in a document yet cannot be read, so the mark is written into the fresh metadata directly.
  if (cell.kind === 'prompt') map.set('metadata', new Y.Map(Object.entries({ [NAMESPACE]: { kind: 'prompt' }, solveit_ai: true })));
  return map;
}

function setKindMark(cell: CellMap, kind: CellKind): void {
  const metadata = ensureMetadata(cell);
  const marked = metadata.get(NAMESPACE);
  const ours = isObject(marked) ? { ...marked } : {};
  if (kind === 'prompt') {
    metadata.set(NAMESPACE, { ...ours, kind });
    metadata.set('solveit_ai', true);
    return;
  }
  delete ours['kind'];
  if (Object.keys(ours).length > 0) metadata.set(NAMESPACE, ours);
  else metadata.delete(NAMESPACE);
  metadata.delete('solveit_ai');
}

/** Jupyter's readers throw on a code cell without outputs. */
function ensureCodeKeys(cell: CellMap): void {
  if (!(cell.get('outputs') instanceof Y.Array)) cell.set('outputs', new Y.Array());
  if (!cell.has('execution_count')) cell.set('execution_count', null);
  if (!cell.has('execution_state')) cell.set('execution_state', 'idle');
}

function ensureMetadata(cell: CellMap): Y.Map<unknown> {
  const present = metadataOf(cell);
  if (present) return present;
  const made = new Y.Map<unknown>();
  cell.set('metadata', made);
  return made;
}

/** The keys every Jupyter client expects of a notebook. Returns its metadata. */
function ensureNotebook(notebook: Notebook): Y.Map<unknown> {
  const { meta } = notebook.roots;
  if (!meta.has('nbformat')) meta.set('nbformat', 4);
  if (!meta.has('nbformat_minor')) meta.set('nbformat_minor', 5);
  const metadata = meta.get('metadata');
  if (metadata instanceof Y.Map) return metadata;
  const made = new Y.Map<unknown>();
  meta.set('metadata', made);
  return made;
}

function assign(target: { [key: string]: unknown }, key: string, value: boolean): void {
  if (value) target[key] = true;
  else delete target[key];
}
