// What is said of runs: every state has its mark and its sentence, and names who and how long.

import { expect, test } from 'vitest';

import { announcement, fullLength, markOf, needsWords, offersRetry, sentenceOf, shortLength, type Standing } from '../../src/state/runs';
import type { Run } from '../../src/wire/wire';

const run = (more: Partial<Run> = {}): Run => ({ runId: 'r', cell: 'a', kind: 'code', state: 'ok', by: { name: 'Ana', kind: 'human' }, queuedAt: 0, startedAt: 1_000, endedAt: 13_400, ...more });
const standing: Standing = { now: 0, ahead: 0, stale: false, time: () => '12:04:31' };

test('a length of time is short in a narrow place and whole in a sentence', () => {
  expect([0, 449, 9_999, 12_345, 60_000, 65_999, 3_723_000, 36_000_000].map((ms) => shortLength(ms))).toEqual(['0.0 s', '0.4 s', '9.9 s', '12 s', '1:00', '1:05', '1:02:03', '10:00:00']);
  expect(shortLength(1_999, true)).toBe('1 s');
  expect([0, 61_999, 3_723_000, 360_000_000].map(fullLength)).toEqual(['00:00:00', '00:01:01', '01:02:03', '100:00:00']);
});

test('ln_13_a_run_tells_how_long_when_and_who', () => {
  expect(sentenceOf(run(), standing)).toBe('Ran 12 s, ended at 12:04:31, by Ana.');
  const { endedAt: _, ...going } = run({ state: 'running' });
  expect(sentenceOf(going, { ...standing, now: 66_000 })).toBe('Runs for 00:01:05, by Ana.');
  expect(sentenceOf(run(), { ...standing, stale: true })).toBe('Ran 12 s, ended at 12:04:31, by Ana. It was changed since.');
});

test('ln_81_every_end_that_is_not_well_says_why_or_by_whom', () => {
  const stopped = run({ state: 'cancelled', stoppedBy: { name: 'Bela', kind: 'human' } });
  expect(sentenceOf(stopped, standing)).toBe('Stopped by Bela after 12 s at 12:04:31.');
  expect(sentenceOf(run({ state: 'failed', error: 'ValueError: no.' }), standing)).toBe('Failed after 12 s at 12:04:31, run by Ana: ValueError: no.');
  const interrupted: Run = { runId: 'r', cell: 'a', kind: 'code', state: 'interrupted', by: { name: 'Ana', kind: 'human' }, queuedAt: 0, endedAt: 1, error: 'The server stopped before it began.' };
  expect(sentenceOf(interrupted, standing)).toBe('Interrupted at 12:04:31: The server stopped before it began.');
  expect(sentenceOf({ ...interrupted, state: 'cancelled', error: 'A cell before it failed.' }, standing)).toBe('A cell before it failed.');
});

test('ln_80_a_waiting_run_tells_its_place', () => {
  expect(sentenceOf(run({ state: 'queued' }), { ...standing, ahead: 2 })).toBe('Waits for 2 before it, by Ana.');
  expect(sentenceOf(run({ state: 'queued' }), standing)).toBe('Next in the queue, by Ana.');
});

test('a line of its own is for what the outputs do not tell, and offers another try', () => {
  expect(needsWords(run({ state: 'failed' }), true)).toBe(false);
  expect(needsWords(run({ state: 'failed' }), false)).toBe(true);
  expect(needsWords(run({ state: 'interrupted' }), true)).toBe(true);
  expect(needsWords(run(), false)).toBe(false);
  expect((['ok', 'running', 'queued', 'failed', 'cancelled', 'interrupted'] as const).map((state) => offersRetry(run({ state })))).toEqual([false, false, false, true, true, true]);
});

test('a program that waits for a line has a mark of its own', () => {
  expect(markOf(run({ state: 'running' }))).toBe('running');
  expect(markOf(run({ state: 'running', input: { prompt: 'Name? ', password: false } }))).toBe('input');
  expect(markOf(run({ state: 'cancelled' }))).toBe('stopped');
  expect(announcement(run({ state: 'running', input: { prompt: '', password: true } }), 3, 0)).toBe('Cell 3 waits for a line.');
});
