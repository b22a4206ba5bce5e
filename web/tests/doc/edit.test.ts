import { expect, test } from 'vitest';
import * as Y from 'yjs';

import { foldingOf, kindOf, metadataOf } from '../../src/doc/cell';
import { addCell, changeKind, deleteCells, fold, mergeBelow, moveCell, restoreCells, setTitle, splitCell } from '../../src/doc/edit';
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
  moveCell(ana!, 'a', 'b');
  moveCell(ben!, 'a', 'c');
  exchange([ana!, ben!]);
  expect(ana!.ids()).toEqual(ben!.ids());
  expect([...ana!.ids()].sort()).toEqual(['a', 'b', 'c']);
});

test('ln_54_typing_into_a_cell_that_is_moved_is_kept', () => {
  const [ana, ben] = replicas(2, ['a', 'b']);
  const typed = text(ben!, 'a');
  moveCell(ana!, 'a', 'b');
  typed.insert(3, '!');
  exchange([ana!, ben!]);
  expect(text(ana!, 'a').toString()).toBe('# a!');
  expect(text(ben!, 'a')).toBe(typed);
});

test('ln_53_typing_into_a_cell_that_is_deleted_is_there_when_it_is_restored', () => {
  const [ana, ben] = replicas(2, ['a', 'b']);
  deleteCells(ana!, ['a'], 'Ana', 1000);
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
  changeKind(ana!, 'a', 'prompt');
  before.insert(0, 'Why ');
  exchange([ana!, ben!]);
  expect(kindOf(ben!.cell('a')!)).toBe('prompt');
  expect(text(ben!, 'a')).toBe(before);
  expect(text(ana!, 'a').toString()).toBe('Why # a');
  changeKind(ben!, 'a', 'note');
  expect(kindOf(ben!.cell('a')!)).toBe('note');
  expect(metadataOf(ben!.cell('a')!)!.toJSON()).toEqual({});
});

test('ln_14_folding_is_shared_under_jupyters_keys', () => {
  const [ana, ben] = replicas(2, ['a']);
  fold(ana!, 'a', { source: true, outputs: true });
  exchange([ana!, ben!]);
  expect(foldingOf(ben!.cell('a')!)).toEqual({ source: true, outputs: true });
  expect(metadataOf(ben!.cell('a')!)!.toJSON()).toEqual({ jupyter: { source_hidden: true, outputs_hidden: true }, collapsed: true });
  fold(ben!, 'a', { source: false, outputs: false });
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

test('splitting and merging move text between cells and lose none of it', () => {
  const book = notebook();
  addCell(book, null, { kind: 'note', id: 'a', source: 'one\ntwo' });
  const made = splitCell(book, 'a', 3)!.id;
  expect(book.ids().map((id) => text(book, id).toString())).toEqual(['one', 'two']);
  expect(kindOf(book.cell(made)!)).toBe('note');
  mergeBelow(book, 'a', 'Ana', 5);
  expect(book.ids().map((id) => text(book, id).toString())).toEqual(['one\ntwo']);
  expect(book.deleted().map(({ id }) => id)).toEqual([made]);
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
  fold(book!, 'a', { source: true });
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
