// Replacing in the texts of a notebook while others change them.

import { expect, test } from 'vitest';
import * as Y from 'yjs';

import { exchange, replicas, text } from '../doc/replicas';
import { Anchor } from '../../src/doc/anchor';
import type { Notebook } from '../../src/doc/notebook';
import { History } from '../../src/doc/undo';
import type { Query } from '../../src/state/find';
import { answered, type Job } from '../../src/state/patient';
import { mayChange, rewrite } from '../../src/state/rewriting';

function desk(notebook: Notebook) {
  return { notebook, history: new History(notebook, { name: () => 'Ana', now: () => 1 }, []) };
}

function query(pattern: string, regular = false): Query {
  return { pattern, caseSensitive: false, wholeWord: false, regular };
}

const at = (notebook: Notebook, id: string) => text(notebook, id).toString();
const never = (): Promise<never> => Promise.reject(new Error('nothing is asked'));
const asked = (job: Job) => Promise.resolve(answered(job));

function pair(sources: { [id: string]: string }): [Notebook, Notebook] {
  const [ana, ben] = replicas(2, Object.keys(sources)) as [Notebook, Notebook];
  for (const [id, source] of Object.entries(sources)) {
    text(ana, id).delete(0, text(ana, id).length);
    text(ana, id).insert(0, source);
  }
  exchange([ana, ben]);
  return [ana, ben];
}

test('p2_all_is_replaced_in_one_step_and_counted_and_one_undo_takes_it_back', async () => {
  const [ana] = pair({ a: 'color Color', b: 'none', c: 'a color' });
  const mine = desk(ana);
  const done = await rewrite(mine, { query: query('color'), replacing: { replacement: 'colour', preserveCase: true }, cells: ['a', 'b', 'c'] }, never);
  expect(done).toMatchObject({ count: 3, cells: 2 });
  expect([at(ana, 'a'), at(ana, 'b'), at(ana, 'c')]).toEqual(['colour Colour', 'none', 'a colour']);
  expect(mine.history.undo()).toMatchObject({ deed: 'replace' });
  expect([at(ana, 'a'), at(ana, 'c')]).toEqual(['color Color', 'a color']);
  mine.history.redo();
  expect(at(ana, 'c')).toBe('a colour');
});

test('p2_what_another_typed_at_the_same_time_stays_inside_a_replaced_word_too', async () => {
  const [ana, ben] = pair({ a: 'color = color' });
  text(ben, 'a').insert(3, 'XY');
  text(ben, 'a').insert(text(ben, 'a').length, '!');
  const mine = desk(ana);
  await rewrite(mine, { query: query('color'), replacing: { replacement: 'colour', preserveCase: false }, cells: ['a'] }, never);
  exchange([ana, ben]);
  expect(at(ana, 'a')).toBe('colXYour = colour!');
  expect(at(ben, 'a')).toBe('colXYour = colour!');
  mine.history.undo();
  exchange([ana, ben]);
  expect(at(ben, 'a')).toBe('colXYor = color!');
});

test('p2_a_caret_beside_what_is_replaced_stays_at_its_sign', async () => {
  const [ana] = pair({ a: 'one two three' });
  const caret = new Anchor(text(ana, 'a'), 8);
  await rewrite(desk(ana), { query: query('two'), replacing: { replacement: 'twenty-two', preserveCase: false }, cells: ['a'] }, never);
  expect(at(ana, 'a').slice(caret.offset)).toBe('three');
});

test('p2_where_somebody_typed_while_an_expression_was_worked_out_it_is_worked_out_anew', async () => {
  const [ana, ben] = pair({ a: 'f(1)', b: 'f(2)' });
  let answers = 0;
  const slow = (job: Job) => {
    answers += 1;
    if (answers === 1) {
      text(ben, 'b').insert(0, 'f(0) ');
      exchange([ana, ben]);
    }
    return asked(job);
  };
  const done = await rewrite(desk(ana), { query: query('f\\((\\d)\\)', true), replacing: { replacement: 'g[$1]', preserveCase: false }, cells: ['a', 'b'] }, async (job) => {
    const answer = await asked(job);
    await slow(job);
    return answer;
  });
  expect([at(ana, 'a'), at(ana, 'b')]).toEqual(['g[1]', 'g[0] g[2]']);
  expect(done).toMatchObject({ count: 3, cells: 2 });
  expect(answers).toBe(2);
});

test('p2_a_cell_in_which_somebody_never_stops_typing_is_left_as_it_is_the_others_are_not', async () => {
  const [ana, ben] = pair({ a: 'x', b: 'x' });
  const done = await rewrite(desk(ana), { query: query('x', true), replacing: { replacement: 'y', preserveCase: false }, cells: ['a', 'b'] }, async (job) => {
    const answer = answered(job);
    text(ben, 'b').insert(0, 'x');
    exchange([ana, ben]);
    return answer;
  });
  expect(at(ana, 'a')).toBe('y');
  expect(at(ana, 'b')).toMatch(/^x+$/);
  expect(done).toMatchObject({ count: 1, cells: 1 });
});

test('one match alone is replaced, and where it ends is told', async () => {
  const [ana] = pair({ a: 'x x x' });
  const done = await rewrite(desk(ana), { query: query('x'), replacing: { replacement: 'long', preserveCase: false }, cells: ['a'], only: 2 }, never);
  expect(at(ana, 'a')).toBe('x long x');
  expect(done).toEqual({ count: 1, cells: 1, end: 6 });
});

test('a part of a cell limits what is replaced', async () => {
  const [ana] = pair({ a: 'x x x', b: 'x' });
  await rewrite(desk(ana), { query: query('x'), replacing: { replacement: 'y', preserveCase: false }, cells: ['a', 'b'], within: (id) => (id === 'a' ? { from: 1, to: 3 } : 'none') }, never);
  expect([at(ana, 'a'), at(ana, 'b')]).toEqual(['x y x', 'x']);
});

test('replacing with the same changes nothing and is no step', async () => {
  const [ana] = pair({ a: 'x' });
  const mine = desk(ana);
  let updates = 0;
  ana.doc.on('update', () => (updates += 1));
  expect(await rewrite(mine, { query: query('x'), replacing: { replacement: 'x', preserveCase: false }, cells: ['a'] }, never)).toMatchObject({ count: 0, cells: 0 });
  expect([updates, mine.history.canUndo]).toEqual([0, false]);
});

test('a protected cell may not be changed', () => {
  const [ana] = pair({ a: 'x', b: 'x' });
  (ana.cell('a')?.get('metadata') as Y.Map<unknown>).set('editable', false);
  expect([mayChange(ana, 'a'), mayChange(ana, 'b'), mayChange(ana, 'gone')]).toEqual([false, true, false]);
});

test('an anchor stays at its sign and ends with its text', () => {
  const [ana, ben] = pair({ a: 'one two' });
  const before = new Anchor(text(ana, 'a'), 4);
  const behind = new Anchor(text(ana, 'a'), 3, 'behind');
  text(ben, 'a').insert(4, 'and ');
  text(ben, 'a').insert(0, '> ');
  exchange([ana, ben]);
  expect(at(ana, 'a')).toBe('> one and two');
  expect([before.offset, behind.offset]).toEqual([10, 5]);
  const doc = new Y.Doc();
  const loose = doc.getMap<Y.Text>('map').set('text', new Y.Text('gone'));
  const anchor = new Anchor(loose, 2);
  doc.getMap('map').delete('text');
  expect(anchor.offset).toBeUndefined();
});
