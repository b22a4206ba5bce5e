import { expect, test } from 'vitest';

import { shiftOf, type Landmark } from '../../src/state/landmarks';

/** Cell 4 ends above the view, 5 begins above it, 6 and 7 are in it, 8 below. `deep` is a line of cell 5 that is read. */
const LANDMARKS: (Landmark & { name: string })[] = [
  { name: '4', cell: '4', top: 100, seen: false },
  { name: '5', cell: '5', top: 200, seen: false },
  { name: 'deep', cell: '5', top: 320, seen: true },
  { name: '6', cell: '6', top: 400, seen: true },
  { name: '7', cell: '7', top: 600, seen: true },
  { name: '8', cell: '8', top: 800, seen: false },
];

/** The shift when landmarks moved by so much; null is gone. */
function shift(moved: { [name: string]: number | null }, landmarks = LANDMARKS): number {
  return shiftOf(landmarks, ({ name, top }) => (moved[name] === null ? undefined : top + (moved[name] ?? 0)));
}

const all = (by: number) => Object.fromEntries(LANDMARKS.map(({ name }) => [name, by]));

test('what grows above the view moves everything, and the reader with it', () => {
  expect(shift(all(300))).toBe(300);
  expect(shift({ ...all(300), '4': 0 })).toBe(300);
});

test('what grows in the view or below it moves nobody', () => {
  expect(shift({ '7': 50, '8': 50 })).toBe(0);
  expect(shift({ '6': 50, '7': 50, '8': 50 })).toBe(0);
  expect(shift({})).toBe(0);
});

test('what grows in the cell that is read, above the line that is read, moves the reader with the line', () => {
  expect(shift({ deep: 40, '6': 40, '7': 40, '8': 40 })).toBe(40);
});

test('the top cell taken elsewhere does not take the reader along', () => {
  expect(shift({ '5': 5000, deep: 5000, '6': -200, '7': -200, '8': -200 })).toBe(-200);
});

test('the top cell deleted: the next one stays where it is on the screen', () => {
  expect(shift({ '5': null, deep: null, '6': -200, '7': -200, '8': -200 })).toBe(-200);
});

test('two cells of the view that change places scroll nobody', () => {
  expect(shift({ '6': 200, '7': -200 })).toBe(0);
});

test('a cell that is all one sees is followed where it is taken', () => {
  const alone = LANDMARKS.filter(({ name }) => ['5', 'deep'].includes(name));
  expect(shift({ '5': 5000, deep: 5000 }, alone)).toBe(5000);
});

test('when nothing is left of what was seen the page stays', () => {
  expect(shift(Object.fromEntries(LANDMARKS.map(({ name }) => [name, null])))).toBe(0);
});
