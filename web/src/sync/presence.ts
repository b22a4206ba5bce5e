// What people tell each other of where they are, in the shape Jupyter's clients use, with the cell beside it.
//
// Invariant: reading another client's state never throws; what it lacks is filled or left out. Nothing is sent that
// was sent already, so that somebody who does nothing costs nothing.

import type { Awareness } from 'y-protocols/awareness';

import { colorOf } from './colors';

/** A selection as Yjs relative positions in the text of a cell, in their JSON form. */
export interface Cursor {
  anchor: unknown;
  head: unknown;
}

/** One client: a tab of a person's browser, or a program. */
export interface Person {
  client: number;
  /** What all tabs of one browser have in common; null of clients that are not ours. */
  id: string | null;
  name: string;
  color: string;
  /** The cell they are in, or the task on a board; null when in none. */
  cell: string | null;
  cursors: Cursor[];
  /** The cell in the middle of their view, when the one they are in is out of their sight. */
  looking: string | null;
  /** Whom they follow: a key as `state/people.ts` makes them. */
  following: string | null;
  /** When they last did something, by their clock, in milliseconds since the epoch. */
  active: number | null;
}

/** What a client says of whoever sits at it. */
export interface Introduction {
  id: string;
  name: string;
  color: string;
}

/** Names come from strangers: longer ones would push the page about. */
const LONGEST_NAME = 60;
/** Ids of cells and people are shorter. */
const LONGEST_ID = 200;

/** Also after a goodbye: the state begins anew then. */
export function announce(awareness: Awareness, { id, name, color }: Introduction): void {
  const user = { id, name, color, display_name: name, initials: initials(name) };
  awareness.setLocalState({ ...awareness.getLocalState(), user });
}

/** Tells where this person is. */
export function place(awareness: Awareness, cell: string | null, cursors: readonly Cursor[]): void {
  tell(awareness, { cell, cursors, looking: null });
}

/** Tells which cell this person has before them while the one they are in is out of sight. */
export function look(awareness: Awareness, looking: string | null): void {
  tell(awareness, { looking });
}

/** Tells whom this person follows. */
export function follow(awareness: Awareness, following: string | null): void {
  tell(awareness, { following });
}

/** Tells that this person is there, though nothing that others see of them has changed. */
export function stir(awareness: Awareness): void {
  const state = awareness.getLocalState();
  if (state !== null) awareness.setLocalState({ ...state, active: Date.now() });
}

/** Goes at once instead of when the server misses us. */
export function leave(awareness: Awareness): void {
  awareness.setLocalState(null);
}

function tell(awareness: Awareness, news: { [key: string]: unknown }): void {
  const state = awareness.getLocalState();
  if (state === null) return;
  const unchanged = Object.entries(news).every(([key, value]) => JSON.stringify(state[key] ?? EMPTY[key]) === JSON.stringify(value));
  if (!unchanged) awareness.setLocalState({ ...state, ...news, active: Date.now() });
}

/** What is as good as not said. */
const EMPTY: { [key: string]: unknown } = { cell: null, cursors: [], looking: null, following: null };

/** Everybody else, in the order they came. */
export function others(awareness: Awareness): Person[] {
  return [...awareness.getStates()]
    .filter(([client]) => client !== awareness.clientID)
    .map(([client, state]) => person(client, state))
    .filter((somebody) => somebody !== undefined);
}

/** This page's own client as the others read it; undefined after a goodbye. */
export function self(awareness: Awareness): Person | undefined {
  const state = awareness.getLocalState();
  return state === null ? undefined : person(awareness.clientID, state);
}

/** Someone without a name is a program that watches; it is not shown. */
function person(client: number, state: { [key: string]: unknown }): Person | undefined {
  const user = (state['user'] ?? {}) as { [key: string]: unknown };
  const name = [user['name'], user['display_name'], user['username']].find((text) => typeof text === 'string' && text.trim() !== '');
  if (typeof name !== 'string') return undefined;
  return {
    client,
    id: idIn(user['id']),
    name: name.trim().slice(0, LONGEST_NAME),
    // It goes into a style: nothing but a colour may.
    color: colorOf(user['color'], name),
    cell: idIn(state['cell']),
    cursors: Array.isArray(state['cursors']) ? state['cursors'].filter(isCursor) : [],
    looking: idIn(state['looking']),
    following: idIn(state['following']),
    active: typeof state['active'] === 'number' ? state['active'] : null,
  };
}

function idIn(value: unknown): string | null {
  return typeof value === 'string' && value !== '' && value.length <= LONGEST_ID ? value : null;
}

function isCursor(value: unknown): value is Cursor {
  return typeof value === 'object' && value !== null && 'anchor' in value && 'head' in value;
}

export function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  const letters = words.length > 1 ? [words[0], words.at(-1)] : [words[0]];
  return letters.map((word) => [...(word ?? '')][0] ?? '').join('').toUpperCase();
}
