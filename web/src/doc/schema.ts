// Names of the roots and keys of a notebook's document, and the typed way to them. Imports yjs only.
//
// Invariant: `meta`, `cells` and `state` are Jupyter's, with its keys and nothing else in a cell; ours stand beside
// them in roots of their own or under `metadata.coscribe`.

import type * as Y from 'yjs';

import type { CellKind } from '../wire/wire';

/** Our key inside Jupyter's metadata. */
export const NAMESPACE = 'coscribe';

/** Under our key: the pictures of a note while it is code. */
export const KEPT_ATTACHMENTS = 'kept_attachments';

export type JsonObject = { [key: string]: unknown };

/** A cell as it stands in the document. */
export type CellMap = Y.Map<unknown>;

/** Why a cell is not shown. */
export interface Tombstone {
  by: string;
  /** Milliseconds since the Unix epoch. */
  at: number;
  /** The cell it stood after; null at the beginning. */
  after: string | null;
  /** The cell that took its text in, when it was merged into one. */
  into?: string;
  /** The whole cell, once the server took it out of `cells`. */
  json?: JsonObject;
}

export interface Roots {
  doc: Y.Doc;
  meta: Y.Map<unknown>;
  cells: Y.Array<CellMap>;
  /** Cell id to fractional index. */
  order: Y.Map<string>;
  /** Cell id to the mark of its deletion. */
  bin: Y.Map<Tombstone>;
  /** Cell and run to an answer that another took the place of. */
  earlier: Y.Map<unknown>;
  /** Client id to who it is; written by the server only. */
  authors: Y.Map<unknown>;
  /** Cell id to its last run; written by the server only. */
  runs: Y.Map<unknown>;
  /** State and log of the kernel; written by the server only. */
  kernel: Y.Map<unknown>;
  /** The kernel's widgets; written by the server only. */
  models: Y.Map<unknown>;
}

export function roots(doc: Y.Doc): Roots {
  return {
    doc,
    meta: doc.getMap('meta'),
    cells: doc.getArray<CellMap>('cells'),
    order: doc.getMap<string>('order'),
    bin: doc.getMap<Tombstone>('bin'),
    earlier: doc.getMap('earlier'),
    authors: doc.getMap('authors'),
    runs: doc.getMap('runs'),
    kernel: doc.getMap('kernel'),
    models: doc.getMap('models'),
  };
}

/** The origin of everything this person does to the structure; typing carries its editor's own origin. */
export const LOCAL = Symbol('coscribe:local');

/** The origin of text that this person moves or replaces by a command: undo treats it like typing. */
export const LOCAL_TEXT = Symbol('coscribe:local text');

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What Jupyter calls the cell. */
export function jupyterType(kind: CellKind): 'code' | 'markdown' | 'raw' {
  if (kind === 'note') return 'markdown';
  return kind === 'raw' ? 'raw' : 'code';
}
