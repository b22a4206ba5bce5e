// Numbers of sliders, dials and spin boxes; pixels of arrays; when controls rest.

import { expect, test } from 'vitest';

import { numberIn, scaleOf, settled, written } from '../../../src/state/widgets/numbers';
import { pixelsOf } from '../../../src/state/widgets/pixels';
import { resting } from '../../../src/state/widgets/resting';

function told(values: { [key: string]: unknown }) {
  return {
    number: (key: string, otherwise: number) => (typeof values[key] === 'number' ? (values[key] as number) : otherwise),
    text: (key: string) => String(values[key] ?? ''),
  };
}

test('a scale has limits, a step and as many digits as the step', () => {
  expect(scaleOf(told({}), 100)).toEqual({ least: 0, most: 100, step: 1, digits: 0 });
  expect(scaleOf(told({ min: -1, max: 1, step: 0.05 }), 100)).toEqual({ least: -1, most: 1, step: 0.05, digits: 2 });
  expect(scaleOf(told({ step: 0, decimals: 3 }), 9)).toEqual({ least: 0, most: 9, step: 1, digits: 3 });
  expect(scaleOf(told({ step: 1e-7 }), 1).digits).toBe(7);
});

test('a value settles on a step within the limits, without dust of binary numbers', () => {
  const scale = scaleOf(told({ min: 0, max: 1, step: 0.1 }), 100);
  expect([settled(0.1 + 0.2, scale), settled(7, scale), settled(-7, scale)]).toEqual([0.3, 1, 0]);
  expect(written(0.5, scale)).toBe('0.5');
});

test('what was typed is a number within the limits or nothing', () => {
  const scale = scaleOf(told({ max: 10, step: 0.5 }), 100);
  expect([numberIn('3,5', scale), numberIn('11', scale), numberIn('abc', scale), numberIn(' ', scale)]).toEqual([3.5, 10, undefined, undefined]);
});

test('pg_17_an_array_of_numbers_is_a_picture_if_its_shape_fits', () => {
  expect([...(pixelsOf(new Uint8Array([0, 255]).buffer, [1, 2], 'uint8')?.data ?? [])]).toEqual([0, 0, 0, 255, 255, 255, 255, 255]);
  expect([...(pixelsOf(new Float32Array([1, 0.5, 0]).buffer, [1, 1, 3], 'float32')?.data ?? [])]).toEqual([255, 128, 0, 255]);
  expect(pixelsOf(new Uint8Array(3).buffer, [1, 2], 'uint8')).toBeUndefined();
  expect(pixelsOf(new Uint8Array(4).buffer, [2, 2], 'complex')).toBeUndefined();
});

test('controls rest without a server, without a program and for those who may only look', () => {
  const program = (state: 'waiting' | 'connected' | 'gone') => ({ state, since: 0, name: '' });
  const synced = { link: { kind: 'synced' } as const, role: 'editor' as const, renewing: false };
  const waiting = { link: { kind: 'connecting' } as const, role: 'editor' as const, renewing: false };
  expect(resting(synced, program('connected'))).toBeUndefined();
  expect(resting(synced, program('gone'))).toBe('gone');
  expect(resting(synced, program('waiting'))).toBe('waiting');
  expect(resting(waiting, program('connected'))).toBe('away');
  expect(resting({ ...waiting, renewing: true }, program('connected'))).toBeUndefined();
  expect(resting({ ...synced, role: 'viewer' }, program('connected'))).toBe('reader');
});
