import { expect, test } from 'vitest';

import { indentOf } from '../../src/doc/indentation';

test('the step by which lines go inwards most often is what a text is indented by', () => {
  expect(indentOf('if a:\n    b\n    if c:\n        d\ne')).toBe('    ');
  expect(indentOf('if (a) {\n  b\n  c {\n    d\n  }\n}')).toBe('  ');
  expect(indentOf('func f() {\n\ta\n\tif b {\n\t\tc\n\t}\n}')).toBe('\t');
  expect(indentOf('def f(a,\n          b):\n    c\n\ndef g():\n    d')).toBe('    ');
});

test('nothing tells where no line is indented', () => {
  expect(indentOf('')).toBeUndefined();
  expect(indentOf('a\nb\n\n   ')).toBeUndefined();
  expect(indentOf('a\n b')).toBeUndefined();
});
