// What people tell each other of where they are, in the shape Jupyter's clients use, with the cell beside it.
//
// Invariant: reading another client's state never throws; what it lacks is filled or left out.

import type { Awareness } from 'y-protocols/awareness';

/** A selection as Yjs relative positions in the text of a cell, in their JSON form. */
export interface Cursor {
  anchor: unknown;
  head: unknown;
}

export interface Person {
  client: number;
  name: string;
  color: string;
  /** The cell they are in; null when in none. */
  cell: string | null;
  cursors: Cursor[];
}

const COLOR = /^#[0-9a-f]{6}$/i;
const NO_COLOR = '#7a7a7a';
/** Names come from strangers: longer ones would push the page about. */
const LONGEST_NAME = 60;

/** `id` is the same in all tabs of one browser, so that others can show them as one person. */
export function announce(awareness: Awareness, user: { id: string; name: string; color: string }): void {
  awareness.setLocalStateField('user', { ...user, display_name: user.name, initials: initials(user.name) });
}

/** Tells where this person is; unchanged places are not sent again. */
export function place(awareness: Awareness, cell: string | null, cursors: readonly Cursor[]): void {
  const state = awareness.getLocalState();
  if (state === null) return;
  const unchanged = state['cell'] === cell && JSON.stringify(state['cursors'] ?? []) === JSON.stringify(cursors);
  if (!unchanged) awareness.setLocalState({ ...state, cell, cursors });
}

/** Everybody else, in the order they came. */
export function others(awareness: Awareness): Person[] {
  return [...awareness.getStates()]
    .filter(([client]) => client !== awareness.clientID)
    .map(([client, state]) => person(client, state))
    .filter((somebody) => somebody !== undefined);
}

/** Someone without a name is a program that watches; it is not shown. */
function person(client: number, state: { [key: string]: unknown }): Person | undefined {
  const user = (state['user'] ?? {}) as { [key: string]: unknown };
  const name = [user['name'], user['display_name'], user['username']].find((text) => typeof text === 'string' && text !== '');
  if (typeof name !== 'string') return undefined;
  const { color } = user;
  return {
    client,
    name: name.slice(0, LONGEST_NAME),
    // A colour goes into a style: nothing but a colour may.
    color: typeof color === 'string' && COLOR.test(color) ? color : NO_COLOR,
    cell: typeof state['cell'] === 'string' ? state['cell'] : null,
    cursors: Array.isArray(state['cursors']) ? state['cursors'].filter(isCursor) : [],
  };
}

function isCursor(value: unknown): value is Cursor {
  return typeof value === 'object' && value !== null && 'anchor' in value && 'head' in value;
}

export function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  const letters = words.length > 1 ? [words[0], words.at(-1)] : [words[0]];
  return letters.map((word) => [...(word ?? '')][0] ?? '').join('').toUpperCase();
}
