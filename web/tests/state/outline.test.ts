// The outline as a tree: what stands below what, which cells belong to it, where keys lead.

import { expect, test } from 'vitest';

import { outline } from '../../src/state/headings';
import { dropped, moved, sectionAt, sectionsOf, shownSections, walk } from '../../src/state/outline';

const CELLS: [id: string, note?: string][] = [
  ['intro', 'No heading'],
  ['a', '# One'],
  ['a1'],
  ['b', '### Deep\n\ntext\n\n## Less deep'],
  ['b1'],
  ['c', '# Two'],
  ['d', '## Two point one'],
  ['d1'],
];
const IDS = CELLS.map(([id]) => id);
const sections = sectionsOf(outline(CELLS.map(([id, note]) => ({ id, note }))), IDS);
const OPEN: ReadonlySet<string> = new Set();

function line(key: string) {
  return sections.find((section) => section.key === key);
}

test('sections stand in a tree that skips no level, each with its cells', () => {
  expect(sections.map(({ key, text, depth, parent }) => [key, text, depth, parent])).toEqual([
    ['a:0', 'One', 1, undefined],
    ['b:0', 'Deep', 2, 'a:0'],
    ['b:1', 'Less deep', 2, 'a:0'],
    ['c:0', 'Two', 1, undefined],
    ['d:0', 'Two point one', 2, 'c:0'],
  ]);
  expect(line('a:0')?.cells).toEqual(['a', 'a1', 'b', 'b1']);
  expect(line('b:0')?.cells).toEqual(['b']);
  expect(line('b:1')?.cells).toEqual(['b', 'b1']);
  expect(line('d:0')?.cells).toEqual(['d', 'd1']);
});

test('each says where it stands among its siblings', () => {
  expect(sections.map(({ position, siblings, hasChildren }) => [position, siblings, hasChildren])).toEqual([[1, 2, true], [1, 2, false], [2, 2, false], [2, 2, true], [1, 1, false]]);
});

test('what stands below a closed one is not shown', () => {
  expect(shownSections(sections, new Set(['a:0'])).map(({ key }) => key)).toEqual(['a:0', 'c:0', 'd:0']);
  const deep = sectionsOf(outline([{ id: 'x', note: '# 1\n## 2\n### 3\n# 4' }]), ['x']);
  expect(shownSections(deep, new Set(['x:0'])).map(({ text }) => text)).toEqual(['1', '4']);
});

test('a cell is in the last section that begins at or before it, of those that are shown', () => {
  expect(sectionAt(sections, IDS, 'b1')?.key).toBe('b:1');
  expect(sectionAt(sections, IDS, 'a1')?.key).toBe('a:0');
  expect(sectionAt(sections, IDS, 'intro')).toBeUndefined();
  expect(sectionAt(sections, IDS, 'gone')).toBeUndefined();
  expect(sectionAt(shownSections(sections, new Set(['a:0'])), IDS, 'b1')?.key).toBe('a:0');
});

test('keys walk the tree', () => {
  const press = (current: string, key: string, closed = OPEN) => walk(shownSections(sections, closed), closed, current, key);
  expect(press('a:0', 'ArrowDown')).toEqual({ to: 'b:0' });
  expect(press('a:0', 'ArrowUp')).toBeUndefined();
  expect(press('a:0', 'ArrowLeft')).toEqual({ close: 'a:0' });
  expect(press('a:0', 'ArrowRight', new Set(['a:0']))).toEqual({ open: 'a:0' });
  expect(press('a:0', 'ArrowRight')).toEqual({ to: 'b:0' });
  expect(press('b:1', 'ArrowLeft')).toEqual({ to: 'a:0' });
  expect(press('b:1', 'ArrowRight')).toBeUndefined();
  expect(press('b:1', 'Home')).toEqual({ to: 'a:0' });
  expect(press('b:1', 'End')).toEqual({ to: 'd:0' });
  expect(press('c:0', 't')).toEqual({ to: 'd:0' });
  expect(press('d:0', 't')).toEqual({ to: 'c:0' });
  expect(press('gone', 'ArrowDown')).toEqual({ to: 'a:0' });
});

test('a section moves past its sibling with all its cells, unless it begins in the middle of a note', () => {
  expect(moved(sections, IDS, 'c:0', 'up')).toEqual({ cells: ['c', 'd', 'd1'], after: 'intro' });
  expect(moved(sections, IDS, 'a:0', 'down')).toEqual({ cells: ['a', 'a1', 'b', 'b1'], after: 'd1' });
  expect(moved(sections, IDS, 'a:0', 'up')).toBeUndefined();
  expect(moved(sections, IDS, 'd:0', 'down')).toBeUndefined();
  expect(moved(sections, IDS, 'b:0', 'down')).toBeUndefined();
  expect(moved(sections, IDS, 'b:1', 'up')).toBeUndefined();
});

test('a section is dropped before another or at the end, not into itself and not where it stands', () => {
  expect(dropped(sections, IDS, 'c:0', 'a:0')).toEqual({ cells: ['c', 'd', 'd1'], after: 'intro' });
  expect(dropped(sections, IDS, 'd:0', 'a:0')).toEqual({ cells: ['d', 'd1'], after: 'intro' });
  expect(dropped(sections, IDS, 'a:0', undefined)).toEqual({ cells: ['a', 'a1', 'b', 'b1'], after: 'd1' });
  expect(dropped(sections, IDS, 'c:0', 'd:0')).toBeUndefined();
  expect(dropped(sections, IDS, 'c:0', 'c:0')).toBeUndefined();
  expect(dropped(sections, IDS, 'a:0', 'c:0')).toBeUndefined();
  expect(dropped(sections, IDS, 'c:0', undefined)).toBeUndefined();
  expect(dropped(sections, IDS, 'c:0', 'b:1')).toBeUndefined();
});

test('a section that ends in the middle of a note is not torn from it', () => {
  const cells = [{ id: 'x', note: '# One' }, { id: 'y', note: 'end of one\n\n# Two' }, { id: 'z', note: '# Three' }];
  const ids = cells.map(({ id }) => id);
  const torn = sectionsOf(outline(cells), ids);
  expect(torn.map(({ cells: own }) => own)).toEqual([['x'], ['y'], ['z']]);
  expect(moved(torn, ids, 'z:0', 'up')).toEqual({ cells: ['z'], after: 'x' });
});
