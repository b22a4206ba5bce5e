import { expect, test } from 'vitest';

import { byCell, colleagues, leaderOf, placeOf, typists, type Circumstances, type Colleague } from '../../src/state/people';
import type { Person } from '../../src/sync/presence';

function client(number: number, parts: Partial<Person> = {}): Person {
  return { client: number, id: `id${number}`, name: `Person ${number}`, color: '#286edc', cell: null, cursors: [], looking: null, following: null, active: null, ...parts };
}

function around(parts: Partial<Circumstances> = {}): Circumstances {
  return { me: { id: 'me', name: 'Me' }, self: undefined, now: 1_000_000, activeAt: () => 1_000_000, isTyping: () => false, authorKind: () => undefined, order: new Map(), ...parts };
}

const names = (people: readonly Colleague[]): string[] => people.map(({ name }) => name);
const caret = { anchor: {}, head: {} };

test('complaint_12_tabs_of_one_browser_are_one_person_and_own_tabs_nobody_else', () => {
  const ana = { id: 'a', name: 'Ana' };
  const people = colleagues([client(1, ana), client(2, { id: 'me', name: 'Me' }), client(3, ana), client(4, { name: 'Ben' })], around(), []);
  expect(names(people)).toEqual(['Ana', 'Ben']);
  expect(people[0]?.clients.toSorted()).toEqual([1, 3]);
});

test('whoever copies the id of another under another name stays somebody else', () => {
  const people = colleagues([client(1, { id: 'a', name: 'Ana' }), client(2, { id: 'a', name: 'Mallory' }), client(3, { id: 'me', name: 'Mallory' })], around(), []);
  expect(names(people)).toEqual(['Ana', 'Mallory', 'Mallory']);
});

test('the tab used last tells where a person is; one that is nowhere does not count', () => {
  const ana = { id: 'a', name: 'Ana' };
  const clients = [client(1, { ...ana, cell: 'x' }), client(2, { ...ana, cell: 'y' }), client(3, ana)];
  const [person] = colleagues(clients, around({ activeAt: ({ client: number }) => number * 1000 }), []);
  expect(person?.at).toEqual({ cell: 'y', how: 'in' });
});

test('somebody who scrolled away from their cell is where they read', () => {
  const [reader] = colleagues([client(1, { cell: 'x', looking: 'z' })], around(), []);
  expect(reader?.at).toEqual({ cell: 'z', how: 'reading' });
});

test('the order stays while people come, go and come back', () => {
  const shared = around();
  const [ana, ben, cem] = ['Ana', 'Ben', 'Cem'].map((name, index) => client(index + 1, { name }));
  if (!ana || !ben || !cem) throw new Error('three people');
  expect(names(colleagues([ana, ben], shared, []))).toEqual(['Ana', 'Ben']);
  expect(names(colleagues([ben], shared, []))).toEqual(['Ben']);
  expect(names(colleagues([ben, cem, { ...ana, client: 77 }], shared, []))).toEqual(['Ana', 'Ben', 'Cem']);
});

test('a person about whom nothing has changed is the same object, and so is the list of a cell', () => {
  const shared = around();
  const before = colleagues([client(1, { cell: 'x', cursors: [caret] }), client(2, { cell: 'y' })], shared, []);
  const after = colleagues([client(1, { cell: 'x', cursors: [{ anchor: 1, head: 2 }] }), client(2, { cell: 'z' })], shared, before);
  expect(after[0]).toBe(before[0]);
  expect(after[1]).not.toBe(before[1]);
  const cells = byCell(before, new Map());
  expect(byCell(after, cells).get('x')).toBe(cells.get('x'));
  expect([...byCell(after, cells).keys()]).toEqual(['x', 'z']);
});

test('somebody without a sign for a minute is away, in whole minutes', () => {
  const quiet = (ms: number) => colleagues([client(1)], around({ activeAt: () => 1_000_000 - ms }), [])[0]?.away;
  expect([quiet(0), quiet(59_999), quiet(60_000), quiet(330_000)]).toEqual([0, 0, 1, 5]);
});

test('the kind of client is what the server says of an agent, else what its words show', () => {
  const kinds = colleagues([client(1), client(2, { id: null }), client(3, { id: null })], around({ authorKind: (number) => (number === 3 ? 'agent' : 'human') }), []);
  expect(kinds.map(({ kind }) => kind)).toEqual(['browser', 'program', 'agent']);
});

test('followers are where the first of their chain is', () => {
  const a = { key: 'a', following: 'b', at: { cell: 'old', how: 'in' } as const };
  const b = { key: 'b', following: 'c', at: null };
  const c = { key: 'c', following: null, at: { cell: 'new', how: 'in' } as const };
  expect(placeOf(a, [a, b, c])?.cell).toBe('new');
  expect(leaderOf(a, [a, b, c])).toBe(c);
});

test('complaint_13_whoever_follows_me_is_where_I_am_unless_I_follow_them', () => {
  const follower = client(1, { id: 'a', name: 'Ana', cell: 'old', following: 'me/Me' });
  const me = client(2, { id: 'me', name: 'Me', cell: 'mine' });
  expect(colleagues([follower], around({ self: me }), [])[0]?.at).toEqual({ cell: 'mine', how: 'in' });
  expect(colleagues([follower], around({ self: { ...me, following: 'a/Ana' } }), [])[0]?.at).toEqual({ cell: 'old', how: 'in' });
});

test('complaint_13_in_a_circle_of_followers_each_is_where_they_last_went_themselves', () => {
  const a = { key: 'a', following: 'b', at: { cell: 'one', how: 'in' } as const };
  const b = { key: 'b', following: 'a', at: { cell: 'two', how: 'in' } as const };
  expect([placeOf(a, [a, b])?.cell, placeOf(b, [a, b])?.cell]).toEqual(['one', 'two']);
  // Whoever is followed has left.
  expect(placeOf({ ...a, following: 'me' }, [a, b])?.cell).toBe('one');
  expect(leaderOf({ ...a, following: 'a' }, [{ ...a, following: 'a' }])).toBeUndefined();
});

test('who types is who inserted, or who is there alone when something was only deleted', () => {
  const inside = [client(1, { cell: 'x', cursors: [caret] }), client(2, { cell: 'x', cursors: [caret] }), client(3, { cell: 'y', cursors: [caret] }), client(4, { cell: 'x' })];
  expect(typists(inside, new Set(['x']), new Set([2, 3]))).toEqual([2]);
  expect(typists(inside, new Set(['x']), new Set())).toEqual([]);
  expect(typists(inside, new Set(['y']), new Set())).toEqual([3]);
  // A program wrote into the cell they only sit in.
  expect(typists(inside, new Set(['y']), new Set([99]))).toEqual([]);
});
