// Who wrote the text of a cell, told from the document itself: each character carries the client that typed it, and the
// server writes down who each client is (LN-74). Imports its siblings in doc/ and yjs.
//
// Invariant: nobody is named whom the server did not name; where the text does not tell who was last, nobody is.

import type * as Y from 'yjs';

import { isObject } from './schema';

export interface Author {
  name: string;
  /** What of the present text is theirs, in characters. */
  characters: number;
}

/** What of a text one client wrote. */
interface Share {
  characters: number;
  /** The last clock of what it wrote, deleted or not. */
  last: number;
  /** The newest clocks of others beside which it wrote something: those were there before. */
  after: Map<number, number>;
}

/** Everybody with a part in the present text, the one with most of it first. */
export function authorsOf(text: Y.Text, authors: Y.Map<unknown>): Author[] {
  const byName = new Map<string, number>();
  for (const [client, { characters }] of shares(text)) {
    const name = nameOf(authors, client);
    if (name !== undefined && characters > 0) byName.set(name, (byName.get(name) ?? 0) + characters);
  }
  return [...byName].map(([name, characters]) => ({ name, characters })).sort((left, right) => right.characters - left.characters);
}

/**
 * Who wrote in the text last, as far as the text tells: the client whose end nobody else wrote beside afterwards.
 * Undefined when several may have been.
 */
export function lastAuthor(text: Y.Text, authors: Y.Map<unknown>): string | undefined {
  const all = shares(text);
  const latest = [...all].filter(([client, { last }]) => ![...all.values()].some((other) => (other.after.get(client) ?? -1) >= last));
  const names = new Set(latest.map(([client]) => nameOf(authors, client)));
  return names.size === 1 ? [...names][0] : undefined;
}

/** Not of the server itself, which writes for programs and files: that would say nothing of who it was. */
export function nameOf(authors: Y.Map<unknown>, client: number): string | undefined {
  const author = authors.get(String(client));
  if (!isObject(author) || author['kind'] === 'server') return undefined;
  return typeof author['name'] === 'string' && author['name'] !== '' ? author['name'] : undefined;
}

/** What sort of author the server says a client is. */
export function kindOfAuthor(authors: Y.Map<unknown>, client: number): string | undefined {
  const author = authors.get(String(client));
  return isObject(author) && typeof author['kind'] === 'string' ? author['kind'] : undefined;
}

function shares(text: Y.Text): Map<number, Share> {
  const found = new Map<number, Share>();
  for (let item = text._start; item !== null; item = item.right) note(found, item);
  return found;
}

function note(found: Map<number, Share>, item: Y.Item): void {
  const { client, clock } = item.id;
  const share = found.get(client) ?? { characters: 0, last: -1, after: new Map<number, number>() };
  if (!item.deleted && item.countable) share.characters += item.length;
  share.last = Math.max(share.last, clock + item.length - 1);
  for (const beside of [item.origin, item.rightOrigin]) {
    if (beside !== null && beside.client !== client) share.after.set(beside.client, Math.max(share.after.get(beside.client) ?? -1, beside.clock));
  }
  found.set(client, share);
}
