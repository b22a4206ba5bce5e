// Maps of cells that are not in a document yet. Imports schema and output; changes no document.
//
// Invariant: a cell made here has the keys of its type and no others, as Jupyter's readers and the server want them.

import * as Y from 'yjs';

import type { CellKind } from '../wire/wire';
import { byChance } from './chance';
import { joined } from './output';
import { isObject, jupyterType, KEPT_ATTACHMENTS, NAMESPACE, type CellMap, type JsonObject } from './schema';

export interface NewCell {
  kind: CellKind;
  source?: string;
  /** A new id if absent. */
  id?: string;
  metadata?: JsonObject;
  attachments?: JsonObject;
  outputs?: readonly JsonObject[];
  executionCount?: number | null;
}

/** 16 hexadecimal digits: nbformat allows it, and two people never make the same. */
export function newCellId(): string {
  return byChance(8);
}

export function cellMap(id: string, cell: NewCell): CellMap {
  const map: CellMap = new Y.Map();
  const type = jupyterType(cell.kind);
  const pictures = Object.keys(cell.attachments ?? {}).length > 0 ? cell.attachments : undefined;
  map.set('id', id);
  map.set('cell_type', type);
  map.set('source', new Y.Text(cell.source ?? ''));
  map.set('metadata', metadataMap(cell, type === 'code' ? pictures : undefined));
  if (type !== 'code') {
    if (pictures) map.set('attachments', pictures);
    return map;
  }
  map.set('outputs', outputsOfNew(cell.outputs ?? []));
  map.set('execution_count', cell.executionCount ?? null);
  map.set('execution_state', 'idle');
  return map;
}

/** The text of a stream is a text, so that it can grow; Jupyter's readers throw at anything else there. */
export function outputMap(output: JsonObject): Y.Map<unknown> {
  const stream = output['output_type'] === 'stream';
  return new Y.Map(Object.entries(output).map(([key, value]) => [key, stream && key === 'text' ? new Y.Text(joined(value)) : value]));
}

/** `metadata` with the mark of its kind; nothing else of it is touched. */
export function markedAs(kind: CellKind, metadata: JsonObject): JsonObject {
  const { [NAMESPACE]: marked, solveit_ai: _, ...rest } = metadata;
  const { kind: __, ...ours } = isObject(marked) ? marked : {};
  if (kind === 'prompt') return { ...rest, [NAMESPACE]: { ...ours, kind }, solveit_ai: true };
  return Object.keys(ours).length > 0 ? { ...rest, [NAMESPACE]: ours } : rest;
}

/** nbformat forbids attachments on code cells; the pictures of a note wait in its metadata until it is a note again. */
export function keepingAttachments(metadata: JsonObject, attachments: JsonObject): JsonObject {
  const ours = metadata[NAMESPACE];
  return { ...metadata, [NAMESPACE]: { ...(isObject(ours) ? ours : {}), [KEPT_ATTACHMENTS]: attachments } };
}

// A map that is not in a document yet cannot be read, so everything is put together before it is made.
function metadataMap(cell: NewCell, kept: JsonObject | undefined): Y.Map<unknown> {
  const metadata = markedAs(cell.kind, cell.metadata ?? {});
  return new Y.Map(Object.entries(kept ? keepingAttachments(metadata, kept) : metadata));
}

function outputsOfNew(outputs: readonly JsonObject[]): Y.Array<Y.Map<unknown>> {
  return Y.Array.from(outputs.map(outputMap));
}
