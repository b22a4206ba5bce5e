import { expect, test } from 'vitest';

import { kindOf } from '../../src/doc/cell';
import { deleteCells } from '../../src/doc/edit';
import type { Notebook } from '../../src/doc/notebook';
import { History } from '../../src/doc/undo';
import { exchange, replicas, text } from './replicas';

const TYPING = Symbol('typing');

function history(book: Notebook): History {
  return new History(book, { name: () => 'Ana', now: () => 1 }, [TYPING]);
}

function type(book: Notebook, id: string, words: string): void {
  book.doc.transact(() => text(book, id).insert(text(book, id).length, words), TYPING);
}

test('ln_63_undo_takes_back_my_last_change_across_cells_and_never_anothers', () => {
  const [ana, ben] = replicas(2, ['a', 'b']);
  const mine = history(ana!);
  type(ana!, 'a', ' one');
  mine.stopCapturing();
  type(ana!, 'b', ' two');
  text(ben!, 'b').insert(0, 'Ben ');
  exchange([ana!, ben!]);
  expect(mine.undo()).toEqual({ deed: 'typing', cell: 'b' });
  expect(text(ana!, 'b').toString()).toBe('Ben # b');
  expect(mine.undo()).toEqual({ deed: 'typing', cell: 'a' });
  expect(text(ana!, 'a').toString()).toBe('# a');
  expect(mine.undo()).toBeUndefined();
  expect(mine.redo()).toEqual({ deed: 'typing', cell: 'a' });
  expect(mine.redo()).toEqual({ deed: 'typing', cell: 'b' });
  expect([text(ana!, 'a').toString(), text(ana!, 'b').toString()]).toEqual(['# a one', 'Ben # b two']);
});

test('typing and structure are taken back in the order they were done', () => {
  const [book] = replicas(1, ['a', 'b', 'c']);
  const mine = history(book!);
  type(book!, 'a', '1');
  mine.move('a', 'c');
  type(book!, 'a', '2');
  mine.changeKind('b', 'note');
  mine.remove(['c']);
  expect(book!.ids()).toEqual(['b', 'a']);
  expect([mine.undo(), mine.undo(), mine.undo(), mine.undo(), mine.undo()].map((undone) => undone?.deed)).toEqual(['delete', 'kind', 'typing', 'move', 'typing']);
  expect(book!.ids()).toEqual(['a', 'b', 'c']);
  expect(text(book!, 'a').toString()).toBe('# a');
  for (let step = 0; step < 5; step += 1) mine.redo();
  expect(book!.ids()).toEqual(['b', 'a']);
  expect(kindOf(book!.cell('b')!)).toBe('note');
  expect(text(book!, 'a').toString()).toBe('# a12');
});

test('undoing the adding of a cell in which another types hides it and keeps the text', () => {
  const [ana, ben] = replicas(2, ['a']);
  const mine = history(ana!);
  const id = mine.add('a', { kind: 'code' });
  exchange([ana!, ben!]);
  text(ben!, id).insert(0, 'from Ben');
  mine.undo();
  exchange([ana!, ben!]);
  expect(ben!.ids()).toEqual(['a']);
  mine.redo();
  expect(text(ana!, id).toString()).toBe('from Ben');
  expect(ana!.ids()).toEqual(['a', id]);
});

test('a step whose text others deleted meanwhile is passed over', () => {
  const [ana, ben] = replicas(2, ['a', 'b']);
  const mine = history(ana!);
  type(ana!, 'a', 'first');
  mine.stopCapturing();
  type(ana!, 'b', 'second');
  exchange([ana!, ben!]);
  text(ben!, 'b').delete(3, 'second'.length);
  exchange([ana!, ben!]);
  expect(mine.undo()).toEqual({ deed: 'typing', cell: 'a' });
  expect(mine.canUndo).toBe(false);
});

test('something new done after an undo makes redo forget', () => {
  const [book] = replicas(1, ['a', 'b']);
  const mine = history(book!);
  type(book!, 'a', '1');
  mine.undo();
  mine.move('a', 'b');
  expect(mine.redo()).toBeUndefined();
  expect(text(book!, 'a').toString()).toBe('# a');
});

test('what others delete is not mine to undo', () => {
  const [ana, ben] = replicas(2, ['a', 'b']);
  const mine = history(ana!);
  deleteCells(ben!, ['b'], 'Ben', 1);
  exchange([ana!, ben!]);
  expect(mine.undo()).toBeUndefined();
  expect(ana!.ids()).toEqual(['a']);
});

test('split and merge are taken back', () => {
  const [book] = replicas(1, ['a', 'b']);
  const mine = history(book!);
  const made = mine.split('a', 1)!;
  expect(book!.ids()).toEqual(['a', made, 'b']);
  mine.undo();
  expect(book!.ids()).toEqual(['a', 'b']);
  expect(text(book!, 'a').toString()).toBe('# a');
});
