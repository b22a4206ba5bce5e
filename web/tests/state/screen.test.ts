import { expect, test } from 'vitest';

import { behindAfterStep, behindHeight, moves, neighbour, scrollNearEdge, visible } from '../../src/state/cells';
import { pathOf, routeOf } from '../../src/state/route';

test('ln_17_the_node_that_holds_the_focus_is_never_moved_and_the_order_comes_out_right', () => {
  let seed = 11;
  const chance = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
  const shuffled = (list: readonly string[]) => list.map((item) => ({ item, rank: chance() })).sort((left, right) => left.rank - right.rank).map(({ item }) => item);
  for (let round = 0; round < 1500; round += 1) {
    const present = shuffled(['a', 'b', 'c', 'd', 'e', 'f', 'g']).slice(0, 1 + Math.floor(chance() * 7));
    const wanted = shuffled([...present, 'new', 'newer']);
    const pinned = present[Math.floor(chance() * present.length)];
    const steps = moves(present, wanted, pinned);
    const list = [...present];
    for (const [node, before] of steps) {
      const at = list.indexOf(node);
      if (at >= 0) list.splice(at, 1);
      list.splice(before === null ? list.length : list.indexOf(before), 0, node);
    }
    expect(list, `round ${round}`).toEqual(wanted);
    expect(steps.some(([node]) => node === pinned), `round ${round}`).toBe(false);
  }
});

test('one cell moved moves one node', () => {
  expect(moves(['a', 'b', 'c', 'd'], ['b', 'c', 'a', 'd'], 'c')).toEqual([['a', 'd']]);
  expect(moves(['a', 'b', 'c'], ['a', 'b', 'c'], undefined)).toEqual([]);
});

test('a deleted cell in which one types keeps its place', () => {
  expect(visible(['a', 'b', 'c'], new Set(['a', 'c']), new Set(['b']))).toEqual(['a', 'b', 'c']);
  expect(visible(['a', 'b', 'c'], new Set(['a', 'c']), new Set())).toEqual(['a', 'c']);
});

test('after a deletion the next cell is selected, at the end the one before', () => {
  expect(neighbour(['a', 'b', 'c'], ['b'])).toBe('c');
  expect(neighbour(['a', 'b', 'c'], ['b', 'c'])).toBe('a');
  expect(neighbour(['a'], ['a'])).toBe(null);
});

test('a step up or down ends at the ends', () => {
  const ids = ['a', 'b', 'c'];
  expect([behindAfterStep(ids, ['c'], 'up'), behindAfterStep(ids, ['b'], 'up'), behindAfterStep(ids, ['a'], 'up')]).toEqual(['a', null, undefined]);
  expect([behindAfterStep(ids, ['a'], 'down'), behindAfterStep(ids, ['c'], 'down'), behindAfterStep(ids, ['x'], 'down')]).toEqual(['b', undefined, undefined]);
  expect([behindAfterStep(ids, ['b', 'c'], 'up'), behindAfterStep(ids, ['a', 'b'], 'down'), behindAfterStep(ids, ids, 'up')]).toEqual([null, 'c', undefined]);
});

test('what is dropped goes behind the last cell whose middle is above', () => {
  const middles = [10, 30, 50, 70];
  const behind = (height: number) => behindHeight(middles, height, (middle) => middle);
  expect([behind(0), behind(10), behind(11), behind(49), behind(1000)]).toEqual([null, null, 10, 30, 70]);
  expect(behindHeight([], 5, () => 0)).toBe(null);
});

test('near an edge the page scrolls, the faster the nearer, and not elsewhere', () => {
  expect(scrollNearEdge(400, 50, 800)).toBe(0);
  expect(scrollNearEdge(50, 50, 800)).toBe(scrollNearEdge(0, 50, 800));
  expect(scrollNearEdge(60, 50, 800)).toBeLessThan(scrollNearEdge(100, 50, 800));
  expect(scrollNearEdge(100, 50, 800)).toBeLessThan(0);
  expect(scrollNearEdge(795, 50, 800)).toBeGreaterThan(scrollNearEdge(750, 50, 800));
});

test('ln_02_addresses_lead_to_pages_under_any_base', () => {
  expect(routeOf('/', '/')).toEqual({ kind: 'home' });
  expect(routeOf('/notebook/', '/')).toEqual({ kind: 'notebook', id: 'default' });
  expect(routeOf('/lab/notebook/a%20b', '/lab/')).toEqual({ kind: 'notebook', id: 'a b' });
  expect(routeOf('/lab/', '/lab/')).toEqual({ kind: 'home' });
  expect(routeOf('/lab/widgets/abc', '/lab/')).toEqual({ kind: 'widgets', id: 'abc' });
  expect([routeOf('/widgets', '/'), routeOf('/widgets/', '/'), pathOf({ kind: 'sessions' }, '/lab/')]).toEqual([{ kind: 'sessions' }, { kind: 'sessions' }, '/lab/widgets/']);
  expect(routeOf('/elsewhere/x', '/')).toEqual({ kind: 'unknown', path: 'elsewhere/x' });
  expect(pathOf({ kind: 'notebook', id: 'a b' }, '/lab/')).toBe('/lab/notebook/a%20b');
});
