import * as Y from 'yjs';
import { expect, test } from 'vitest';

import { ahead, elapsed, isLive, isStale, Runs, sourceHash } from '../../src/doc/runs';
import { roots } from '../../src/doc/schema';
import type { Run } from '../../src/wire/wire';
import { notebook } from './replicas';

const run = (cell: string, more: Partial<Run> = {}): Run => ({
  runId: `run-${cell}`,
  cell,
  kind: 'code',
  state: 'running',
  by: { name: 'Ana', kind: 'human' },
  queuedAt: 1_000,
  ...more,
});

function fixture() {
  const all = roots(new Y.Doc());
  return { ...all, view: new Runs(all), write: (value: Run) => all.runs.set(value.cell, value) };
}

test('a source has the hash that the server gives it', () => {
  expect(sourceHash('')).toBe('0-811c9dc5');
  expect(sourceHash('a')).toBe('1-e40c292c');
  const step = (hash: number, unit: number) => Math.imul(hash ^ unit, 0x01000193) >>> 0;
  expect(sourceHash('😀')).toBe(`2-${step(step(0x811c9dc5, 0xd83d), 0xde00).toString(16).padStart(8, '0')}`);
  expect(sourceHash('ab')).not.toBe(sourceHash('ba'));
});

test('ln_42 a run is stale when the source is not the one that ran, and not before it began', () => {
  expect(isStale(run('a', { sourceHash: sourceHash('x = 1') }), 'x = 1')).toBe(false);
  expect(isStale(run('a', { sourceHash: sourceHash('x = 1') }), 'x = 2')).toBe(true);
  expect(isStale(run('a', { state: 'queued' }), 'x = 2')).toBe(false);
});

test('a listener of a cell hears of its run only, and reads what is new', () => {
  const { view, write } = fixture();
  const heard: string[] = [];
  view.onCell('a', () => heard.push(view.of('a')?.state ?? 'none'));
  view.onCell('b', () => heard.push('b'));
  expect(view.of('a')).toBeUndefined();
  write(run('a', { state: 'queued' }));
  write(run('a'));
  expect(heard).toEqual(['queued', 'running']);
});

test('runs that go on or wait are told in the order in which they were asked for', () => {
  const { view, write } = fixture();
  write(run('late', { state: 'queued', queuedAt: 30 }));
  write(run('done', { state: 'ok', queuedAt: 10 }));
  write(run('early', { queuedAt: 20 }));
  expect(view.live().map(({ cell }) => cell)).toEqual(['early', 'late']);
  write(run('early', { state: 'failed', queuedAt: 20 }));
  expect(view.live().map(({ cell }) => cell)).toEqual(['late']);
  expect(isLive(run('x', { state: 'interrupted' }))).toBe(false);
});

test('ln_80 the place in the queue counts what of the same kind comes before, one request in the order of its cells', () => {
  const live = [run('r'), run('q', { kind: 'prompt', state: 'queued', queuedAt: 1 }), run('c', { state: 'queued' }), run('b', { state: 'queued' }), run('z', { state: 'queued', queuedAt: 2_000 })];
  const place = (cell: string) => ahead(live, live.find((one) => one.cell === cell)!, (id) => 'abcdqrz'.indexOf(id));
  expect(['r', 'b', 'c', 'z', 'q'].map(place)).toEqual([0, 1, 2, 3, 0]);
});

test('ln_13 time is counted from the beginning to the end, to now while it runs, and never below nothing', () => {
  expect(elapsed(run('a'), 9_000)).toBeUndefined();
  expect(elapsed(run('a', { startedAt: 2_000 }), 9_000)).toBe(7_000);
  expect(elapsed(run('a', { startedAt: 2_000, endedAt: 2_500 }), 9_000)).toBe(500);
  expect(elapsed(run('a', { startedAt: 9_500 }), 9_000)).toBe(0);
});

test('what is no run is none, and a kernel of which nothing is known is stopped', () => {
  const { view, runs, kernel } = fixture();
  const known = run('a');
  for (const wrong of [7, 'text', null, [], {}, { ...known, state: 'gone' }, { ...known, by: 'Ana' }, { ...known, queuedAt: '1' }, { ...known, runId: 3 }]) {
    runs.set('a', wrong);
    expect(view.of('a')).toBeUndefined();
  }
  expect(view.live()).toEqual([]);
  expect(view.kernel()).toEqual({ state: 'stopped', since: 0 });
  kernel.set('status', { state: 'asleep' });
  kernel.set('log', 3);
  expect([view.kernel().state, view.kernelLog()]).toEqual(['stopped', '']);
});

test('the kernel is told with each change of it and each line of its log', () => {
  const { view, kernel } = fixture();
  const heard: string[] = [];
  view.onKernel(() => heard.push(`${view.kernel().state} ${view.kernelLog()}`));
  kernel.set('status', { state: 'preparing', since: 5, step: 'venv' });
  const log = new Y.Text();
  kernel.set('log', log);
  log.insert(0, 'one\n');
  expect(heard).toEqual(['preparing ', 'preparing ', 'preparing one\n']);
});

test('a notebook knows its runs', () => {
  const { roots: all, runs } = notebook();
  all.runs.set('a', run('a'));
  expect(runs.of('a')?.runId).toBe('run-a');
});
