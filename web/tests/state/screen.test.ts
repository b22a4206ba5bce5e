import { expect, test } from 'vitest';

import { behindAfterStep, moves, neighbour, visible } from '../../src/state/cells';
import { excerpt } from '../../src/state/excerpt';
import { BINDINGS, press, sheet, strokeName, type Stroke } from '../../src/state/keys';
import { ago, found, titleOfFile } from '../../src/state/notebooks';
import { pathOf, routeOf } from '../../src/state/route';

function stroke(key: string, modifiers: Partial<Stroke> = {}): string {
  return strokeName({ key, shiftKey: false, altKey: false, ctrlKey: false, metaKey: false, ...modifiers });
}

test('a sequence of keys is a command only when it is whole', () => {
  expect(press('', stroke('d'))).toEqual({ pending: 'd' });
  expect(press('d', stroke('d'))).toEqual({ pending: '', command: 'delete' });
  expect(press('d', stroke('j'))).toEqual({ pending: '', command: 'selectBelow' });
  expect(press('', stroke('q'))).toEqual({ pending: '' });
});

test('modifiers and signs are named as the bindings write them', () => {
  expect(stroke('?', { shiftKey: true })).toBe('?');
  expect(stroke('M', { shiftKey: true })).toBe('Shift+m');
  expect(stroke('z', { metaKey: true })).toBe('Mod+z');
  expect(stroke('Enter', { shiftKey: true })).toBe('Shift+Enter');
  expect(press('', stroke('c', { ctrlKey: true }))).toEqual({ pending: '' });
});

test('no binding hides another', () => {
  for (const { keys } of BINDINGS) {
    expect(BINDINGS.filter((other) => other.keys === keys).length, keys).toBe(1);
    expect(BINDINGS.some((other) => other.keys.startsWith(`${keys} `)), keys).toBe(false);
  }
});

test('the sheet shows each command once, with all its keys', () => {
  expect(sheet().find(({ keys }) => keys.includes('Mod+y'))).toEqual({ label: 'Redo', keys: ['Shift+z', 'Mod+Shift+z', 'Mod+y'] });
  expect(sheet().flatMap(({ keys }) => keys).length).toBe(BINDINGS.length);
});

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
  expect([behindAfterStep(ids, 'c', 'up'), behindAfterStep(ids, 'b', 'up'), behindAfterStep(ids, 'a', 'up')]).toEqual(['a', null, undefined]);
  expect([behindAfterStep(ids, 'a', 'down'), behindAfterStep(ids, 'c', 'down'), behindAfterStep(ids, 'x', 'down')]).toEqual(['b', undefined, undefined]);
});

test('ln_02_addresses_lead_to_pages_under_any_base', () => {
  expect(routeOf('/', '/')).toEqual({ kind: 'home' });
  expect(routeOf('/notebook/', '/')).toEqual({ kind: 'notebook', id: 'default' });
  expect(routeOf('/lab/notebook/a%20b', '/lab/')).toEqual({ kind: 'notebook', id: 'a b' });
  expect(routeOf('/lab/', '/lab/')).toEqual({ kind: 'home' });
  expect(routeOf('/elsewhere/x', '/')).toEqual({ kind: 'unknown', path: 'elsewhere/x' });
  expect(pathOf({ kind: 'notebook', id: 'a b' }, '/lab/')).toBe('/lab/notebook/a%20b');
});

test('a long text is cut at a line and says how long it is', () => {
  expect(excerpt('short')).toEqual({ text: 'short' });
  const long = Array.from({ length: 1000 }, (_, index) => `line ${index}`).join('\n');
  const part = excerpt(long);
  expect(part.text.split('\n').length).toBe(160);
  expect(part.whole).toEqual({ lines: 1000, characters: long.length });
  expect(excerpt('x'.repeat(50_000)).text.length).toBe(40_000);
});

test('search finds titles with every word, in any case', () => {
  const list = [{ title: 'Tides of the North Sea' }, { title: 'north pole' }];
  expect(found(list, 'NORTH sea')).toEqual([list[0]]);
  expect(found(list, '  ')).toEqual(list);
});

test('times and titles are words for people', () => {
  const now = Date.UTC(2026, 10, 21, 12);
  expect([ago(now - 5000, now, 'en'), ago(now - 300_000, now, 'en'), ago(now - 26 * 3_600_000, now, 'en')]).toEqual(['just now', '5 minutes ago', 'yesterday']);
  expect([titleOfFile('tools_numpy.ipynb'), titleOfFile('.ipynb')]).toEqual(['tools_numpy', '.ipynb']);
});
