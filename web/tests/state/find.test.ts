// Finding and replacing in one text.

import { expect, test } from 'vitest';

import { compiled, counterparts, editsIn, inCaseOf, narrowed, spansIn, type Query, type Replacing } from '../../src/state/find';

function query(pattern: string, more: Partial<Query> = {}): Query {
  return { pattern, caseSensitive: false, wholeWord: false, regular: false, ...more };
}

function found(text: string, pattern: string, more: Partial<Query> = {}): string[] {
  const asked = query(pattern, more);
  const expression = compiled(asked);
  if (typeof expression === 'string') throw new Error(expression);
  return spansIn(text, expression, asked.wholeWord).map(({ from, to }) => `${from}:${text.slice(from, to)}`);
}

function replaced(text: string, pattern: string, replacement: string, more: Partial<Query & Replacing> = {}): string {
  const { preserveCase = false, ...rest } = more;
  const edits = editsIn(text, query(pattern, rest), { replacement, preserveCase });
  return edits.toReversed().reduce((sum, { from, to, insert }) => sum.slice(0, from) + insert + sum.slice(to), text);
}

const expressions = { regular: true };

test('a text is found as it stands, signs of expressions too', () => {
  expect(found('a.b a+b axb', 'a.b')).toEqual(['0:a.b']);
  expect(found('f(x) = [x]', '(x)')).toEqual(['1:(x)']);
  expect(found('a-b/c', 'a-b/c')).toEqual(['0:a-b/c']);
});

test('case counts only when it is asked for, in any script', () => {
  expect(found('Über über', 'ÜBER')).toEqual(['0:Über', '5:über']);
  expect(found('Über über', 'über', { caseSensitive: true })).toEqual(['5:über']);
});

test('a whole word ends where letters, numbers and marks end', () => {
  expect(found('set setting reset set_ set.', 'set', { wholeWord: true })).toEqual(['0:set', '23:set']);
  expect(found('für fürs', 'für', { wholeWord: true })).toEqual(['0:für']);
  expect(found('𝒙set set', 'set', { wholeWord: true })).toEqual(['6:set']);
  expect(found('f(x) f(x)y', '(x)', { wholeWord: true })).toEqual(['1:(x)', '6:(x)']);
});

test('an expression works line by line and finds empty places once', () => {
  expect(found('one\ntwo', '^.', expressions)).toEqual(['0:o', '4:t']);
  expect(found('ab', 'x*', expressions)).toEqual(['0:', '1:', '2:']);
  expect(found('😀b', 'x*', expressions)).toEqual(['0:', '2:', '3:']);
  expect(found('😀', '.', expressions)).toEqual(['0:😀']);
});

test('a backslash before any sign is understood', () => {
  expect(found('a-b "c" # d_', '\\-|\\"|\\#|[a\\-z_]', expressions)).toEqual(['0:a', '1:-', '4:"', '6:"', '8:#', '11:_']);
  expect(found('x\\-', '\\\\-', expressions)).toEqual(['1:\\-']);
});

test('what is wrong with an expression is said', () => {
  const fault = (pattern: string) => compiled(query(pattern, expressions));
  expect(fault('(a')).toBe('openGroup');
  expect(fault('a)')).toBe('closeGroup');
  expect(fault('[a')).toBe('openClass');
  expect(fault('*a')).toBe('nothingToRepeat');
  expect(fault('a**')).toBe('nothingToRepeat');
  expect(fault('a\\')).toBe('lastBackslash');
  expect(fault('a{3,1}')).toBe('order');
  expect(fault('\\q')).toBe('escape');
  expect(fault('\\p{Nothing}')).toBe('other');
  expect(fault('[z-a]')).toBe('other');
  expect(fault('\\(a[)]')).toBeInstanceOf(RegExp);
  expect(compiled(query('(a'))).toBeInstanceOf(RegExp);
});

test('a replacement stands as it is written, with an expression its groups are put in', () => {
  expect(replaced('a b', 'a', '$1 $& \\n')).toBe('$1 $& \\n b');
  expect(replaced('key: value', '(\\w+): (\\w+)', '$2=$1', expressions)).toBe('value=key');
  expect(replaced('ab', '(?<first>a)(b)', '$<first>!$$ $& $3 $12\\n\\t\\\\', expressions)).toBe('a!$ ab $3 a2\n\t\\');
  expect(replaced('ac', '(a)(b)?c', '[$2]', expressions)).toBe('[]');
  expect(replaced('one\ntwo', '^', '# ', expressions)).toBe('# one\n# two');
});

test('the case of what is replaced is kept when asked for', () => {
  expect(replaced('color Color COLOR', 'color', 'colour', { preserveCase: true })).toBe('colour Colour COLOUR');
  expect(inCaseOf('A', 'the')).toBe('The');
  expect(inCaseOf('42', 'Forty')).toBe('Forty');
  expect(inCaseOf('fooBar', 'bazQux')).toBe('bazQux');
});

test('of several matches only the one at a place is replaced', () => {
  expect(editsIn('a a a', query('a'), { replacement: 'b', preserveCase: false }, 2)).toEqual([{ from: 2, to: 3, insert: 'b' }]);
  expect(editsIn('a a a', query('a'), { replacement: 'b', preserveCase: false }, 1)).toEqual([]);
});

test('an edit touches only what differs, and never half a sign', () => {
  const narrow = (old: string, insert: string) => narrowed(`<${old}>`, { from: 1, to: 1 + old.length, insert });
  expect(narrow('color', 'colour')).toEqual({ from: 5, to: 5, insert: 'u' });
  expect(narrow('same', 'same')).toEqual({ from: 5, to: 5, insert: '' });
  expect(narrow('aa', 'aaa')).toEqual({ from: 3, to: 3, insert: 'a' });
  expect(narrow('😀', '😁')).toEqual({ from: 1, to: 3, insert: '😁' });
  expect(narrow('x😀', 'x😁')).toEqual({ from: 2, to: 4, insert: '😁' });
  // U+1F600 and U+2FA00 end with the same half.
  expect(narrow('\ud83d\ude00', '\ud87e\ude00')).toEqual({ from: 1, to: 3, insert: '\ud87e\ude00' });
});

test('narrowed edits give the same text as the whole ones', () => {
  let seed = 5;
  const chance = (below: number) => (seed = (seed * 48271) % 2147483647) % below;
  const random = () => Array.from({ length: chance(6) }, () => ['a', 'b', '😀', '😁'][chance(4)]).join('');
  for (let round = 0; round < 500; round += 1) {
    const [before, old, after, insert] = [random(), random(), random(), random()];
    const text = before + old + after;
    const edit = narrowed(text, { from: before.length, to: before.length + old.length, insert });
    expect(text.slice(0, edit.from) + edit.insert + text.slice(edit.to), `round ${round}`).toBe(before + insert + after);
    expect(edit.to).toBeGreaterThanOrEqual(edit.from);
    expect(/\p{Surrogate}/u.test(edit.insert), `round ${round}`).toBe(false);
  }
});

test('in a rendered note the places that show the matches are known by the words around them', () => {
  const spansOf = (text: string) => [...text.matchAll(/data/g)].map(({ index }) => ({ from: index, to: index + 4 }));
  const paired = (source: string, shown: string) => counterparts(source, spansOf(source), shown, spansOf(shown));
  // The second stands in the address of the link, which nobody sees.
  expect(paired('See [data](https://host/data.csv) and the data of **data** science', 'See data and the data of data science')).toEqual([0, undefined, 1, 2]);
  expect(paired('![](data.png)\n\ndata', 'data')).toEqual([undefined, 0]);
  expect(paired('data', 'nothing')).toEqual([undefined]);
  expect(paired('data **data**', 'data data')).toEqual([0, 1]);
  // More is shown than was written: footnotes come back at the end.
  expect(paired('one data two', 'data one data two data')).toEqual([1]);
});
