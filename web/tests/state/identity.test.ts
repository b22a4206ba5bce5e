import { expect, test } from 'vitest';

import { identity, keep, settle, validName, type Chance } from '../../src/state/identity';
import { channels, COLORS, colorOf, contrastWithWhite } from '../../src/sync/colors';
import { en } from '../../src/text/en/en';

function memory(value?: string): { getItem: () => string | null; setItem: (key: string, value: string) => void } {
  let kept = value ?? null;
  return { getItem: () => kept, setItem: (_, next) => (kept = next) };
}

function chance(random: number, id = 'an id'): Chance {
  return { random: () => random, id: () => id };
}

test('somebody new gets a name and a colour, which are kept', () => {
  const store = memory();
  const first = identity(store, chance(0.3));
  expect(first).toEqual({ id: 'an id', name: expect.stringMatching(/^\w+ \w+$/), color: COLORS[2], named: false, settled: false });
  expect(identity(store, chance(0.9, 'another'))).toEqual(first);
});

test('without storage, or with nonsense in it, there is somebody all the same', () => {
  expect(identity(undefined, chance(0.5)).name).not.toBe('');
  for (const nonsense of ['{"name": 5', '[]', '"Ana"', '{"name":" "}']) expect(identity(memory(nonsense), chance(0.9)).name).toBe('Warm Raven');
});

test('what an earlier version kept stays: name and colour, and is not asked for again', () => {
  const store = memory('{"name":"Ana","color":"#0b6e99"}');
  const person = identity(store, chance(0.9));
  expect(person).toEqual({ id: 'an id', name: 'Ana', color: '#0b6e99', named: true, settled: true });
  // The id that was missing is kept too: the next tab is the same person.
  expect(identity(store, chance(0.1, 'another'))).toEqual(person);
});

test('a name that can be shown is trimmed and not endless', () => {
  expect([validName('  '), validName(' Ana '), validName('x'.repeat(100))?.length]).toEqual([undefined, 'Ana', 60]);
});

test('a colour drawn by lot that somebody here has is changed once, and stays whoever comes', () => {
  const drawn = identity(memory(), chance(0));
  const settled = settle(drawn, [COLORS[0], COLORS[1]], () => 0);
  expect([settled.color, settled.settled]).toEqual([COLORS[2], true]);
  expect(settle(settled, [COLORS[2]], () => 0)).toBe(settled);
  expect(settle(drawn, [COLORS[4]], () => 0).color).toBe(drawn.color);
  // In a crowd that has them all, one's own is as good as any.
  expect(settle(drawn, COLORS, () => 0)).toEqual({ ...drawn, settled: true });
});

test('a colour that was chosen stays also when others have it', () => {
  const store = memory();
  keep(store, { id: 'i', name: 'Ana', color: COLORS[3], named: true, settled: true });
  expect(settle(identity(store), [COLORS[3]], () => 0).color).toBe(COLORS[3]);
});

test('white letters can be read on every colour, also on those that strangers bring', () => {
  for (const color of COLORS) expect(contrastWithWhite(channels(color))).toBeGreaterThanOrEqual(4.5);
  for (const color of ['#ffff00', '#ffffff', '#00ff00', '#f4a261']) {
    expect(contrastWithWhite(channels(colorOf(color, 'Ana')))).toBeGreaterThanOrEqual(4.5);
  }
  expect(colorOf('#0B6E99', 'Ana')).toBe('#0b6e99');
});

test('whoever brings no colour has the same one each time, and nothing but a colour leaves', () => {
  for (const said of [undefined, 5, 'red', 'var(--jp-collaborator-color1)', '#fff', 'url(x)', '#12345g']) {
    expect(COLORS).toContain(colorOf(said, 'Grace Hopper'));
    expect(colorOf(said, 'Grace Hopper')).toBe(colorOf(undefined, 'Grace Hopper'));
  }
});

test('every colour has a name that can be said', () => {
  expect(COLORS.map((color) => en.people.colors[color]).filter((name) => name.length > 2).length).toBe(COLORS.length);
  expect(new Set(Object.values(en.people.colors)).size).toBe(COLORS.length);
});

/** How the colour-blind see: matrices of Machado, Oliveira and Fernandes (2009) at full strength, on linear light. */
const SIGHTS = {
  everybody: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  'without red': [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
  'without green': [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
  'without blue': [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039],
};
/** In hundredths of OKLab; two is about what is just seen side by side. */
const APART = 7.5;

test.each(Object.entries(SIGHTS))('any two colours differ for the eyes of: %s', (_, sight) => {
  const seen = COLORS.map((color) => oklab(multiplied(sight, channels(color).map(linear))));
  const distances = seen.flatMap((one, index) => seen.slice(index + 1).map((other) => 100 * Math.hypot(...one.map((value, axis) => value - (other[axis] ?? 0)))));
  expect(Math.min(...distances)).toBeGreaterThan(APART);
});

function linear(channel: number): number {
  const share = channel / 255;
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
}

function multiplied(matrix: readonly number[], vector: readonly number[]): number[] {
  return [0, 3, 6].map((row) => Math.max(0, vector.reduce((sum, value, column) => sum + (matrix[row + column] ?? 0) * value, 0)));
}

function oklab([red = 0, green = 0, blue = 0]: readonly number[]): number[] {
  const long = Math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue);
  const medium = Math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue);
  const short = Math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue);
  return [
    0.2104542553 * long + 0.793617785 * medium - 0.0040720468 * short,
    1.9779984951 * long - 2.428592205 * medium + 0.4505937099 * short,
    0.0259040371 * long + 0.7827717662 * medium - 0.808675766 * short,
  ];
}
