import { expect, test } from 'vitest';

import { kindOf, outputsOf } from '../../src/doc/cell';
import { deleteCells } from '../../src/doc/edit';
import type { Notebook } from '../../src/doc/notebook';
import { History, type Undone } from '../../src/doc/undo';
import { exchange, replicas, text } from './replicas';

const TYPING = Symbol('typing');

function history(book: Notebook, name = 'Ana'): History {
  return new History(book, { name: () => name, now: () => 1 }, [TYPING]);
}

function type(book: Notebook, id: string, words: string): void {
  book.doc.transact(() => text(book, id).insert(text(book, id).length, words), TYPING);
}

/** What was undone, with the number of cells. */
function told(undone: Undone | undefined) {
  return undone && { deed: undone.deed, cell: undone.cell, count: Math.max(undone.cells.length, 1) };
}

function texts(book: Notebook): string[] {
  return book.ids().map((id) => text(book, id).toString());
}

test('ln_63_undo_takes_back_my_last_change_across_cells_and_never_anothers', () => {
  const [ana, ben] = replicas(2, ['a', 'b']);
  const mine = history(ana!);
  type(ana!, 'a', ' one');
  mine.stopCapturing();
  type(ana!, 'b', ' two');
  text(ben!, 'b').insert(0, 'Ben ');
  exchange([ana!, ben!]);
  expect(told(mine.undo())).toEqual({ deed: 'typing', cell: 'b', count: 1 });
  expect(text(ana!, 'b').toString()).toBe('Ben # b');
  expect(told(mine.undo())).toEqual({ deed: 'typing', cell: 'a', count: 1 });
  expect(text(ana!, 'a').toString()).toBe('# a');
  expect(mine.undo()).toBeUndefined();
  expect(told(mine.redo())).toEqual({ deed: 'typing', cell: 'a', count: 1 });
  expect(told(mine.redo())).toEqual({ deed: 'typing', cell: 'b', count: 1 });
  expect([text(ana!, 'a').toString(), text(ana!, 'b').toString()]).toEqual(['# a one', 'Ben # b two']);
});

test('typing and structure are taken back in the order they were done', () => {
  const [book] = replicas(1, ['a', 'b', 'c']);
  const mine = history(book!);
  type(book!, 'a', '1');
  mine.move(['a'], 'c');
  type(book!, 'a', '2');
  mine.changeKind(['b'], 'note');
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
  expect(told(mine.undo())).toEqual({ deed: 'typing', cell: 'a', count: 1 });
  expect(mine.canUndo).toBe(false);
});

test('something new done after an undo makes redo forget', () => {
  const [book] = replicas(1, ['a', 'b']);
  const mine = history(book!);
  type(book!, 'a', '1');
  mine.undo();
  mine.move(['a'], 'b');
  expect(mine.redo()).toBeUndefined();
  expect(text(book!, 'a').toString()).toBe('# a');
});

test('what others delete is not mine to undo', () => {
  const [ana, ben] = replicas(2, ['a', 'b']);
  const mine = history(ana!);
  deleteCells(ben!, ['b'], { by: 'Ben', at: 1 });
  exchange([ana!, ben!]);
  expect(mine.undo()).toBeUndefined();
  expect(ana!.ids()).toEqual(['a']);
});

test('split and merge are taken back, and after them the typing they moved', () => {
  const [book] = replicas(1, ['a', 'b']);
  const mine = history(book!);
  type(book!, 'a', ' typed');
  const [made] = mine.split('a', [5]);
  mine.merge(['a', made!, 'b']);
  expect(texts(book!)).toEqual(['# a t\nyped\n# b']);
  expect(told(mine.undo())).toEqual({ deed: 'merge', cell: 'a', count: 3 });
  expect(texts(book!)).toEqual(['# a t', 'yped', '# b']);
  expect(told(mine.undo())).toEqual({ deed: 'split', cell: 'a', count: 1 });
  expect(texts(book!)).toEqual(['# a typed', '# b']);
  expect(mine.undo()?.deed).toBe('typing');
  expect(texts(book!)).toEqual(['# a', '# b']);
  for (let step = 0; step < 3; step += 1) mine.redo();
  expect(texts(book!)).toEqual(['# a t\nyped\n# b']);
});

test('ln_63_undoing_a_deed_on_many_cells_leaves_what_another_did_to_them_since', () => {
  const [ana, ben] = replicas(2, ['a', 'b', 'c', 'd', 'e']);
  const mine = history(ana!);
  const theirs = history(ben!, 'Ben');
  const both = [ana!, ben!];
  const together = () => {
    exchange(both);
    expect(ben!.ids()).toEqual(ana!.ids());
  };

  // A move: of three cells Ben moved one on, and one he deleted.
  mine.move(['a', 'b', 'c'], 'e');
  together();
  theirs.move(['b'], null);
  theirs.remove(['c']);
  together();
  expect(ana!.ids()).toEqual(['b', 'd', 'e', 'a']);
  expect(told(mine.undo())).toEqual({ deed: 'move', cell: 'a', count: 1 });
  together();
  expect(ana!.ids()).toEqual(['a', 'b', 'd', 'e']);
  theirs.undo();
  together();
  expect(ana!.ids()).toEqual(['a', 'b', 'c', 'd', 'e']);

  // A change of kind: Ben made one of them something else.
  mine.changeKind(['a', 'b', 'c'], 'note');
  together();
  theirs.changeKind(['b'], 'raw');
  together();
  expect(told(mine.undo())).toEqual({ deed: 'kind', cell: 'a', count: 2 });
  together();
  expect(['a', 'b', 'c'].map((id) => kindOf(ben!.cell(id)!))).toEqual(['code', 'raw', 'code']);

  // A deletion: Ben brought one back and deleted it himself.
  mine.remove(['a', 'b', 'c'], 'cut');
  together();
  theirs.restore(['b']);
  theirs.remove(['b']);
  text(ben!, 'c').insert(0, 'Ben ');
  together();
  expect(told(mine.undo())).toEqual({ deed: 'cut', cell: 'a', count: 2 });
  together();
  expect(ana!.ids()).toEqual(['a', 'c', 'd', 'e']);
  expect(text(ana!, 'c').toString()).toBe('Ben # c');

  // A merge: what Ben wrote into the joined text stays in it.
  mine.merge(['a', 'c', 'd']);
  together();
  text(ben!, 'a').insert(text(ben!, 'a').length - 1, 'Ben too ');
  together();
  expect(told(mine.undo())).toEqual({ deed: 'merge', cell: 'a', count: 3 });
  together();
  expect(texts(ben!)).toEqual(['# aBen too ', 'Ben # c', '# d', '# e']);

  // Cells pasted: Ben writes into one, which is then in the bin with his words.
  const pasted = mine.addAll('paste', 'a', [{ kind: 'code', source: 'x' }, { kind: 'note', source: 'y' }]);
  together();
  text(ben!, pasted[1]!).insert(1, ' and Ben');
  together();
  expect(told(mine.undo())).toEqual({ deed: 'paste', cell: pasted[0], count: 2 });
  together();
  expect(ana!.ids()).toEqual(['a', 'c', 'd', 'e']);
  expect(text(ana!, pasted[1]!).toString()).toBe('y and Ben');
  // Nothing of Ben's was taken back by any of it, and nothing of Ana's is left to take back.
  expect(mine.undo()).toBeUndefined();
});

test('ln_63_a_split_cell_in_whose_parts_another_writes_is_joined_again_with_those_words', () => {
  const [ana, ben] = replicas(2, ['a']);
  const mine = history(ana!);
  type(ana!, 'a', '\ntwo\nthree');
  const made = mine.split('a', [4, 8]);
  exchange([ana!, ben!]);
  text(ben!, made[0]!).insert(3, ' Ben');
  text(ben!, 'a').insert(0, 'Ben ');
  exchange([ana!, ben!]);
  mine.undo();
  exchange([ana!, ben!]);
  expect(texts(ben!)).toEqual(['Ben # a\ntwo Ben\nthree']);
});

test('ln_63_a_joined_cell_whose_new_text_another_deleted_does_not_undo_older_typing_in_its_stead', () => {
  const [ana, ben] = replicas(2, ['a', 'b']);
  const mine = history(ana!);
  type(ana!, 'a', ' older');
  mine.merge(['a', 'b']);
  exchange([ana!, ben!]);
  text(ben!, 'a').delete('# a older'.length, '\n# b'.length);
  exchange([ana!, ben!]);
  expect(told(mine.undo())).toEqual({ deed: 'merge', cell: 'a', count: 2 });
  expect(texts(ana!)).toEqual(['# a older', '# b']);
  expect(told(mine.undo())).toEqual({ deed: 'typing', cell: 'a', count: 1 });
  expect(texts(ana!)).toEqual(['# a', '# b']);
});

test('outputs that a deed took away come back with its undoing, unless there are new ones', () => {
  const book = replicas(1, [])[0]!;
  const mine = history(book);
  const output = { output_type: 'stream', name: 'stdout', text: 'out' };
  const [a, b] = mine.addAll('paste', null, [{ kind: 'code', source: '1', outputs: [output], executionCount: 3 }, { kind: 'code', source: '2' }]) as [string, string];
  mine.merge([a, b]);
  expect(outputsOf(book.cell(a)!)).toEqual([]);
  mine.undo();
  expect(book.cell(a)!.toJSON()).toMatchObject({ outputs: [output], execution_count: 3 });
  mine.changeKind([a], 'note');
  // As the server does with a note.
  book.cell(a)!.delete('outputs');
  mine.undo();
  expect(outputsOf(book.cell(a)!)).toEqual([output]);
});

test('headings are made and taken back in one step, kind and text', () => {
  const [book] = replicas(1, ['a', 'b']);
  const mine = history(book!);
  mine.makeHeadings(['a', 'b'], 2);
  expect(texts(book!)).toEqual(['## a', '## b']);
  expect(kindOf(book!.cell('a')!)).toBe('note');
  mine.makeHeadings(['a'], 3);
  expect(texts(book!)).toEqual(['### a', '## b']);
  mine.undo();
  expect(told(mine.undo())).toMatchObject({ deed: 'heading', count: 2 });
  expect([texts(book!), kindOf(book!.cell('b')!)]).toEqual([['# a', '# b'], 'code']);
});

test('cells cut and pasted back are the same cells, and undo leads back step by step', () => {
  const [ana, ben] = replicas(2, ['a', 'b', 'c', 'd']);
  const mine = history(ana!);
  const before = text(ana!, 'b');
  mine.remove(['a', 'b'], 'cut');
  text(ben!, 'b').insert(3, ' typed meanwhile');
  exchange([ana!, ben!]);
  mine.pasteBack(['a', 'b'], 'c');
  expect(ana!.ids()).toEqual(['c', 'a', 'b', 'd']);
  expect(text(ana!, 'b')).toBe(before);
  expect(before.toString()).toBe('# b typed meanwhile');
  expect(told(mine.undo())).toEqual({ deed: 'paste', cell: 'a', count: 2 });
  expect(ana!.ids()).toEqual(['c', 'd']);
  expect(told(mine.undo())).toEqual({ deed: 'cut', cell: 'a', count: 2 });
  expect(ana!.ids()).toEqual(['a', 'b', 'c', 'd']);
  mine.redo();
  mine.redo();
  expect(ana!.ids()).toEqual(['c', 'a', 'b', 'd']);
});

test('what a command replaces in several cells is one step', () => {
  const [book] = replicas(1, ['a', 'b']);
  const mine = history(book!);
  mine.rewrite('replace', ['a', 'b'], () => ['a', 'b'].forEach((id) => text(book!, id).insert(0, 'x')));
  expect(texts(book!)).toEqual(['x# a', 'x# b']);
  expect(told(mine.undo())).toEqual({ deed: 'replace', cell: 'a', count: 2 });
  expect(texts(book!)).toEqual(['# a', '# b']);
});
