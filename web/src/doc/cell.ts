// One cell read from its map. Imports schema and the wire's words; changes nothing.
//
// Invariant: whatever a foreign client wrote into a cell, reading it gives a value of the right type, never an error.

import * as Y from 'yjs';

import type { CellKind } from '../wire/wire';
import { isObject, NAMESPACE, type CellMap, type JsonObject } from './schema';

export function cellId(cell: CellMap): string {
  const id = cell.get('id');
  return typeof id === 'string' ? id : '';
}

/** The text people type into; undefined when a foreign client made a cell without one. */
export function sourceOf(cell: CellMap): Y.Text | undefined {
  const source = cell.get('source');
  return source instanceof Y.Text ? source : undefined;
}

/** The cell whose text this is; undefined for anything else. */
export function cellOfSource(type: unknown): string | undefined {
  if (!(type instanceof Y.Text)) return undefined;
  const { parent } = type;
  if (!(parent instanceof Y.Map) || parent.get('source') !== type) return undefined;
  return cellId(parent as Y.Map<unknown>) || undefined;
}

export function metadataOf(cell: CellMap): Y.Map<unknown> | undefined {
  const metadata = cell.get('metadata');
  return metadata instanceof Y.Map ? metadata : undefined;
}

export function kindOf(cell: CellMap): CellKind {
  switch (cell.get('cell_type')) {
    case 'markdown':
      return 'note';
    case 'raw':
      return 'raw';
    default:
      return isPrompt(cell) ? 'prompt' : 'code';
  }
}

function isPrompt(cell: CellMap): boolean {
  const ours = metadataOf(cell)?.get(NAMESPACE);
  return isObject(ours) && ours['kind'] === 'prompt';
}

/** Of a cell as it stands in files, and in the bin once the server put it aside. */
export function kindOfJson(cell: JsonObject): CellKind {
  if (cell['cell_type'] === 'markdown') return 'note';
  if (cell['cell_type'] === 'raw') return 'raw';
  const metadata = isObject(cell['metadata']) ? cell['metadata'] : {};
  const ours = metadata[NAMESPACE];
  return (isObject(ours) && ours['kind'] === 'prompt') || metadata['solveit_ai'] === true ? 'prompt' : 'code';
}

export interface Folding {
  source: boolean;
  outputs: boolean;
}

/** What of the cell everybody sees folded. */
export function foldingOf(cell: CellMap): Folding {
  const metadata = metadataOf(cell);
  const jupyter = metadata?.get('jupyter');
  const hidden = isObject(jupyter) ? jupyter : {};
  return {
    source: hidden['source_hidden'] === true,
    outputs: hidden['outputs_hidden'] === true || metadata?.get('collapsed') === true,
  };
}

/** Whether a cell is told to language models: when it stands above the question, never, or always. */
export type Telling = 'above' | 'never' | 'always';

/** Keys that another tool knows, too. */
export const SKIPPED = 'skipped';
export const PINNED = 'pinned';

export function tellingOf(cell: CellMap): Telling {
  const metadata = metadataOf(cell);
  if (metadata?.get(SKIPPED) === true) return 'never';
  return metadata?.get(PINNED) === true ? 'always' : 'above';
}

export function executionCountOf(cell: CellMap): number | null {
  const count = cell.get('execution_count');
  return typeof count === 'number' ? count : null;
}

/** nbformat outputs as plain values. */
export function outputsOf(cell: CellMap): JsonObject[] {
  const outputs = cell.get('outputs');
  if (!(outputs instanceof Y.Array)) return [];
  return outputs.map((output: unknown) => (output instanceof Y.AbstractType ? output.toJSON() : output)).filter(isObject);
}

export function attachmentsOf(cell: CellMap): JsonObject {
  const attachments = cell.get('attachments');
  if (attachments instanceof Y.Map) return attachments.toJSON();
  return isObject(attachments) ? attachments : {};
}
