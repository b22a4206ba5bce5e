import { expect, test } from 'vitest';

import { block, carried, everything, extended, inOrder, NOTHING, only, toggled, type Selection } from '../../src/state/selection';

const IDS = ['a', 'b', 'c', 'd', 'e'];
const chosen = (selection: Selection) => [...selection.chosen].sort().join('');

test('extending goes from where it began to where it ends, back over the beginning too', () => {
  let selection = extended(IDS, only('c'), 'e');
  expect([chosen(selection), selection.anchor, selection.head]).toEqual(['cde', 'c', 'e']);
  selection = extended(IDS, selection, 'd');
  expect(chosen(selection)).toBe('cd');
  selection = extended(IDS, selection, 'a');
  expect([chosen(selection), selection.anchor, selection.head]).toEqual(['abc', 'c', 'a']);
  expect(chosen(extended(IDS, NOTHING, 'b'))).toBe('b');
});

test('cells can be taken in and out one by one, but not the last', () => {
  const three = toggled(IDS, toggled(IDS, only('a'), 'c'), 'e');
  expect([chosen(three), three.head]).toEqual(['ace', 'e']);
  const two = toggled(IDS, three, 'e');
  expect([chosen(two), two.head]).toEqual(['ac', 'c']);
  expect(chosen(toggled(IDS, only('a'), 'a'))).toBe('a');
});

test('all are selected without the focus going elsewhere', () => {
  const selection = everything(IDS, only('c'));
  expect([chosen(selection), selection.head]).toEqual(['abcde', 'c']);
  expect(everything([], only('c'))).toEqual(NOTHING);
});

test('what others add between the selected is not selected, what they move stays so', () => {
  const selection = extended(IDS, only('b'), 'd');
  const now = ['d', 'a', 'b', 'new', 'c', 'e'];
  const after = carried(IDS, now, selection);
  expect(after).toBe(selection);
  expect(inOrder(now, after)).toEqual(['d', 'b', 'c']);
});

test('what others delete is selected no more; the focus goes to the nearest that still is', () => {
  const selection = extended(IDS, only('b'), 'd');
  const withoutEnds = carried(IDS, ['a', 'c', 'e'], selection);
  expect([chosen(withoutEnds), withoutEnds.anchor, withoutEnds.head]).toEqual(['c', 'c', 'c']);
  const withoutHead = carried(IDS, ['a', 'b', 'c', 'e'], selection);
  expect([chosen(withoutHead), withoutHead.anchor, withoutHead.head]).toEqual(['bc', 'b', 'c']);
});

test('when all the selected are gone the next cell is selected, at the end the one before', () => {
  expect(carried(IDS, ['a', 'b', 'e'], block(['c', 'd'])).head).toBe('e');
  expect(carried(IDS, ['a', 'b'], block(['c', 'd', 'e'])).head).toBe('b');
  expect(carried(IDS, [], block(['c'])).head).toBe(null);
});
