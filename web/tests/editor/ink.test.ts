import { expect, test } from 'vitest';

import { inkOn } from '../../src/editor/ink';
import { COLORS } from '../../src/sync/colors';

test('our own colours carry white letters, light ones of foreign clients dark letters', () => {
  expect(COLORS.map(inkOn)).toEqual(COLORS.map(() => '#ffffff'));
  expect(['#ffd54f', '#ffffff', '#80deea', '#7a7a7a'].map(inkOn)).toEqual(Array(4).fill('#16181a'));
  expect(inkOn('#000000')).toBe('#ffffff');
});
