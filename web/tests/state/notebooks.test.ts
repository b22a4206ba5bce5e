import { expect, test } from 'vitest';

import { sizeOf, problemOf } from '../../src/state/importable';
import { ago, found, fromRecent, held, listed, recentlyOpened, sorted, sortOf, step, type Listed } from '../../src/state/notebooks';
import { tourFile } from '../../src/state/tour';
import { homeText } from '../../src/text/home';

function notebook(id: string, about: Partial<Listed> = {}): Listed {
  return { id, title: id, createdAt: 0, updatedAt: 0, cellCount: 1, kept: false, unseen: false, ...about };
}

const ids = (list: readonly { id: string }[]): string[] => list.map(({ id }) => id);

test('search finds titles with every word, in any case and with or without accents', () => {
  const list = [{ title: 'Tides of the North Sea' }, { title: 'north pole' }, { title: 'Über Größe und Crème brûlée' }];
  expect(found(list, 'NORTH sea')).toEqual([list[0]]);
  expect(found(list, 'uber creme')).toEqual([list[2]]);
  expect(found(list, 'GROSSE')).toEqual([list[2]]);
  expect(found([{ title: 'İstanbul, Łódź' }], 'istanbul lodz').length).toBe(1);
  expect(found(list, 'brûlee ÜBER')).toEqual([list[2]]);
  expect(found([{ title: 'U\u0308bung' }], 'übung').length).toBe(1);
  expect(found(list, 'north brulee')).toEqual([]);
  expect(found(list, '  ')).toEqual(list);
});

test('each sort has an order for all notebooks, also for those never opened here', () => {
  const list = [
    notebook('a', { title: 'chapter 10', createdAt: 3, updatedAt: 1, openedAt: 5 }),
    notebook('b', { title: 'Chapter 9', createdAt: 1, updatedAt: 3 }),
    notebook('c', { title: 'ärger', createdAt: 2, updatedAt: 2, openedAt: 9 }),
  ];
  expect(ids(sorted(list, 'changed'))).toEqual(['b', 'c', 'a']);
  expect(ids(sorted(list, 'opened'))).toEqual(['c', 'a', 'b']);
  expect(ids(sorted(list, 'title'))).toEqual(['c', 'b', 'a']);
  expect(ids(sorted(list, 'created'))).toEqual(['a', 'c', 'b']);
  expect([sortOf('title'), sortOf('sideways'), sortOf(null)]).toEqual(['title', 'changed', 'changed']);
});

test('rows that stand keep their places, new ones come where the sort puts them', () => {
  expect(held([], ['a', 'b', 'c'])).toEqual(['a', 'b', 'c']);
  // Somebody typed in c: it does not jump to the top.
  expect(held(['a', 'b', 'c'], ['c', 'a', 'b'])).toEqual(['a', 'b', 'c']);
  expect(held(['a', 'b', 'c'], ['new', 'a', 'b', 'c'])).toEqual(['new', 'a', 'b', 'c']);
  expect(held(['a', 'b', 'c'], ['a', 'new', 'newer', 'b', 'c'])).toEqual(['a', 'new', 'newer', 'b', 'c']);
  expect(held(['a', 'b', 'c'], ['c', 'a'])).toEqual(['a', 'c']);
});

test('those opened last stand apart only when the list is long', () => {
  const opened = (many: number) => Array.from({ length: many }, (_, at) => notebook(`n${at}`, at < 6 ? { openedAt: 10 + at } : {}));
  expect(recentlyOpened(opened(11))).toEqual([]);
  expect(ids(recentlyOpened(opened(12)))).toEqual(['n5', 'n4', 'n3', 'n2']);
});

test('what this browser knows of a notebook stands beside what the server says of it', () => {
  const recent = [{ id: 'a', title: 'Old title', openedAt: 7 }, { id: 'b', title: 'B', openedAt: 5 }];
  const [a, c] = listed([{ id: 'a', title: 'A', createdAt: 1, updatedAt: 2, cellCount: 3 }, { id: 'c', title: 'C', createdAt: 1, updatedAt: 2, cellCount: 3 }], recent, new Set(['a']));
  expect(a).toMatchObject({ title: 'A', openedAt: 7, kept: true, unseen: false });
  expect(c).toMatchObject({ kept: false });
  expect(fromRecent(recent, new Set(['b']))).toMatchObject([{ id: 'b', kept: true, unseen: true, openedAt: 5 }]);
});

test('arrows, Home and End lead through the rows and stop at the ends', () => {
  expect([step('ArrowDown', 0, 3), step('ArrowDown', 2, 3), step('ArrowUp', 0, 3), step('End', 0, 3), step('Home', 2, 3), step('x', 1, 3)]).toEqual([1, 2, 0, 2, 0, undefined]);
});

test('times and sizes are words for people', () => {
  const now = Date.UTC(2026, 10, 21, 12);
  expect([ago(now - 5000, now, 'en'), ago(now - 300_000, now, 'en'), ago(now - 26 * 3_600_000, now, 'en')]).toEqual(['just now', '5 minutes ago', 'yesterday']);
  expect([sizeOf(17, 'en'), sizeOf(268_435_456, 'en'), sizeOf(1_230_000_000, 'en')]).toEqual(['17 byte', '268 MB', '1.23 GB']);
});

test('p7_a_file_that_cannot_be_a_notebook_is_told_before_it_is_sent', async () => {
  const { problems } = homeText;
  expect(await problemOf(new Blob(['\uFEFF \n {"cells": []}']), 1000)).toBe(undefined);
  expect(await problemOf(new Blob([]), 1000)).toBe(problems.empty);
  expect(await problemOf(new Blob(['\u0089PNG']), 1000)).toBe(problems.notANotebook);
  expect(await problemOf(new Blob(['{', 'x'.repeat(2000)]), 1000)).toMatch(/2 kB.*1 kB/);
  expect(await problemOf(new Blob(['{', 'x'.repeat(2000)]), undefined)).toBe(undefined);
});

test('the tour has each kind of cell and names the keys that commands really have', async () => {
  const file = JSON.parse(await tourFile().text()) as { cells: { cell_type: string; metadata: object; source: string }[] };
  expect(new Set(file.cells.map(({ cell_type }) => cell_type))).toEqual(new Set(['markdown', 'code']));
  expect(file.cells.filter(({ metadata }) => 'coscribe' in metadata).length).toBe(1);
  const words = file.cells.map(({ source }) => source).join('\n');
  expect(words).toContain('| D D | put it into the bin |');
  expect(words).not.toMatch(/undefined|\*\*\*\*|\| {2}\|/);
  expect(words).toContain('$e^{i\\pi} + 1 = 0$');
});
