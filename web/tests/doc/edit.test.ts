import { expect, test } from 'vitest';
import * as Y from 'yjs';

import { foldingOf, kindOf, metadataOf } from '../../src/doc/cell';
import { addCell, changeKind, deleteCells, fold, moveCells, restoreCells, setTitle } from '../../src/doc/edit';
import { cuts, mergeCells, splitCell } from '../../src/doc/parts';
import type { Notebook } from '../../src/doc/notebook';
import { exchange, notebook, replicas, text } from './replicas';

test('ln_10_a_cell_is_added_at_any_position', () => {
  const [ana, ben] = replicas(2, ['a', 'b']);
  addCell(ana!, null, { kind: 'note', id: 'top' });
  addCell(ana!, 'a', { kind: 'prompt', id: 'middle' });
  addCell(ana!, 'b', { kind: 'raw', id: 'end' });
  exchange([ana!, ben!]);
  expect(ben!.ids()).toEqual(['top', 'a', 'middle', 'b', 'end']);
  expect(ben!.ids().map((id) => kindOf(ben!.cell(id)!))).toEqual(['note', 'code', 'prompt', 'code', 'raw']);
});

test('ln_54_two_moves_give_one_copy', () => {
  const [ana, ben] = replicas(2, ['a', 'b', 'c']);
  moveCells(ana!, [{ ids: ['a'], after: 'b' }]);
  moveCells(ben!, [{ ids: ['a'], after: 'c' }]);
  exchange([ana!, ben!]);
  expect(ana!.ids()).toEqual(ben!.ids());
  expect([...ana!.ids()].sort()).toEqual(['a', 'b', 'c']);
});

test('ln_54_typing_into_a_cell_that_is_moved_is_kept', () => {
  const [ana, ben] = replicas(2, ['a', 'b']);
  const typed = text(ben!, 'a');
  moveCells(ana!, [{ ids: ['a'], after: 'b' }]);
  typed.insert(3, '!');
  exchange([ana!, ben!]);
  expect(text(ana!, 'a').toString()).toBe('# a!');
  expect(text(ben!, 'a')).toBe(typed);
});

test('ln_53_typing_into_a_cell_that_is_deleted_is_there_when_it_is_restored', () => {
  const [ana, ben] = replicas(2, ['a', 'b']);
  deleteCells(ana!, ['a'], { by: 'Ana', at: 1000 });
  text(ben!, 'a').insert(3, ' typed meanwhile');
  exchange([ana!, ben!]);
  expect(ben!.ids()).toEqual(['b']);
  expect(ben!.deleted().map(({ id, tombstone }) => [id, tombstone.by])).toEqual([['a', 'Ana']]);
  restoreCells(ben!, ['a']);
  exchange([ana!, ben!]);
  expect(ana!.ids()).toEqual(['a', 'b']);
  expect(text(ana!, 'a').toString()).toBe('# a typed meanwhile');
});

test('two people who add at one place at the same time see the same order, and a third fits between', () => {
  const [ana, ben] = replicas(2, ['a', 'b']);
  addCell(ana!, 'a', { kind: 'code', id: 'y' });
  addCell(ben!, 'a', { kind: 'code', id: 'x' });
  exchange([ana!, ben!]);
  expect(ana!.ids()).toEqual(['a', 'x', 'y', 'b']);
  expect(ben!.ids()).toEqual(ana!.ids());
  addCell(ben!, 'x', { kind: 'code', id: 'between' });
  exchange([ana!, ben!]);
  expect(ana!.ids()).toEqual(['a', 'x', 'between', 'y', 'b']);
});

test('ln_15_a_change_of_kind_keeps_the_text_object_and_what_is_typed_meanwhile', () => {
  const [ana, ben] = replicas(2, ['a']);
  const before = text(ben!, 'a');
  changeKind(ana!, ['a'], 'prompt');
  before.insert(0, 'Why ');
  exchange([ana!, ben!]);
  expect(kindOf(ben!.cell('a')!)).toBe('prompt');
  expect(text(ben!, 'a')).toBe(before);
  expect(text(ana!, 'a').toString()).toBe('Why # a');
  changeKind(ben!, ['a'], 'note');
  expect(kindOf(ben!.cell('a')!)).toBe('note');
  expect(metadataOf(ben!.cell('a')!)!.toJSON()).toEqual({});
});

test('ln_14_folding_is_shared_under_jupyters_keys', () => {
  const [ana, ben] = replicas(2, ['a']);
  fold(ana!, ['a'], { source: true, outputs: true });
  exchange([ana!, ben!]);
  expect(foldingOf(ben!.cell('a')!)).toEqual({ source: true, outputs: true });
  expect(metadataOf(ben!.cell('a')!)!.toJSON()).toEqual({ jupyter: { source_hidden: true, outputs_hidden: true }, collapsed: true });
  fold(ben!, ['a'], { source: false, outputs: false });
  expect(metadataOf(ben!.cell('a')!)!.toJSON()).toEqual({});
});

test('a new cell has the keys that Jupyter expects, and a prompt is marked as one', () => {
  const book = notebook();
  addCell(book, null, { kind: 'prompt', id: 'p', source: 'Why?' });
  expect(book.roots.cells.toJSON()).toEqual([
    {
      id: 'p',
      cell_type: 'code',
      source: 'Why?',
      metadata: { coscribe: { kind: 'prompt' }, solveit_ai: true },
      outputs: [],
      execution_count: null,
      execution_state: 'idle',
    },
  ]);
  expect(book.roots.meta.toJSON()).toEqual({ nbformat: 4, nbformat_minor: 5, metadata: {} });
});

const texts = (book: Notebook) => book.ids().map((id) => text(book, id).toString());
const ANA = { by: 'Ana', at: 5 };

test('splitting and merging move text between cells and lose none of it', () => {
  const book = notebook();
  addCell(book, null, { kind: 'code', id: 'a', source: 'one\ntwo' });
  const [made] = splitCell(book, 'a', [3]);
  expect(texts(book)).toEqual(['one', 'two']);
  mergeCells(book, ['a', made!.id], ANA);
  expect(texts(book)).toEqual(['one\ntwo']);
  expect(book.deleted().map(({ id, tombstone }) => [id, tombstone.into])).toEqual([[made!.id, 'a']]);
});

test('a split at several carets makes a cell of each part, line ends at the cuts in none', () => {
  const book = notebook();
  addCell(book, null, { kind: 'prompt', id: 'a', source: 'one\n\ntwo\nthree' });
  splitCell(book, 'a', [4, 8]);
  expect(texts(book)).toEqual(['one', 'two', 'three']);
  expect(book.ids().map((id) => kindOf(book.cell(id)!))).toEqual(['prompt', 'prompt', 'prompt']);
});

test('a text is cut at carets and at both ends of selections, never at its own ends by a selection', () => {
  expect(cuts([{ from: 5, to: 5 }, { from: 2, to: 2 }, { from: 5, to: 5 }], 9)).toEqual([2, 5]);
  expect(cuts([{ from: 2, to: 6 }], 9)).toEqual([2, 6]);
  expect(cuts([{ from: 0, to: 9 }], 9)).toEqual([]);
  expect(cuts([{ from: 0, to: 4 }], 9)).toEqual([4]);
  expect(cuts([{ from: 0, to: 0 }], 9)).toEqual([0]);
});

test('what another types into the text that is split away stays', () => {
  const [ana, ben] = replicas(2, ['a']);
  splitCell(ana!, 'a', [1]);
  text(ben!, 'a').insert(2, 'typed');
  exchange([ana!, ben!]);
  expect(texts(ana!)).toEqual(texts(ben!));
  expect(texts(ana!).join('')).toContain('typed');
});

test('ln_53_what_another_types_into_a_cell_that_is_merged_away_is_in_the_bin', () => {
  const [ana, ben] = replicas(2, ['a', 'b', 'c']);
  mergeCells(ana!, ['a', 'b', 'c'], ANA);
  text(ben!, 'b').insert(3, ' typed meanwhile');
  exchange([ana!, ben!]);
  expect(texts(ben!)).toEqual(['# a\n# b\n# c']);
  expect(ben!.tombstone('b')).toEqual({ by: 'Ana', at: 5, into: 'a', after: 'a' });
  expect(text(ben!, 'b').toString()).toBe('# b typed meanwhile');
});

test('merged notes have an empty line between them and all their pictures under names of their own', () => {
  const book = notebook();
  const picture = (data: string) => ({ 'image/png': data });
  addCell(book, null, { kind: 'note', id: 'a', source: '![](attachment:plot.png)', attachments: { 'plot.png': picture('A') } });
  addCell(book, 'a', { kind: 'note', id: 'b', source: '![](attachment:plot.png) ![x](attachment:other%20one.png "t")', attachments: { 'plot.png': picture('B'), 'other one.png': picture('C') } });
  addCell(book, 'b', { kind: 'note', id: 'c', source: '![](attachment:plot.png)', attachments: { 'plot.png': picture('A') } });
  mergeCells(book, ['a', 'b', 'c'], ANA);
  expect(texts(book)).toEqual(['![](attachment:plot.png)\n\n![](attachment:plot-2.png) ![x](attachment:other%20one.png "t")\n\n![](attachment:plot.png)']);
  expect(book.cell('a')!.get('attachments')).toEqual({ 'plot.png': picture('A'), 'plot-2.png': picture('B'), 'other one.png': picture('C') });
});

test('the parts of a note have the pictures they call', () => {
  const book = notebook();
  addCell(book, null, { kind: 'note', id: 'a', source: 'x\n![](attachment:p.png)', attachments: { 'p.png': { 'image/png': 'A' }, 'q.png': {} } });
  const [made] = splitCell(book, 'a', [1]);
  expect(book.cell(made!.id)!.get('attachments')).toEqual({ 'p.png': { 'image/png': 'A' } });
});

test('a merge into code drops its outputs, for they are not those of the whole', () => {
  const book = notebook();
  addCell(book, null, { kind: 'code', id: 'a', source: '1', outputs: [{ output_type: 'stream', name: 'stdout', text: ['a\n', 'b'] }], executionCount: 4 });
  addCell(book, 'a', { kind: 'code', id: 'b', source: '' });
  expect(book.cell('a')!.toJSON()).toMatchObject({ outputs: [{ output_type: 'stream', name: 'stdout', text: 'a\nb' }], execution_count: 4 });
  mergeCells(book, ['a', 'b'], ANA);
  expect(book.cell('a')!.toJSON()).toMatchObject({ source: '1', outputs: [], execution_count: null });
});

test('the pictures of a note outlive its time as code', () => {
  const book = notebook();
  addCell(book, null, { kind: 'note', id: 'a', attachments: { 'p.png': { 'image/png': 'A' } }, metadata: { tags: ['x'] } });
  changeKind(book, ['a'], 'prompt');
  expect(book.cell('a')!.has('attachments')).toBe(false);
  changeKind(book, ['a'], 'note');
  expect(book.cell('a')!.toJSON()).toMatchObject({ metadata: { tags: ['x'] }, attachments: { 'p.png': { 'image/png': 'A' } } });
  expect(metadataOf(book.cell('a')!)!.toJSON()).toEqual({ tags: ['x'] });
});

test('ln_54_a_block_that_is_moved_stands_together_and_what_is_typed_into_it_is_kept', () => {
  const [ana, ben] = replicas(2, ['a', 'b', 'c', 'd', 'e']);
  moveCells(ana!, [{ ids: ['a', 'b', 'c'], after: 'd' }]);
  text(ben!, 'b').insert(3, '!');
  moveCells(ben!, [{ ids: ['b'], after: 'e' }]);
  exchange([ana!, ben!]);
  expect(ana!.ids()).toEqual(ben!.ids());
  expect([...ana!.ids()].sort()).toEqual(['a', 'b', 'c', 'd', 'e']);
  expect(text(ana!, 'b').toString()).toBe('# b!');
});

test('the title is where nbformat has it', () => {
  const book = notebook();
  setTitle(book, 'Tides');
  expect(book.title()).toBe('Tides');
  expect((book.roots.meta.get('metadata') as Y.Map<unknown>).get('title')).toBe('Tides');
});

test('ln_18_a_listener_of_one_cell_hears_nothing_of_another', () => {
  const [book] = replicas(1, ['a', 'b']);
  const heard: string[] = [];
  book!.onCell('a', (part) => heard.push(`a ${part}`));
  book!.onCell('b', (part) => heard.push(`b ${part}`));
  text(book!, 'b').insert(0, 'x');
  fold(book!, ['a'], { source: true });
  expect(heard).toEqual(['b source', 'a rest']);
});

test('what foreign clients wrote wrongly is read as something harmless', () => {
  const book = notebook();
  book.doc.transact(() => {
    book.roots.cells.push(['no map' as never, new Y.Map(), new Y.Map<unknown>([['id', 'odd'], ['cell_type', 7], ['metadata', 'text'], ['outputs', null]])]);
    book.roots.order.set('odd', 5 as never);
    book.roots.order.set('gone', 'a0');
  });
  expect(book.ids()).toEqual(['odd']);
  expect(kindOf(book.cell('odd')!)).toBe('code');
  expect(foldingOf(book.cell('odd')!)).toEqual({ source: false, outputs: false });
});
