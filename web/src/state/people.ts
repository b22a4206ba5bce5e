// The people in a notebook, made of the clients that say to be somebody: one person for all tabs of a browser. Pure.
//
// Invariant: a person keeps their place in the row while others come and go, and their value is the same object as
// long as nothing about them that is shown has changed.

import type { Person } from '../sync/presence';

/** After a minute without a sign people count as away. */
const AWAY_AFTER_MS = 60_000;
const MINUTE_MS = 60_000;

/** What sits at a client: a browser of ours, an agent, or some other program that speaks the protocol. */
export type ClientKind = 'browser' | 'agent' | 'program';

/** Where somebody is: in a cell, or merely reading it. */
export interface Whereabouts {
  cell: string;
  how: 'in' | 'reading';
}

/** Somebody else who is here. */
export interface Colleague {
  key: string;
  name: string;
  color: string;
  kind: ClientKind;
  /** Their clients, the one used last first. */
  clients: readonly number[];
  at: Whereabouts | null;
  /** Others see their caret in the text of the cell. */
  caret: boolean;
  typing: boolean;
  /** Whole minutes without a sign of them; 0 while they are active. */
  away: number;
  /** Key of whom they follow. */
  following: string | null;
}

/** What is known of the clients beside what they say themselves. */
export interface Circumstances {
  /** Oneself: one's other tabs are nobody else. */
  me: { id: string; name: string };
  /** What this page tells the others: whoever follows oneself is there. */
  self: Person | undefined;
  now: number;
  /** When the client was last seen to do something. */
  activeAt: (client: Person) => number;
  isTyping: (client: number) => boolean;
  /** Who the server says wrote with this client. */
  authorKind: (client: number) => string | undefined;
  /** Keys in the order in which they were first seen; new ones are added. */
  order: Map<string, number>;
}

/** The name belongs to the key: the server vouches for it, so that nobody hides behind another's id. */
export function keyOf({ id, name }: { id: string; name: string }): string {
  return `${id}/${name}`;
}

/** Everybody else, in the order they were first seen; `before` is what was returned last. */
export function colleagues(clients: readonly Person[], around: Circumstances, before: readonly Colleague[]): Colleague[] {
  const groups = grouped(clients, keyOf(around.me));
  for (const key of groups.keys()) if (!around.order.has(key)) around.order.set(key, around.order.size);
  const made = [...groups].map(([key, group]) => colleague(key, group, around));
  const mine = around.self ? [{ key: keyOf(around.me), at: whereabouts(around.self), following: around.self.following }] : [];
  const led = made.map((person) => ({ ...person, at: placeOf(person, [...made, ...mine]) }));
  const known = new Map(before.map((person) => [person.key, person]));
  return led.map((person) => kept(known.get(person.key), person)).sort((left, right) => rank(around, left) - rank(around, right));
}

/**
 * Where they are; of those who follow somebody, where that somebody is. In a circle of followers nobody leads: then
 * each is where they last went themselves.
 */
export function placeOf(person: Pick<Colleague, 'key' | 'at' | 'following'>, people: readonly Pick<Colleague, 'key' | 'at' | 'following'>[]): Whereabouts | null {
  return leaderOf(person, people)?.at ?? person.at;
}

/** At the end of a chain of followers the one who follows nobody; undefined in a circle, or when they left. */
export function leaderOf<Follower extends Pick<Colleague, 'key' | 'following'>>(person: Follower, people: readonly Follower[]): Follower | undefined {
  const met = new Set<string>();
  let leader: Follower | undefined = person;
  while (leader !== undefined && leader.following !== null) {
    if (met.has(leader.key)) return undefined;
    met.add(leader.key);
    const next: string = leader.following;
    leader = people.find(({ key }) => key === next);
  }
  return leader;
}

/** Who is at each cell; a list that is the same as before is the same object. */
export function byCell(people: readonly Colleague[], before: ReadonlyMap<string, readonly Colleague[]>): Map<string, readonly Colleague[]> {
  const cells = new Map<string, Colleague[]>();
  for (const person of people) {
    if (person.at === null) continue;
    const here = cells.get(person.at.cell);
    if (here) here.push(person);
    else cells.set(person.at.cell, [person]);
  }
  return new Map([...cells].map(([cell, here]) => [cell, sameList(before.get(cell), here)]));
}

/**
 * Whose typing a change of the text of some cells was: of those with a caret in one of them the ones who inserted
 * something. Nobody did when something was deleted only; then the one who is there alone.
 */
export function typists(clients: readonly Person[], cells: ReadonlySet<string>, writers: ReadonlySet<number>): number[] {
  const inside = clients.filter(({ cell, cursors }) => cursors.length > 0 && cell !== null && cells.has(cell)).map(({ client }) => client);
  if (writers.size > 0) return inside.filter((client) => writers.has(client));
  return inside.length === 1 ? inside : [];
}

function grouped(clients: readonly Person[], mine: string): Map<string, Person[]> {
  const groups = new Map<string, Person[]>();
  for (const client of clients) {
    const key = client.id === null ? `client:${client.client}` : keyOf({ id: client.id, name: client.name });
    if (key !== mine) groups.set(key, [...(groups.get(key) ?? []), client]);
  }
  return groups;
}

/** Of several tabs the one used last counts; among those that are anywhere. */
function colleague(key: string, clients: readonly Person[], around: Circumstances): Colleague {
  const latest = clients.toSorted((left, right) => around.activeAt(right) - around.activeAt(left));
  const front = latest.find((client) => client.cell !== null || client.looking !== null) ?? (latest[0] as Person);
  const quiet = around.now - Math.max(...latest.map(around.activeAt));
  return {
    key,
    name: front.name,
    color: front.color,
    kind: kindOf(latest, around),
    clients: [front, ...latest.filter((client) => client !== front)].map(({ client }) => client),
    at: whereabouts(front),
    caret: front.cursors.length > 0,
    typing: latest.some(({ client }) => around.isTyping(client)),
    away: quiet < AWAY_AFTER_MS ? 0 : Math.floor(quiet / MINUTE_MS),
    following: front.following,
  };
}

function whereabouts({ cell, looking }: Person): Whereabouts | null {
  if (looking !== null) return { cell: looking, how: 'reading' };
  return cell === null ? null : { cell, how: 'in' };
}

function kindOf(clients: readonly Person[], { authorKind }: Circumstances): ClientKind {
  if (clients.some(({ client }) => authorKind(client) === 'agent')) return 'agent';
  return clients.some(({ id }) => id !== null) ? 'browser' : 'program';
}

function kept(before: Colleague | undefined, now: Colleague): Colleague {
  return before && JSON.stringify(before) === JSON.stringify(now) ? before : now;
}

function sameList(before: readonly Colleague[] | undefined, now: readonly Colleague[]): readonly Colleague[] {
  return before?.length === now.length && before.every((person, index) => person === now[index]) ? before : now;
}

function rank({ order }: Circumstances, { key }: Colleague): number {
  return order.get(key) ?? Number.MAX_SAFE_INTEGER;
}
