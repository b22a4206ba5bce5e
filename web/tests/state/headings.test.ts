import { expect, test } from 'vitest';

import { headingsOf, leadingHeading, outline, sections } from '../../src/state/headings';

const notebook = (...cells: [id: string, note?: string][]) => cells.map(([id, note]) => ({ id, note }));

test('headings are read as they are rendered', () => {
  expect(headingsOf('# One\n\ntext\n\n## Two **bold** [link](https://x.y) `code` ##\n')).toEqual([
    { level: 1, text: 'One', line: 0 },
    { level: 2, text: 'Two bold link code', line: 4 },
  ]);
  expect(headingsOf('Title\n=====\n\nSubtitle\n---\n').map(({ level, text }) => [level, text])).toEqual([[1, 'Title'], [2, 'Subtitle']]);
});

test('what only looks like a heading is none', () => {
  for (const note of ['```\n# comment\n```', '~~~python\n# comment\n~~~', '    # indented', '#hashtag', '- # in a list', '> # quoted', '####### seven', 'text\n\n---\n', '<!--\n# hidden\n-->']) {
    expect(headingsOf(note), note).toEqual([]);
  }
  expect(headingsOf('```\n# comment\n```\n# after the fence').map(({ text }) => text)).toEqual(['after the fence']);
});

test('a heading leads a note when nothing but empty lines stands before it', () => {
  expect(leadingHeading('\n\n# One')?.text).toBe('One');
  expect(leadingHeading('text\n\n# One')).toBeUndefined();
  expect(leadingHeading('')).toBeUndefined();
  expect(leadingHeading('#')).toEqual({ level: 1, text: '', line: 0 });
});

test('a section ends before the next heading of its level or a stronger one', () => {
  const cells = notebook(['intro'], ['a', '# A'], ['1'], ['b', '## B'], ['2'], ['c', '### C'], ['3'], ['d', '## D'], ['e', '# E'], ['4']);
  expect([...sections(cells)]).toEqual([
    ['a', ['1', 'b', '2', 'c', '3', 'd']],
    ['b', ['2', 'c', '3']],
    ['c', ['3']],
    ['d', []],
    ['e', ['4']],
  ]);
});

test('the strongest heading in a note counts, and a note that does not begin with one ends a section without having one', () => {
  const cells = notebook(['a', '## A'], ['b', 'text\n\n# B'], ['c'], ['d', '### D\n\n# stronger'], ['e', '## E']);
  expect([...sections(cells)]).toEqual([['a', []], ['d', ['e']], ['e', []]]);
});

test('only notes have headings: a comment in code is none', () => {
  expect([...sections([{ id: 'code', note: undefined }])]).toEqual([]);
  expect(outline(notebook(['a', '# A\n## B'], ['code'], ['c', '# C']))).toEqual([
    { cell: 'a', level: 1, text: 'A', line: 0 },
    { cell: 'a', level: 2, text: 'B', line: 1 },
    { cell: 'c', level: 1, text: 'C', line: 0 },
  ]);
});
