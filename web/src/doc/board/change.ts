// One value in the document that a deed of this person changed, and its way back and forth.
//
// Invariant: a value is taken back only while it is still the one that the deed wrote: what somebody else has written
// over it stays. Imports yjs and its siblings.

import type { Fields } from './schema';

export interface Change {
  /** Asked for each time: another copy of the map may have taken its place. */
  map: () => Fields | undefined;
  key: string;
  before: unknown;
  after: unknown;
  /** The server writes its own value into such a key: only whether there is one counts. */
  mark?: true;
}

/** Sets a key, or takes it away when `after` is undefined; undefined when it is so already. */
export function changing(map: () => Fields | undefined, key: string, after: unknown, mark?: true): Change | undefined {
  const before = map()?.get(key);
  const change: Change = { map, key, before, after, ...(mark && { mark }) };
  return alike(change, before, after) ? undefined : change;
}

export function apply(change: Change): boolean {
  return write(change, change.before, change.after);
}

export function revert(change: Change): boolean {
  return write(change, change.after, change.before);
}

/** False when somebody else has changed it since. */
function write(change: Change, from: unknown, to: unknown): boolean {
  const map = change.map();
  if (!map || !alike(change, map.get(change.key), from)) return false;
  if (to === undefined) map.delete(change.key);
  else map.set(change.key, to);
  return true;
}

function alike({ mark }: Pick<Change, 'mark'>, one: unknown, other: unknown): boolean {
  return mark ? (one === undefined) === (other === undefined) : one === other;
}
