// Names of the roots and keys of a widget session's document, and the typed way to them. Imports yjs only.
//
// Invariant: the names are those of `src/widgets/schema.rs`. Whatever stands in the document, reading it never throws:
// what is missing or of another form is left out.

import * as Y from 'yjs';

import { isObject, type JsonObject } from '../schema';

export interface WidgetRoots {
  /** Title, and how the program stands. */
  info: Y.Map<unknown>;
  /** Widget id to all that is known of it. */
  widgets: Y.Map<unknown>;
  /** Questions that only a browser can answer, by their id. */
  asks: Y.Map<unknown>;
  /** What is said to no widget. */
  page: Y.Map<unknown>;
}

export function widgetRoots(doc: Y.Doc): WidgetRoots {
  return { info: doc.getMap('info'), widgets: doc.getMap('widgets'), asks: doc.getMap('asks'), page: doc.getMap('page') };
}

/** How the program that drives the session stands. */
export interface Program {
  state: 'waiting' | 'connected' | 'gone';
  /** Milliseconds since the epoch. */
  since: number;
  name: string;
}

/** A child with what its parent knows of its place. */
export interface Placement extends JsonObject {
  wid: number;
}

/** What stands in a menu or a tool bar between the widgets. */
export type Gap = 'separator' | 'spacer';

/** What pages do once: the last such order and how many there were. */
export interface Command {
  n: number;
  args: readonly unknown[];
  /** The page whose press the program answered with it, where that is known. */
  client: string | undefined;
}

/** A large value that lies beside the document. */
export interface BlobValue {
  sha256: string;
  mime: string | undefined;
  size: number;
  shape: readonly number[] | undefined;
  dtype: string | undefined;
}

export function programIn(info: Y.Map<unknown>): Program {
  const told = plain(info.get('program'));
  const { state, since, name } = isObject(told) ? told : {};
  return {
    state: state === 'connected' || state === 'gone' ? state : 'waiting',
    since: typeof since === 'number' ? since : 0,
    name: typeof name === 'string' ? name : '',
  };
}

/** The plain value of a shared type; anything else as it is. */
export function plain(value: unknown): unknown {
  return value instanceof Y.AbstractType ? (value.toJSON() as unknown) : value;
}

export function mapIn(map: Y.Map<unknown>, key: string): Y.Map<unknown> | undefined {
  const found = map.get(key);
  return found instanceof Y.Map ? (found as Y.Map<unknown>) : undefined;
}

export function objectIn(map: Y.Map<unknown>, key: string): JsonObject {
  const found = plain(map.get(key));
  return isObject(found) ? found : {};
}

export function listIn(map: Y.Map<unknown>, key: string): readonly unknown[] {
  const found = plain(map.get(key));
  return Array.isArray(found) ? found : [];
}

/** Of an entry in the list of children: some programs know widgets by number, some by a reference. */
export function placement(entry: unknown): Placement | undefined {
  if (!isObject(entry)) return undefined;
  const wid = widOf(entry['wid']) ?? widOf(entry);
  return wid === undefined ? undefined : { ...entry, wid };
}

export function gap(entry: unknown): Gap | undefined {
  if (!isObject(entry)) return undefined;
  return entry['separator'] === true ? 'separator' : entry['spacer'] === true ? 'spacer' : undefined;
}

/** The widget that a value refers to: a number, or `{"__wid__": 5}`. */
export function widOf(value: unknown): number | undefined {
  const wid = isObject(value) ? value['__wid__'] : value;
  return typeof wid === 'number' && Number.isInteger(wid) ? wid : undefined;
}

/** A question to any browser about what it shows. */
export interface Ask {
  id: string;
  wid: number;
  method: string;
  args: readonly unknown[];
}

export function ask(id: string, value: unknown): Ask | undefined {
  const told = plain(value);
  if (!isObject(told) || typeof told['method'] !== 'string') return undefined;
  const wid = widOf(told['wid']);
  return wid === undefined ? undefined : { id, wid, method: told['method'], args: Array.isArray(told['args']) ? told['args'] : [] };
}

export function command(value: unknown): Command | undefined {
  const told = plain(value);
  if (!isObject(told) || typeof told['n'] !== 'number') return undefined;
  const { n, args, client } = told;
  return { n, args: Array.isArray(args) ? args : [], client: typeof client === 'string' ? client : undefined };
}

export function blobIn(value: unknown): BlobValue | undefined {
  if (!isObject(value) || typeof value['__blob__'] !== 'string') return undefined;
  const { __blob__: sha256, mime, size, shape, dtype } = value;
  return {
    sha256: sha256 as string,
    mime: typeof mime === 'string' ? mime : undefined,
    size: typeof size === 'number' ? size : 0,
    shape: Array.isArray(shape) && shape.every((side) => typeof side === 'number') ? (shape as number[]) : undefined,
    dtype: typeof dtype === 'string' ? dtype : undefined,
  };
}
