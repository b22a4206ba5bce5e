// How far a prompt is, from what the server says of its run and what stands in the cell.

import { expect, test } from 'vitest';

import { NOTHING_SAID, type Answer, type Said } from '../../src/doc/answer';
import { sourceHash } from '../../src/doc/runs';
import { goesOn, isOutdated, phaseOf, provenanceOf } from '../../src/state/asking';
import { cellOf, isRunnable, placeFor } from '../../src/state/codeBlocks';
import type { Run, RunState } from '../../src/wire/wire';

function run(state: RunState, more: Partial<Run> = {}): Run {
  return { runId: 'r', cell: 'c', kind: 'prompt', state, by: { kind: 'human', name: 'Anna' }, queuedAt: 1000, ...more } as Run;
}

function answer(source: string, more: Partial<Answer> = {}): Answer {
  return { text: undefined, source, status: undefined, model: undefined, usage: undefined, stoppedBy: undefined, sent: undefined, ...more };
}

const answered = (...answers: Answer[]): Said => ({ ...NOTHING_SAID, answers });
const thought: Said = { ...NOTHING_SAID, thinking: [{ text: undefined, source: 'Hm', ms: undefined }] };

test('ln_30_ln_35_a_run_goes_from_waiting_over_thinking_and_answering_to_its_end', () => {
  const kinds = [
    phaseOf(undefined, NOTHING_SAID),
    phaseOf(run('queued'), NOTHING_SAID),
    phaseOf(run('running'), NOTHING_SAID),
    phaseOf(run('running'), thought),
    phaseOf(run('running'), answered(answer('So'))),
    phaseOf(run('ok'), answered(answer('So'))),
  ].map(({ kind }) => kind);
  expect(kinds).toEqual(['empty', 'queued', 'waiting', 'thinking', 'answering', 'answered']);
});

test('ln_36_ln_40_every_end_is_told_and_none_looks_as_if_more_came', () => {
  const stopped = phaseOf(run('cancelled', { stoppedBy: { kind: 'human', name: 'Bela' } as Run['by'] }), NOTHING_SAID);
  expect(stopped).toEqual({ kind: 'stopped', by: 'Bela' });
  expect(phaseOf(run('cancelled', { error: 'There is no text.' }), NOTHING_SAID)).toEqual({ kind: 'failed', sentence: 'There is no text.' });
  expect(phaseOf(run('failed', { error: 'No key.' }), NOTHING_SAID)).toEqual({ kind: 'failed', sentence: 'No key.' });
  expect(phaseOf(run('interrupted'), NOTHING_SAID)).toEqual({ kind: 'interrupted' });
  // In a notebook from elsewhere no run is known.
  expect(phaseOf(undefined, answered(answer('x', { status: 'cancelled', stoppedBy: 'Bela' })))).toEqual({ kind: 'stopped', by: 'Bela' });
  expect(phaseOf(undefined, answered(answer('x', { status: 'running' })))).toEqual({ kind: 'interrupted' });
  expect(phaseOf(undefined, answered(answer('x')))).toEqual({ kind: 'answered' });
  expect(goesOn(stopped)).toBe(false);
});

test('ln_42_an_answer_is_outdated_when_the_question_is_another', () => {
  const asked = run('ok', { sourceHash: sourceHash('Who is John?') });
  const phase = phaseOf(asked, answered(answer('A friend.')));
  expect(isOutdated(asked, phase, 'Who is John?')).toBe(false);
  expect(isOutdated(asked, phase, 'Who is Mark?')).toBe(true);
  expect(isOutdated(undefined, phase, 'Who is Mark?')).toBe(false);
});

test('what_is_told_of_an_answer_comes_from_its_run_and_else_from_itself', () => {
  const usage = { inputTokens: 1, outputTokens: 2, estimated: false };
  expect(provenanceOf(run('ok', { startedAt: 2000, endedAt: 5000, model: 'large', usage }), answered(answer('x', { sent: ['a'] })))).toEqual({ model: 'large', usage, took: 3000, by: 'Anna', at: 1000, sent: ['a'] });
  expect(provenanceOf(undefined, answered(answer('x', { model: 'small' })))).toMatchObject({ model: 'small', took: undefined, by: undefined });
});

test('code_of_an_answer_becomes_a_cell_that_runs_and_what_is_no_code_does_not', () => {
  expect(cellOf({ language: 'python', text: 'x' }, 'python')).toEqual({ kind: 'code', source: 'x' });
  expect(cellOf({ language: 'bash', text: 'ls' }, 'python')).toEqual({ kind: 'code', source: '%%bash\nls' });
  expect(cellOf({ language: 'bash', text: 'ls' }, 'r')).toEqual({ kind: 'code', source: 'ls' });
  expect(cellOf({ language: 'md', text: '# x' }, 'python')).toEqual({ kind: 'note', source: '# x' });
  expect(['', 'python', 'text', 'console', 'md'].filter((language) => isRunnable({ language, text: '' }))).toEqual(['', 'python']);
});

test('cells_of_an_answer_stand_below_it_in_the_order_of_its_blocks', () => {
  expect(placeFor('q', ['q', 'z'], new Set())).toBe('q');
  expect(placeFor('q', ['q', 'a', 'b', 'z'], new Set(['a', 'b']))).toBe('b');
  expect(placeFor('q', ['q', 'x', 'a', 'z'], new Set(['a']))).toBe('q');
});
