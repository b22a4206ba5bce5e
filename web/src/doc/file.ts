// The open notebook as an .ipynb file, made without the server: what this page shows, in Jupyter's format 4.5.
//
// Invariant: a file made here and one the server exports hold the same cells in the same order; cells in the bin are in
// neither. Imports its siblings in doc/ only.

import { attachmentsOf, cellId, executionCountOf, kindOf, metadataOf, outputsOf, sourceOf } from './cell';
import type { Notebook } from './notebook';
import { jupyterType, type CellMap, type JsonObject } from './schema';

/** The first line by which Jupyter's tools, and our import, know a prompt. */
const PROMPT_MAGIC = '%%prompt';

/** The file's text, indented as Jupyter does it. */
export function notebookFile(notebook: Notebook): string {
  const cells = notebook.ids().map((id) => notebook.cell(id)).filter((cell) => cell !== undefined);
  const file = { cells: cells.map(fileCell), metadata: notebook.metadata(), nbformat: 4, nbformat_minor: 5 };
  return `${JSON.stringify(file, null, 1)}\n`;
}

/** A name that every file system takes. */
export function fileName(title: string): string {
  const plain = title.replace(/[\p{Cc}/\\:*?"<>|]+/gu, ' ').replace(/\s+/g, ' ').trim().slice(0, 100);
  return `${plain || 'notebook'}.ipynb`;
}

function fileCell(cell: CellMap): JsonObject {
  const type = jupyterType(kindOf(cell));
  const shared = { cell_type: type, id: cellId(cell), metadata: metadataOf(cell)?.toJSON() ?? {}, source: fileSource(cell) };
  if (type === 'code') return { ...shared, execution_count: executionCountOf(cell), outputs: outputsOf(cell) };
  const attachments = attachmentsOf(cell);
  return Object.keys(attachments).length > 0 ? { ...shared, attachments } : shared;
}

function fileSource(cell: CellMap): string {
  const source = sourceOf(cell)?.toString() ?? '';
  if (kindOf(cell) !== 'prompt') return source;
  return source === '' ? PROMPT_MAGIC : `${PROMPT_MAGIC}\n${source}`;
}
