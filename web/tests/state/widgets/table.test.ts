// Tables and trees as rows.

import { expect, test } from 'vitest';

import { cellText, cellValue, columnsOf, openness, pathsOf, sortingOf, tableRows, treeRows, type Row } from '../../../src/state/widgets/table';

const columns = columnsOf(['Name', { label: 'Size', key: 'size', type: 'integer', editable: true, colwidth: 80 }]);
const paths = (rows: readonly Row[]): string[] => rows.map(({ path }) => path.join('/'));

test('columns are words or descriptions, and what makes no sense has a default', () => {
  expect(columns).toEqual([
    { key: '_col0', label: 'Name', type: 'string', editable: false, align: 'left', width: 'minmax(90px, 1fr)' },
    { key: 'size', label: 'Size', type: 'integer', editable: true, align: 'right', width: '80px' },
  ]);
  expect(columnsOf('nonsense')).toEqual([]);
  expect(columnsOf([{ label: 'A', type: 'who knows', colwidth: '1px; color: red' }])[0]).toMatchObject({ type: 'string', width: 'minmax(90px, 1fr)' });
});

test('rows are lists or objects and keep their paths when they are sorted', () => {
  const told = [['b', 2], { _col0: 'a', size: 10 }, { Name: 'c' }];
  expect(paths(tableRows(told, columns, undefined))).toEqual(['row0', 'row1', 'row2']);
  const sorted = tableRows(told, columns, { column: 'size', ascending: false });
  expect(paths(sorted)).toEqual(['row2', 'row1', 'row0']);
  expect(paths(tableRows(told, columns, { column: 'size', ascending: true }))).toEqual(['row0', 'row1', 'row2']);
  expect(sorted[1]?.values).toEqual({ _col0: 'a', size: 10 });
  expect(tableRows(7, columns, undefined)).toEqual([]);
});

const tree = [
  { key: 'src', values: {}, children: [{ key: 'b.rs', values: { size: 2 }, children: [] }, { key: 'a.rs', values: { size: 1 } }] },
  { key: 'README', values: { _col0: 'Read me', size: 3 } },
  'nonsense',
];

test('a tree is open unless it was closed, and what stands under a closed node is not seen', () => {
  expect(paths(treeRows(tree, columns, openness(undefined, undefined), undefined))).toEqual(['src', 'src/b.rs', 'src/a.rs', 'README']);
  expect(paths(treeRows(tree, columns, openness([['src']], undefined), undefined))).toEqual(['src', 'README']);
  expect(paths(treeRows(tree, columns, openness('all', []), undefined))).toEqual(['src', 'README']);
  expect(paths(treeRows(tree, columns, openness('all', [['src']]), undefined))).toHaveLength(4);
});

test('a node shows its key where it says nothing else, and knows its place among its brothers', () => {
  const rows = treeRows(tree, columns, openness(undefined, undefined), { column: '_col0', ascending: true });
  expect(rows.map(({ values, depth, place, brothers }) => [values['_col0'], depth, place, brothers])).toEqual([
    ['Read me', 0, 1, 2],
    ['src', 0, 2, 2],
    ['a.rs', 1, 1, 2],
    ['b.rs', 1, 2, 2],
  ]);
});

test('selections are paths, or rows with paths', () => {
  expect(pathsOf([['a', 'b'], { path: ['c'], values: {} }, 'd', 7])).toEqual([['a', 'b'], ['c'], ['d']]);
  expect(pathsOf('all')).toEqual([]);
});

test('a column to sort by may be told alone, or with its direction', () => {
  expect(sortingOf(['size', false])).toEqual({ column: 'size', ascending: false });
  expect(sortingOf([1])).toEqual({ column: '1', ascending: true });
  expect(sortingOf(undefined)).toBeUndefined();
});

test('a cell takes what its column is made for', () => {
  const [name, size] = columns;
  expect([cellValue('7', size!), cellValue('7.5', size!), cellValue('', size!), cellValue('x', name!)]).toEqual([7, undefined, undefined, 'x']);
  expect([cellText(null, name!), cellText(0.1 + 0.2, { ...size!, type: 'float' }), cellText({ a: 1 }, name!)]).toEqual(['', '0.3', '{"a":1}']);
});
