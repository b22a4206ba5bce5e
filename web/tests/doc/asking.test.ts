// Which cells models are told and who answers, as the metadata say it.

import { expect, test } from 'vitest';

import { chooseFor, chooseForNotebook, chosenFor, chosenOf, modeOf, setMode, setTelling, setThinking, thinksFirst } from '../../src/doc/asking';
import { metadataOf, tellingOf } from '../../src/doc/cell';
import { addCell } from '../../src/doc/edit';
import type { CellMap } from '../../src/doc/schema';
import { exchange, notebook, replicas } from './replicas';

function withPrompt() {
  const book = notebook();
  const id = addCell(book, null, { kind: 'prompt', source: 'Why?', metadata: { tags: ['x'] } });
  return { book, id, cell: book.cell(id) as CellMap };
}

test('ln_87_a_cell_is_pinned_skipped_or_neither_by_the_keys_that_another_tool_knows', () => {
  const { book, id, cell } = withPrompt();
  const keys = () => Object.keys(metadataOf(cell)?.toJSON() ?? {}).sort();
  expect(tellingOf(cell)).toBe('above');
  setTelling(book, [id], 'always');
  expect([tellingOf(cell), metadataOf(cell)?.get('pinned')]).toEqual(['always', true]);
  setTelling(book, [id], 'never');
  expect(keys()).toEqual(['coscribe', 'skipped', 'solveit_ai', 'tags']);
  setTelling(book, [id], 'above');
  expect(keys()).toEqual(['coscribe', 'solveit_ai', 'tags']);
});

test('ln_87_a_cell_that_two_mark_differently_at_once_is_never_told', () => {
  const [anna, bela] = replicas(2, ['a']) as [ReturnType<typeof notebook>, ReturnType<typeof notebook>];
  setTelling(anna, ['a'], 'always');
  setTelling(bela, ['a'], 'never');
  exchange([anna, bela]);
  for (const book of [anna, bela]) expect(tellingOf(book.cell('a') as CellMap)).toBe('never');
});

test('ln_33_ln_88_choices_of_a_cell_go_before_those_of_the_notebook_and_leave_no_trace_when_taken_back', () => {
  const { book, id, cell } = withPrompt();
  chooseForNotebook(book, { provider: 'ours', model: 'small' });
  expect(chosenFor(book, cell)).toEqual({ provider: 'ours', model: 'small' });
  chooseFor(book, id, { provider: 'theirs', model: undefined });
  expect(chosenFor(book, cell)).toEqual({ provider: 'theirs', model: undefined });
  setThinking(book, [id], true);
  expect(thinksFirst(cell)).toBe(true);
  setThinking(book, [id], false);
  chooseFor(book, id, undefined);
  expect(chosenOf(cell)).toEqual({ provider: undefined, model: undefined });
  expect(metadataOf(cell)?.get('coscribe')).toEqual({ kind: 'prompt' });
});

test('ln_88_the_mode_stands_in_the_notebook', () => {
  const { book } = withPrompt();
  expect(modeOf(book)).toBe('standard');
  setMode(book, 'learning');
  expect([modeOf(book), book.metadata()['coscribe']]).toEqual(['learning', { mode: 'learning' }]);
  setMode(book, 'standard');
  expect(book.metadata()['coscribe']).toEqual({});
});
