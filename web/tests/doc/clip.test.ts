import { expect, test } from 'vitest';

import { clip, copies, MOST_CELLS, MOST_CHARACTERS, plainText, read } from '../../src/doc/clip';
import { addCells } from '../../src/doc/edit';
import { notebook } from './replicas';

const STREAM = { output_type: 'stream', name: 'stdout', text: 'out\n' };
const PICTURE = { 'a.png': { 'image/png': 'AAAA' } };

function written() {
  const book = notebook();
  addCells(book, null, [
    { id: 'c', kind: 'code', source: 'print(1)', outputs: [STREAM], executionCount: 7, metadata: { tags: ['x'], jupyter: { source_hidden: true } } },
    { id: 'n', kind: 'note', source: '# Title\n![](attachment:a.png)', attachments: PICTURE },
    { id: 'p', kind: 'prompt', source: 'Why?' },
    { id: 'r', kind: 'raw', source: 'raw' },
  ]);
  return book;
}

const ORIGIN = { notebook: 'book', cells: ['c', 'n', 'p', 'r'], cut: false };

function problem(value: unknown): unknown {
  const result = read(JSON.stringify(value));
  return result.kind === 'problem' ? result.problem : result.kind;
}

test('what is copied is pasted the same, in every notebook, with its outputs and pictures, under new ids', () => {
  const book = written();
  const result = read(clip(book, ORIGIN));
  expect(result).toMatchObject({ kind: 'cells', origin: ORIGIN });
  if (result.kind !== 'cells') return;
  const other = notebook();
  const made = addCells(other, null, result.cells);
  const plain = (of: typeof book) => of.roots.cells.toJSON().map(({ id: _, ...cell }) => cell as unknown);
  expect(plain(other)).toEqual(plain(book));
  expect(made.some((id) => ORIGIN.cells.includes(id))).toBe(false);
  expect(plain(other)).toEqual(copies(book, ORIGIN.cells).map((cell) => { const alone = notebook(); addCells(alone, null, [cell]); return plain(alone)[0]; }));
});

test('what is copied is a notebook that Jupyter opens, and a text for everything else', () => {
  const book = written();
  expect(JSON.parse(clip(book, ORIGIN))).toMatchObject({
    nbformat: 4,
    nbformat_minor: 5,
    cells: [{ id: 'c', cell_type: 'code', outputs: [STREAM], execution_count: 7 }, { cell_type: 'markdown', attachments: PICTURE }, { cell_type: 'code' }, { cell_type: 'raw' }],
  });
  expect(JSON.parse(clip(book, ORIGIN, false))).toMatchObject({ cells: [{ outputs: [], execution_count: null }, {}, {}, {}] });
  expect(plainText(book, ['c', 'p'])).toBe('print(1)\n\nWhy?');
});

test('notebooks, lists of cells and single cells of other programs are read', () => {
  const cell = { cell_type: 'code', source: ['a\r\n', 'b'], metadata: {}, outputs: [], execution_count: null };
  for (const value of [{ nbformat: 4, nbformat_minor: 2, metadata: {}, cells: [cell] }, [cell], cell]) {
    expect(read(JSON.stringify(value, null, 1))).toMatchObject({ kind: 'cells', cells: [{ kind: 'code', source: 'a\nb' }] });
  }
  const prompt = { cell_type: 'code', source: '%%prompt\nWhy?', metadata: { coscribe: { kind: 'prompt' } } };
  expect(read(JSON.stringify(prompt))).toMatchObject({ cells: [{ kind: 'prompt', source: 'Why?' }] });
});

test('what is no notebook is a text, JSON or not', () => {
  for (const text of ['print(1)', '', '{"a": 1}', '[1, 2]', '[]', '{"cells": 3}', '{broken', '  [x for x in y]', '{"cells": [1]}']) {
    expect(read(text), text).toEqual({ kind: 'text' });
  }
});

test('a notebook that is broken is refused with the place where it is', () => {
  const good = { cell_type: 'raw', source: '' };
  expect(problem({ nbformat: 3, worksheets: [] })).toEqual({ kind: 'version', version: 3 });
  expect(problem({ nbformat: 4 })).toEqual({ kind: 'cells' });
  expect(problem({ nbformat: 4, cells: [good, 5] })).toEqual({ kind: 'cell', number: 2, field: 'cell' });
  expect(problem([{ cell_type: 'video', source: '' }])).toEqual({ kind: 'cell', number: 1, field: 'cell_type' });
  expect(problem([good, { cell_type: 'code' }])).toEqual({ kind: 'cell', number: 2, field: 'source' });
  expect(problem([{ ...good, source: ['a', 1] }])).toEqual({ kind: 'cell', number: 1, field: 'source' });
  expect(problem([{ ...good, metadata: [] }])).toEqual({ kind: 'cell', number: 1, field: 'metadata' });
  expect(problem([{ ...good, attachments: 'x' }])).toEqual({ kind: 'cell', number: 1, field: 'attachments' });
  for (const output of [1, {}, { output_type: 'stream' }, { output_type: 'error' }, { output_type: 'display_data' }]) {
    expect(problem([{ cell_type: 'code', source: '', outputs: [output] }])).toEqual({ kind: 'cell', number: 1, field: 'outputs' });
  }
});

test('what the server would refuse for its size is refused before, with the limit', () => {
  const large = { cell_type: 'code', source: 'x'.repeat(MOST_CHARACTERS) };
  expect(problem(large)).toMatchObject({ kind: 'size' });
  expect(problem(Array.from({ length: MOST_CELLS + 1 }, () => ({ cell_type: 'raw', source: '' })))).toEqual({ kind: 'count', count: MOST_CELLS + 1 });
  let deep: unknown = 1;
  for (let level = 0; level < 80; level += 1) deep = [deep];
  expect(problem([{ cell_type: 'raw', source: '', metadata: { deep } }])).toEqual({ kind: 'depth', number: 1 });
});

test('a text of any length that is no notebook stays a text', () => {
  expect(read('x'.repeat(MOST_CHARACTERS + 1)).kind).toBe('text');
});

test('an origin that somebody made up is left out', () => {
  const cells = [{ cell_type: 'raw', source: '' }];
  for (const copied of [5, {}, { notebook: 'x', cells: ['a', 'b'] }, { notebook: 1, cells: ['a'] }, { notebook: 'x', cells: [1] }]) {
    expect(read(JSON.stringify({ nbformat: 4, cells, metadata: { coscribe: { copied } } }))).toEqual({ kind: 'cells', cells: [expect.anything()] });
  }
});
