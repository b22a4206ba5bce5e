import { expect, test } from 'vitest';

import { addCell, changeKind, deleteCells, moveCells } from '../../src/doc/edit';
import { identifiers, WordIndex, type Idle } from '../../src/doc/words';
import { exchange, notebook, replicas, text } from './replicas';

/** Idle time that passes when the test says so. */
class Hands {
  #work: (() => void) | undefined;
  pieces = 0;

  readonly idle: Idle = (work) => {
    this.#work = work;
    return () => (this.#work = undefined);
  };

  /** Everything that waits, however many pieces it takes. */
  rest(): void {
    for (let work = this.#work; work !== undefined; work = this.#work) {
      this.#work = undefined;
      this.pieces += 1;
      work();
    }
  }
}

function begun(sources: readonly string[]) {
  const made = notebook();
  sources.reduce<string | null>((after, source, index) => addCell(made, after, { kind: 'code', source, id: String(index) }), null);
  const hands = new Hands();
  const index = new WordIndex(made, hands.idle);
  return { made, hands, index, words: (cell: string, initial: string) => index.near(cell, initial).map(({ word }) => word) };
}

test('words come from the other code cells, the nearest first', () => {
  const { hands, words, index } = begun(['data_far = 1', 'data_near = 2', 'data_own = 3', 'data_below = 4']);
  hands.rest();
  expect(words('2', 'd')).toEqual(['data_near', 'data_below', 'data_far']);
  expect(index.near('0', 'D').map(({ distance }) => distance)).toEqual([1, 2, 3]);
  expect(words('2', 'x')).toEqual([]);
});

test('nothing is read before there is time, and then a few cells at a time', () => {
  const { hands, words } = begun(Array.from({ length: 300 }, (_, index) => `value_${index} = ${index}`));
  expect(words('0', 'v')).toEqual([]);
  hands.rest();
  expect(words('0', 'v').length).toBe(299);
  expect(hands.pieces).toBe(30);
});

test('after a change only the cell that changed is read again', () => {
  const { made, hands, words } = begun(['alpha', 'beta', 'gamma']);
  hands.rest();
  const before = hands.pieces;
  text(made, '1').insert(0, 'another ');
  text(made, '1').insert(0, 'again ');
  hands.rest();
  expect(hands.pieces).toBe(before + 1);
  expect(words('0', 'a')).toEqual(['again', 'another']);
  text(made, '1').delete(0, text(made, '1').length);
  hands.rest();
  expect(words('0', 'a')).toEqual([]);
});

test('notes give no words, and a cell that becomes one takes its words away', () => {
  const { made, hands, words } = begun(['own', 'other_word']);
  addCell(made, '1', { kind: 'note', source: 'ordinary prose' });
  hands.rest();
  expect(words('0', 'o')).toEqual(['other_word']);
  changeKind(made, ['1'], 'note');
  hands.rest();
  expect(words('0', 'o')).toEqual([]);
});

test('cells that are deleted, added or moved are followed', () => {
  const { made, hands, words } = begun(['one_word', 'two_word', 'three_word']);
  hands.rest();
  deleteCells(made, ['1'], { by: 'Ana', at: 1 });
  addCell(made, '2', { kind: 'code', source: 'tea_word', id: 'tea' });
  hands.rest();
  expect(words('0', 't')).toEqual(['three_word', 'tea_word']);
  moveCells(made, [{ ids: ['tea'], after: '0' }]);
  expect(words('0', 't')).toEqual(['tea_word', 'three_word']);
});

test('what somebody else types is offered too', () => {
  const [mine, theirs] = replicas(2, ['a', 'b']);
  if (!mine || !theirs) throw new Error('two replicas');
  const hands = new Hands();
  const index = new WordIndex(mine, hands.idle);
  hands.rest();
  text(theirs, 'b').insert(0, 'their_name = 1\n');
  exchange([mine, theirs]);
  hands.rest();
  expect(index.near('a', 't').map(({ word }) => word)).toEqual(['their_name']);
});

test('after its end an index does no more work', () => {
  const { made, hands, index } = begun(['alpha']);
  index.destroy();
  text(made, '0').insert(0, 'beta ');
  hands.rest();
  expect(hands.pieces).toBe(0);
});

test('identifiers are those of the language: signs of any script, no comments, no short ones, no numbers', () => {
  expect([...identifiers('größe_2 = 名前の値 + x1 # remark\nab = 12345', 'python')]).toEqual(['größe_2', '名前の値']);
  expect([...identifiers('let $one = two // remark\n# three', 'javascript')]).toEqual(['let', '$one', 'two', 'three']);
  expect([...identifiers('url = "http://host"', 'python')]).toEqual(['url', 'http', 'host']);
  expect([...identifiers('select one -- remark', 'sql')]).toEqual(['select', 'one']);
});
