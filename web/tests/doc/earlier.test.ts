// Answers that others took the place of, and words that stood in them only here.

import * as Y from 'yjs';
import { expect, test } from 'vitest';

import { addCell } from '../../src/doc/edit';
import { earlierAnswers, keepOwnWords, onEarlierAnswers } from '../../src/doc/earlier';
import { GuardedDoc } from '../../src/doc/guard';
import { Notebook } from '../../src/doc/notebook';
import type { CellMap } from '../../src/doc/schema';
import { exchange, notebook } from './replicas';

const outputsOf = (book: Notebook) => (book.cell('q') as CellMap).get('outputs') as Y.Array<Y.Map<unknown>>;
const textOf = (book: Notebook, at: number) => (outputsOf(book).get(at).get('data') as Y.Map<unknown>).get('text/markdown') as Y.Text;

function part(name: string, text: string): Y.Map<unknown> {
  const data = new Y.Map<unknown>([['text/markdown', new Y.Text(text)]]);
  return new Y.Map<unknown>([['output_type', 'display_data'], ['data', data], ['metadata', { coscribe: { part: name, run: 'r1' } }]]);
}

/** A server with an answer, and somebody who has it. */
function answered(reader = new Y.Doc()): { server: Notebook; bela: Notebook } {
  const server = notebook(1);
  addCell(server, null, { kind: 'prompt', source: 'Why?', id: 'q' });
  outputsOf(server).push([part('thinking', 'Hm.'), part('answer', 'Because.')]);
  server.roots.authors.set('1', { name: 'Coscribe', kind: 'server' });
  server.roots.authors.set('3', { name: 'Carl', kind: 'human' });
  reader.clientID = 2;
  const bela = new Notebook(reader);
  Y.applyUpdate(bela.doc, Y.encodeStateAsUpdate(server.doc));
  return { server, bela };
}

/** As the server does it: in one transaction the answer goes and is kept. */
function askAgain(server: Notebook, at = 5): void {
  server.doc.transact(() => {
    const [thinking, text] = [textOf(server, 0).toString(), textOf(server, 1).toString()];
    server.roots.earlier.set('q/r1', { cell: 'q', at, text, thinking, model: 'tiny', sourceHash: '4-0' });
    outputsOf(server).delete(0, 2);
  });
}

test('ln_42_words_that_were_typed_into_an_answer_while_somebody_asked_again_are_kept_beside_it', () => {
  const { server, bela } = answered();
  keepOwnWords(bela);
  let told = 0;
  onEarlierAnswers(bela.roots, 'q', () => (told += 1));
  textOf(bela, 1).insert(7, ' of 😀');
  askAgain(server);
  exchange([server, bela]);
  exchange([server, bela]);
  for (const one of [server, bela]) {
    expect(earlierAnswers(one.roots, 'q')).toEqual([
      { cell: 'q', at: 5, text: 'Because.', thinking: 'Hm.', model: 'tiny', sourceHash: '4-0' },
      { cell: 'q', at: 5, text: 'Because of 😀.', thinking: 'Hm.', model: 'tiny', sourceHash: '4-0' },
    ]);
  }
  expect(told).toBe(2);
  expect(earlierAnswers(bela.roots, 'other')).toEqual([]);
});

test('ln_42_two_tabs_of_one_person_and_an_update_that_comes_twice_keep_them_once', () => {
  const { server, bela } = answered();
  textOf(bela, 0).insert(2, '!');
  const tab = notebook(9);
  Y.applyUpdate(tab.doc, Y.encodeStateAsUpdate(bela.doc));
  for (const one of [bela, tab]) keepOwnWords(one);
  askAgain(server);
  exchange([server, bela, tab]);
  exchange([server, bela, tab]);
  expect(earlierAnswers(server.roots, 'q').map(({ thinking, text }) => [thinking, text])).toEqual([['Hm.', 'Because.'], ['Hm!.', 'Because.']]);
});

test('what_the_server_knew_or_others_wrote_or_deleted_is_kept_by_nobody_else', () => {
  const { server, bela } = answered();
  keepOwnWords(bela);
  const carl = notebook(3);
  Y.applyUpdate(carl.doc, Y.encodeStateAsUpdate(server.doc));
  textOf(carl, 1).insert(0, 'Only ');
  textOf(carl, 1).delete(8, 2);
  Y.applyUpdate(server.doc, Y.encodeStateAsUpdate(carl.doc));
  askAgain(server);
  Y.applyUpdate(bela.doc, Y.encodeStateAsUpdate(server.doc));
  expect([...bela.roots.earlier.keys()]).toEqual(['q/r1']);
  // Without a place where the server kept it nobody took its place: a client has emptied the cell.
  const alone = answered();
  keepOwnWords(alone.bela);
  textOf(alone.bela, 1).insert(0, 'X');
  outputsOf(alone.server).delete(0, 2);
  Y.applyUpdate(alone.bela.doc, Y.encodeStateAsUpdate(alone.server.doc));
  expect(alone.bela.roots.earlier.size).toBe(0);
});

test('p5_whoever_may_only_read_keeps_nothing_and_a_stopped_watch_neither', () => {
  const doc = new GuardedDoc();
  const { server, bela } = answered(doc);
  keepOwnWords(bela);
  textOf(bela, 1).insert(0, 'X');
  doc.readOnly = true;
  askAgain(server);
  Y.applyUpdate(bela.doc, Y.encodeStateAsUpdate(server.doc));
  expect([...bela.roots.earlier.keys()]).toEqual(['q/r1']);
  const other = answered();
  keepOwnWords(other.bela)();
  textOf(other.bela, 1).insert(0, 'X');
  askAgain(other.server);
  Y.applyUpdate(other.bela.doc, Y.encodeStateAsUpdate(other.server.doc));
  expect(other.bela.roots.earlier.size).toBe(1);
});

test('what_is_no_answer_is_passed_over_and_what_is_one_has_the_shape_of_the_wire', () => {
  const { bela: { roots } } = answered();
  roots.earlier.set('q/1', 7);
  roots.earlier.set('q/2', { cell: 'other', at: 1, text: 'x' });
  roots.earlier.set('q/3', { cell: 'q', at: 'then', text: 'x' });
  roots.earlier.set('q/4', { cell: 'q', at: 1, text: 'old', model: 7, thinking: null, sent: ['a', 7], usage: { inputTokens: 1, outputTokens: 2 }, extra: 1 });
  roots.earlier.set('q/5', { cell: 'q', at: 2, text: 'new' });
  expect(earlierAnswers(roots, 'q')).toEqual([
    { cell: 'q', at: 2, text: 'new' },
    { cell: 'q', at: 1, text: 'old', sent: ['a'], usage: { inputTokens: 1, outputTokens: 2, estimated: false } },
  ]);
});
