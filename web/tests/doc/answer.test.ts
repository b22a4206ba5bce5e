// Outputs of a prompt as thinking, answers and the rest, whoever wrote them.

import * as Y from 'yjs';
import { expect, test } from 'vitest';

import { answerText, saidIn } from '../../src/doc/answer';
import { addCell } from '../../src/doc/edit';
import { outputMap } from '../../src/doc/make';
import type { CellMap, JsonObject } from '../../src/doc/schema';
import { notebook } from './replicas';

function prompt(): { cell: CellMap; outputs: Y.Array<Y.Map<unknown>> } {
  const book = notebook();
  const id = addCell(book, null, { kind: 'prompt', source: 'Why?' });
  const cell = book.cell(id) as CellMap;
  return { cell, outputs: cell.get('outputs') as Y.Array<Y.Map<unknown>> };
}

/** As the server writes it. */
function part(text: string, metadata: JsonObject, more: JsonObject = {}): Y.Map<unknown> {
  const data = new Y.Map<unknown>([['text/markdown', new Y.Text(text)], ...Object.entries(more)]);
  return new Y.Map<unknown>([['output_type', 'display_data'], ['data', data], ['metadata', metadata]]);
}

const THINKING = 'application/vnd.coscribe.thinking+json';

test('ln_32_thinking_and_answer_are_told_apart_with_what_is_known_of_them', () => {
  const { cell, outputs } = prompt();
  const usage = { inputTokens: 3, outputTokens: 4, estimated: false };
  outputs.push([
    part('Hm.', { coscribe: { part: 'thinking' } }, { [THINKING]: { ms: 1200 } }),
    part('So.', { is_ai_res: true, coscribe: { part: 'answer', status: 'cancelled', model: 'large', usage, stoppedBy: 'Bela', sent: { cells: ['a', 'b'] } } }),
  ]);
  const said = saidIn(cell);
  expect(said.thinking.map(({ source, ms }) => [source, ms])).toEqual([['Hm.', 1200]]);
  expect(said.answers).toMatchObject([{ source: 'So.', status: 'cancelled', model: 'large', usage, stoppedBy: 'Bela', sent: ['a', 'b'] }]);
  expect(said.answers[0]?.text).toBeInstanceOf(Y.Text);
  expect(said.rest).toEqual([]);
});

test('ln_42_an_answer_that_begins_anew_goes_on_behind_what_people_left_of_the_first', () => {
  const { cell, outputs } = prompt();
  outputs.push([part('One', {}), part('Two', {})]);
  expect(answerText(saidIn(cell))).toBe('One\n\nTwo');
});

test('outputs_of_other_programs_are_read_too_and_nothing_is_lost', () => {
  const { cell, outputs } = prompt();
  const plain = outputMap({ output_type: 'display_data', metadata: { is_ai_res: true }, data: { 'text/markdown': ['**A**', ' b'] } });
  const stream = outputMap({ output_type: 'stream', name: 'stdout', text: 'printed' });
  const broken = new Y.Map<unknown>([['output_type', 'display_data'], ['data', 7]]);
  outputs.push([plain, stream, broken]);
  const said = saidIn(cell);
  expect(said.answers).toMatchObject([{ source: '**A** b', text: undefined, usage: undefined }]);
  expect(said.rest).toEqual([{ output_type: 'stream', name: 'stdout', text: 'printed' }, { output_type: 'display_data', data: 7 }]);
});
