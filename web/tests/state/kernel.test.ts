import { expect, test } from 'vitest';

import { deedsFor, kernelWord, noticeOf } from '../../src/state/kernel';
import type { KernelPhase } from '../../src/wire/wire';

const kernel = (state: KernelPhase, more = {}) => ({ state, since: 1, ...more });

test('what can be done fits what the kernel is', () => {
  const possible = (state: KernelPhase) => Object.entries(deedsFor(kernel(state))).filter(([, can]) => can).map(([deed]) => deed);
  expect(possible('stopped')).toEqual(['start']);
  expect(possible('preparing')).toEqual(['shutDown']);
  expect(possible('idle')).toEqual(['restart', 'shutDown']);
  expect(possible('busy')).toEqual(['interrupt', 'restart', 'shutDown']);
  expect(possible('dead')).toEqual(['start', 'restart']);
});

test('the making of the environment tells step and share, a death its reason', () => {
  expect(kernelWord(kernel('preparing', { fraction: 0.404 }))).toBe('Preparing, 40 %');
  expect(kernelWord(kernel('preparing'))).toBe('Preparing');
  expect(noticeOf(kernel('preparing', { step: 'installPackages', fraction: 0.4 }))).toEqual({ kind: 'preparing', step: 'Fetching packages…', share: 0.4 });
  expect(noticeOf(kernel('preparing', { step: 'something newer' }))).toMatchObject({ step: 'something newer' });
  expect(noticeOf(kernel('dead', { sentence: 'It was killed.' }))).toEqual({ kind: 'dead', sentence: 'It was killed.', unmade: false });
  expect(noticeOf(kernel('dead', { sentence: 'No index.', step: 'Packages' }))).toMatchObject({ unmade: true });
  expect(['stopped', 'starting', 'idle', 'busy', 'restarting'].map((state) => noticeOf(kernel(state as KernelPhase)))).toEqual(Array(5).fill(undefined));
});
