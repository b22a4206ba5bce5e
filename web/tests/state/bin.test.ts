import { expect, test } from 'vitest';

import { addCells, deleteCells } from '../../src/doc/edit';
import { binEntries, excerptAround, firstLine, sought, together, type BinEntry } from '../../src/state/bin';
import { replicas, text } from '../doc/replicas';

test('ln_11_the_bin_tells_of_each_cell_what_it_was_who_deleted_it_and_where_it_stood', () => {
  const [book] = replicas(1, ['a', 'b', 'c', 'd', 'e']);
  deleteCells(book!, ['a'], { by: 'Ana', at: 5 });
  deleteCells(book!, ['c', 'd'], { by: 'Ben', at: 9, into: 'b' });
  book!.roots.bin.set('gone', { by: 'Cem', at: 1, after: 'd', json: { cell_type: 'markdown', source: ['# old\n', 'text'] } });
  const entries = binEntries(book!);
  expect(entries).toEqual([
    { id: 'c', kind: 'code', text: '# c', by: 'Ben', at: 9, merged: true, away: false, stood: { kind: 'after', number: 1, line: '# b' } },
    { id: 'd', kind: 'code', text: '# d', by: 'Ben', at: 9, merged: true, away: false, stood: { kind: 'after', number: 1, line: '# b' } },
    { id: 'a', kind: 'code', text: '# a', by: 'Ana', at: 5, merged: false, away: false, stood: { kind: 'first' } },
    { id: 'gone', kind: 'note', text: '# old\ntext', by: 'Cem', at: 1, merged: false, away: true, stood: { kind: 'away' } },
  ]);
  const placed = book!.placed().map(({ id }) => id);
  expect(together(entries, placed).map((group) => group.map(({ id }) => id))).toEqual([['c', 'd'], ['a'], ['gone']]);
});

test('a cell with nothing in it is not offered until somebody writes into it', () => {
  const [book] = replicas(1, ['a']);
  addCells(book!, 'a', [{ id: 'empty', kind: 'code' }, { id: 'put', kind: 'code', outputs: [{ output_type: 'stream', name: 'stdout', text: 'x' }] }]);
  deleteCells(book!, ['empty', 'put'], { by: 'Ana', at: 5 });
  expect(binEntries(book!).map(({ id }) => id)).toEqual(['put']);
  text(book!, 'empty').insert(0, 'typed');
  expect(binEntries(book!).length).toBe(2);
});

test('what was deleted at once is shown in the order in which it stood', () => {
  const [book] = replicas(1, ['z']);
  addCells(book!, 'z', [{ id: 'y', kind: 'raw', source: 'y' }, { id: 'x', kind: 'raw', source: 'x' }]);
  deleteCells(book!, ['x', 'y', 'z'], { by: 'Ana', at: 5 });
  expect(together(binEntries(book!), book!.placed().map(({ id }) => id))[0]!.map(({ id }) => id)).toEqual(['z', 'y', 'x']);
});

test('the bin is searched by text and by name', () => {
  const entry = (id: string, text: string, by: string) => ({ id, text, by }) as BinEntry;
  const entries = [entry('1', 'Tides of the sea', 'Ana'), entry('2', 'import numpy', 'Ben')];
  expect(sought(entries, ' TIDES ').map(({ id }) => id)).toEqual(['1']);
  expect(sought(entries, 'ben').map(({ id }) => id)).toEqual(['2']);
  expect(sought(entries, '').length).toBe(2);
});

test('of a long cell the lines around the first hit are shown, hits marked, signs taken as they are', () => {
  const text = Array.from({ length: 20 }, (_, index) => `line ${index} (a+b)`).join('\n');
  const first = excerptAround(text, '');
  expect([first.stretches.length, first.more, first.stretches[0]!.text.split('\n').length]).toEqual([1, 14, 6]);
  const hit = excerptAround(text, 'LINE 12');
  expect(hit.stretches.filter((stretch) => stretch.hit).map((stretch) => stretch.text)).toEqual(['line 12']);
  expect(hit.stretches.map((stretch) => stretch.text).join('')).toContain('…\nline 11 (a+b)\nline 12');
  expect(excerptAround('f(a+b)', '(a+').stretches).toEqual([{ text: 'f', hit: false }, { text: '(a+', hit: true }, { text: 'b)', hit: false }]);
  expect(excerptAround('one\n\n', '').more).toBe(0);
  expect(excerptAround('x'.repeat(5000), '').stretches[0]!.text.length).toBe(601);
});

test('the first line that says anything names a cell', () => {
  expect([firstLine('\n\n  hello \nx'), firstLine(' \n'), firstLine('y'.repeat(99)).length]).toEqual(['hello', '', 60]);
});
