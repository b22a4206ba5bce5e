// Cells on their way through the clipboard: a whole nbformat notebook, so that other programs can read it too.
//
// Invariant: what comes from outside becomes cells only when all of it is valid; else nothing is made of it, and the
// problem is named. A cell that is read has no id: where it is put it gets a new one.

import { attachmentsOf, executionCountOf, kindOf, kindOfJson, metadataOf, outputsOf, sourceOf } from './cell';
import type { NewCell } from './make';
import type { Notebook } from './notebook';
import { joined } from './output';
import { isObject, jupyterType, NAMESPACE, type CellMap, type JsonObject } from './schema';

/** As the browser knows it between its own pages; other programs read the plain text. */
export const CELLS_TYPE = 'application/x-coscribe-cells+json';

/** Half of what one message to the server may be, in characters. */
export const MOST_CHARACTERS = 8 * 1024 * 1024;
/** Several times the largest notebooks people work in. */
export const MOST_CELLS = 2000;
/** The server takes values nested up to 64 deep. */
const DEEPEST = 48;
/** The first line that marks a prompt in files. */
const PROMPT_MAGIC = /^%%prompt[ \t]*(?:\n|$)/;
/** Half a sign: it could not be written to the server. */
const BROKEN_SIGN = /\p{Surrogate}/gu;

/** Where copied cells come from. */
export interface Origin {
  notebook: string;
  /** Their ids there. */
  cells: string[];
  /** They were put into the bin there. */
  cut: boolean;
}

export type Problem =
  | { kind: 'version'; version: number }
  | { kind: 'cells' }
  | { kind: 'cell'; number: number; field: 'cell' | 'cell_type' | 'source' | 'metadata' | 'attachments' | 'outputs' }
  | { kind: 'size'; characters: number }
  | { kind: 'count'; count: number }
  | { kind: 'depth'; number: number };

export type Read = { kind: 'cells'; cells: NewCell[]; origin?: Origin } | { kind: 'problem'; problem: Problem } | { kind: 'text' };

/** The cells as a notebook; `outputs` may be left out where they are too large. */
export function clip(notebook: Notebook, origin: Origin, outputs = true): string {
  const cells = origin.cells.map((id) => notebook.cell(id)).filter((cell) => cell !== undefined);
  return JSON.stringify({
    cells: cells.map((cell, index) => cellJson(cell, origin.cells[index] as string, outputs)),
    metadata: { [NAMESPACE]: { copied: origin } },
    nbformat: 4,
    nbformat_minor: 5,
  });
}

/** Their texts, for programs that know no cells. */
export function plainText(notebook: Notebook, ids: readonly string[]): string {
  return ids.map((id) => notebook.cell(id)).map((cell) => (cell && sourceOf(cell)?.toString()) ?? '').join('\n\n');
}

/** Copies of cells of this notebook, as new ones. */
export function copies(notebook: Notebook, ids: readonly string[]): NewCell[] {
  return ids.map((id) => notebook.cell(id)).filter((cell) => cell !== undefined).map((cell) => newCell(cellJson(cell, '', true)));
}

/** What a text from the clipboard holds: cells, something like them that is broken, or only text. */
export function read(text: string): Read {
  if (!/^\s*[[{]/.test(text)) return { kind: 'text' };
  const value = parsed(text);
  const list = cellsIn(value);
  if (list === undefined) return { kind: 'text' };
  if (text.length > MOST_CHARACTERS) return { kind: 'problem', problem: { kind: 'size', characters: text.length } };
  const problem = versionProblem(value) ?? listProblem(list);
  if (problem) return { kind: 'problem', problem };
  const cells = (list as JsonObject[]).map(newCell);
  const origin = originIn(value, cells.length);
  return { kind: 'cells', cells, ...(origin && { origin }) };
}

function cellJson(cell: CellMap, id: string, outputs: boolean): JsonObject {
  const kind = kindOf(cell);
  const attachments = attachmentsOf(cell);
  return {
    id,
    cell_type: jupyterType(kind),
    source: sourceOf(cell)?.toString() ?? '',
    metadata: metadataOf(cell)?.toJSON() ?? {},
    ...(jupyterType(kind) === 'code' && { outputs: outputs ? outputsOf(cell) : [], execution_count: outputs ? executionCountOf(cell) : null }),
    ...(Object.keys(attachments).length > 0 && { attachments }),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A notebook, a list of cells or one cell; whatever else there is in JSON is a text to be pasted as it is. */
function cellsIn(value: unknown): unknown {
  const isCell = (item: unknown): boolean => isObject(item) && 'cell_type' in item;
  if (Array.isArray(value)) return value.length > 0 && value.every(isCell) ? value : undefined;
  if (!isObject(value)) return undefined;
  if (isCell(value)) return [value];
  return 'nbformat' in value || Array.isArray(value['cells']) && value['cells'].some(isCell) ? (value['cells'] ?? null) : undefined;
}

function versionProblem(value: unknown): Problem | undefined {
  const version = isObject(value) ? value['nbformat'] : undefined;
  if (version === undefined || version === 4) return undefined;
  return { kind: 'version', version: typeof version === 'number' ? version : NaN };
}

function listProblem(list: unknown): Problem | undefined {
  if (!Array.isArray(list)) return { kind: 'cells' };
  if (list.length > MOST_CELLS) return { kind: 'count', count: list.length };
  for (const [index, cell] of list.entries()) {
    const field = wrongField(cell);
    if (field) return { kind: 'cell', number: index + 1, field };
    if (deeper(cell, DEEPEST)) return { kind: 'depth', number: index + 1 };
  }
  return undefined;
}

function wrongField(cell: unknown): (Problem & { kind: 'cell' })['field'] | undefined {
  if (!isObject(cell)) return 'cell';
  if (!['code', 'markdown', 'raw'].includes(cell['cell_type'] as string)) return 'cell_type';
  if (!isText(cell['source'])) return 'source';
  if (!isObject(cell['metadata'] ?? {})) return 'metadata';
  if (!isObject(cell['attachments'] ?? {})) return 'attachments';
  const outputs = cell['outputs'] ?? [];
  return Array.isArray(outputs) && outputs.every(isOutput) ? undefined : 'outputs';
}

function isOutput(output: unknown): boolean {
  if (!isObject(output)) return false;
  switch (output['output_type']) {
    case 'stream':
      return isText(output['text']);
    case 'error':
      return typeof output['ename'] === 'string' && Array.isArray(output['traceback']);
    case 'display_data':
    case 'execute_result':
      return isObject(output['data']);
    default:
      return false;
  }
}

function isText(value: unknown): boolean {
  return typeof value === 'string' || (Array.isArray(value) && value.every((line) => typeof line === 'string'));
}

function deeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((part) => deeper(part, levels - 1));
}

function newCell(cell: JsonObject): NewCell {
  const metadata = isObject(cell['metadata']) ? cell['metadata'] : {};
  const kind = kindOfJson(cell);
  const source = joined(cell['source']).replace(BROKEN_SIGN, '\ufffd').replace(/\r\n?/g, '\n');
  const count = cell['execution_count'];
  return {
    kind,
    source: kind === 'prompt' ? source.replace(PROMPT_MAGIC, '') : source,
    metadata,
    attachments: isObject(cell['attachments']) ? cell['attachments'] : {},
    outputs: Array.isArray(cell['outputs']) ? (cell['outputs'] as JsonObject[]).map(complete) : [],
    executionCount: typeof count === 'number' ? count : null,
  };
}

/** With the keys that Jupyter's readers want of every output. */
function complete(output: JsonObject): JsonObject {
  switch (output['output_type']) {
    case 'stream':
      return { name: 'stdout', ...output };
    case 'error':
      return { evalue: '', ...output };
    default:
      return { metadata: {}, ...output };
  }
}

function originIn(value: unknown, count: number): Origin | undefined {
  const metadata = isObject(value) && isObject(value['metadata']) ? value['metadata'] : {};
  const ours = metadata[NAMESPACE];
  const copied = isObject(ours) ? ours['copied'] : undefined;
  if (!isObject(copied)) return undefined;
  const { notebook, cells, cut } = copied;
  const ids = Array.isArray(cells) && cells.length === count && cells.every((id) => typeof id === 'string');
  return typeof notebook === 'string' && ids ? { notebook, cells: cells as string[], cut: cut === true } : undefined;
}
