import { expect, test } from 'vitest';

import { carried, fold, hiddenCount, kept, parentOf, reveal, unfold, UNFOLDED, withSections, type Folds } from '../../src/state/folds';
import { sections } from '../../src/state/headings';

const CELLS: [id: string, note?: string][] = [['a', '# A'], ['1'], ['b', '## B'], ['2'], ['3'], ['c', '# C'], ['4']];
const of = (cells: [id: string, note?: string][]) => sections(cells.map(([id, note]) => ({ id, note })));
const known = (cells: [id: string, note?: string][]) => new Set(cells.map(([id]) => id));
const hidden = (folds: Folds) => [...folds.hidden].sort().join('');
const SECTIONS = of(CELLS);

test('a folded heading hides its section and an open one inside stays as it was', () => {
  const inner = fold(UNFOLDED, SECTIONS, ['b']);
  const both = fold(inner, SECTIONS, ['a']);
  expect([hidden(inner), hidden(both)]).toEqual(['23', '123b']);
  expect(hiddenCount(both, SECTIONS, 'a')).toBe(4);
  const outerOpen = unfold(both, SECTIONS, ['a']);
  expect(hidden(outerOpen)).toBe('23');
  expect(hidden(unfold(outerOpen, SECTIONS, ['b']))).toBe('');
});

test('a cell that is gone to is shown by opening all that hides it', () => {
  const both = fold(UNFOLDED, SECTIONS, ['a', 'b', 'c']);
  expect(hidden(reveal(both, SECTIONS, ['3']))).toBe('4');
  expect(hidden(reveal(both, SECTIONS, ['1']))).toBe('234');
  expect(reveal(both, SECTIONS, ['a'])).toBe(both);
});

test('what others add to a folded section is hidden and counted', () => {
  const folds = fold(UNFOLDED, SECTIONS, ['b']);
  const now = CELLS.toSpliced(4, 0, ['new']);
  const after = carried(folds, of(now), known(CELLS));
  expect(hidden(after)).toBe('23new');
  expect(hiddenCount(after, of(now), 'b')).toBe(3);
});

test('a cell on the screen is never hidden by what others do', () => {
  const folds = fold(UNFOLDED, SECTIONS, ['b']);
  // The heading after the folded section becomes text; a cell is moved into the section.
  const merged = of([['a', '# A'], ['1'], ['b', '## B'], ['2'], ['3'], ['c', 'C'], ['4']]);
  expect(hidden(carried(folds, merged, known(CELLS)))).toBe('23');
  const moved = of([['a', '# A'], ['b', '## B'], ['2'], ['1'], ['3'], ['c', '# C'], ['4']]);
  expect(hidden(carried(folds, moved, known(CELLS)))).toBe('23');
});

test('what stands in no folded section any more is shown', () => {
  const folds = fold(UNFOLDED, SECTIONS, ['b']);
  expect(hidden(carried(folds, of([['a', '# A'], ['1'], ['2'], ['3'], ['c', '# C'], ['4']]), known(CELLS)))).toBe('');
  expect(carried(folds, SECTIONS, known(CELLS))).toBe(folds);
});

test('a folded heading takes along what it hides, an open one nothing', () => {
  const folds = fold(UNFOLDED, SECTIONS, ['b']);
  expect(withSections(folds, SECTIONS, ['1', 'b', 'c'])).toEqual(['1', 'b', '2', '3', 'c']);
  expect(withSections(folds, SECTIONS, ['a'])).toEqual(['a']);
});

test('the parent of a cell is the innermost heading above it', () => {
  expect([parentOf(SECTIONS, '3'), parentOf(SECTIONS, 'b'), parentOf(SECTIONS, 'a')]).toEqual(['b', 'a', null]);
});

test('what a browser kept is read, and anything else is nothing', () => {
  expect([...kept('["a","b"]')]).toEqual(['a', 'b']);
  for (const text of [null, '', '{', '{"a":1}', '[1]']) expect([...kept(text)], String(text)).toEqual([]);
});
