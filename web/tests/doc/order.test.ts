import { expect, test } from 'vitest';

import { keysToPlace, sorted, type Placed } from '../../src/doc/order';

const ids = (cells: readonly Placed[]) => cells.map((cell) => cell.id);

/** Places a cell and returns the order that everybody then sees. */
function placed(others: readonly Placed[], index: number): { order: string[]; written: number } {
  const keys = keysToPlace(others, index, ['new']);
  const cells = [...others, { id: 'new', key: undefined }].map((cell) => ({ id: cell.id, key: keys.get(cell.id) ?? cell.key }));
  return { order: ids(sorted(cells)), written: keys.size };
}

test('cells sort by key and those with equal keys by id, whatever their order in the array', () => {
  const cells = [{ id: 'c', key: 'a1' }, { id: 'b', key: 'a0' }, { id: 'a', key: 'a1' }];
  expect(ids(sorted(cells))).toEqual(['b', 'a', 'c']);
  expect(ids(sorted(cells.toReversed()))).toEqual(['b', 'a', 'c']);
});

test('a cell without a key follows the keyed cell before it in the array', () => {
  const cells = [{ id: 'first', key: undefined }, { id: 'b', key: 'a5' }, { id: 'guest', key: undefined }, { id: 'a', key: 'a1' }];
  expect(ids(sorted(cells))).toEqual(['first', 'a', 'b', 'guest']);
});

test('placing between two keys writes one key', () => {
  const others = [{ id: 'a', key: 'a0' }, { id: 'b', key: 'a1' }, { id: 'c', key: 'a2' }];
  for (let index = 0; index <= others.length; index += 1) {
    expect(placed(others, index)).toEqual({ order: ids(others).toSpliced(index, 0, 'new'), written: 1 });
  }
});

test('placing between cells with equal keys gives them keys apart', () => {
  const others = [{ id: 'a', key: 'a0' }, { id: 'b', key: 'a0' }, { id: 'c', key: 'a0' }, { id: 'd', key: 'a1' }];
  for (let index = 0; index <= others.length; index += 1) {
    expect(placed(others, index).order).toEqual(ids(others).toSpliced(index, 0, 'new'));
  }
});

test('placing among cells without keys keeps the order of all', () => {
  const others = [{ id: 'z', key: undefined }, { id: 'y', key: 'a0' }, { id: 'x', key: undefined }, { id: 'w', key: undefined }, { id: 'v', key: 'a1' }];
  for (let index = 0; index <= others.length; index += 1) {
    expect(placed(others, index).order).toEqual(ids(others).toSpliced(index, 0, 'new'));
  }
});

test('placing anywhere among any mixture of keys keeps the order of all others', () => {
  let seed = 7;
  const chance = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
  const pool = ['a0', 'a0', 'a1', 'a1V', 'a2', undefined, undefined];
  for (let round = 0; round < 2000; round += 1) {
    const cells = Array.from({ length: 1 + Math.floor(chance() * 7) }, (_, index) => ({ id: `${Math.floor(chance() * 99)}-${index}`, key: pool[Math.floor(chance() * pool.length)] }));
    const others = sorted(cells);
    const index = Math.floor(chance() * (others.length + 1));
    const keys = keysToPlace(others, index, ['new']);
    const after = [...cells, { id: 'new', key: undefined }].map((cell) => ({ id: cell.id, key: keys.get(cell.id) ?? cell.key }));
    expect(ids(sorted(after)), `round ${round}`).toEqual(ids(others).toSpliced(index, 0, 'new'));
  }
});

test('a block placed anywhere among any mixture of keys stands together, in its order', () => {
  let seed = 13;
  const chance = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
  const pool = ['a0', 'a0', 'a1', 'a1V', 'a2', undefined, undefined];
  for (let round = 0; round < 1000; round += 1) {
    const cells = Array.from({ length: Math.floor(chance() * 7) }, (_, index) => ({ id: `${Math.floor(chance() * 99)}-${index}`, key: pool[Math.floor(chance() * pool.length)] }));
    const others = sorted(cells);
    const index = Math.floor(chance() * (others.length + 1));
    const block = ['x', 'b', 'm'].slice(0, 1 + Math.floor(chance() * 3));
    const keys = keysToPlace(others, index, block);
    const after = [...cells, ...block.map((id) => ({ id, key: undefined }))].map((cell) => ({ id: cell.id, key: keys.get(cell.id) ?? cell.key }));
    expect(ids(sorted(after)), `round ${round}`).toEqual(ids(others).toSpliced(index, 0, ...block));
  }
});
