// Markdown as the page reads it: tables, tasks, formulas, links, and where links lead.

import { describe, expect, test } from 'vitest';

import { anchorsIn, markup, slug, TASK_PLACE } from '../../src/editor/markup';

const html = (source: string) => markup(source).html;

/** The texts of the formulas, those in a line of their own marked. */
function formulas(source: string): string[] {
  return [...html(source).matchAll(/<span class="formula(-block)?">([^]*?)<\/span>/g)].map((found) => `${found[1] === undefined ? '' : 'block: '}${found[2]}`);
}

describe('tasks', () => {
  const marks = (source: string) => markup(source).tasks.map(({ offset, mark }) => [source.slice(offset, offset + mark.length + 2), mark]);

  test.each([
    ['in a list', '- [ ] one\n* [x] two\n+ [X] three'],
    ['nested', '- [ ] one\n  - [x] two\n    - [X] three'],
    ['nested in one line', '- - [ ] one\n- [x] two\n- [X] three'],
    ['numbered', '1. [ ] one\n2) [x] two\n10. [X] three'],
    ['quoted', '> - [ ] one\n> - [x] two\n>> - [X] three'],
    ['behind characters of two units', '😀👨‍👩‍👧 a\n\n- [ ] one 😀\n- [x] two\n- 😀\n  - [X] three'],
    ['with line ends of other systems', '# a\r\n\r\n- [ ] one\r\n- [x] two\r- [X] three'],
    ['behind tabs', '-\t[ ] one\n-\t[x] two\n\n\t- [X] three'],
    ['with the same words in one line', '- [ ] [ ] one\n- [x] [x] [x] two\n- [X] three'],
    ['over several lines', '- [ ] one  \n  goes on [x] here\n- [x] two\n\n  more\n- [X] three'],
  ])('are found where they stand, %s', (_, source) => {
    expect(marks(source).map(([text]) => text)).toEqual([expect.stringMatching(/^\[ \]\s[o[]$/), expect.stringMatching(/^\[x\]\s[t[]$/), '[X] t']);
    expect(html(source).match(new RegExp(`<span class="${TASK_PLACE}">\\d</span>`, 'g'))).toHaveLength(3);
  });

  test.each(['[ ] no list', '- [] one', '- [ ]one', '- [ ]', '- [y] one', '- a [ ] one', '```\n- [ ] one\n```', '- [x](https://example.org) one', '- [x] one\n\n[x]: https://example.org'])('%j has none', (source) => {
    expect(marks(source)).toEqual([]);
  });

  test('the place of a box cannot be written by hand', () => {
    expect(html(`- <span class="task-0">0</span> one`)).not.toContain(TASK_PLACE);
    expect(TASK_PLACE).toMatch(/^task-[0-9a-f]{8,}$/);
  });
});

describe('formulas', () => {
  test.each([
    ['$a+b$', ['a+b']],
    ['$$a$$ in a line', ['block: a']],
    ['$$\na\n\nb\n$$', ['block: a\n\nb']],
    ['$$ a\nb $$', ['block: a\nb']],
    ['\\(a\\) and \\[b\\] and \\\\(c\\\\) and \\\\[d\\\\]', ['a', 'block: b', 'c', 'block: d']],
    ['\\begin{align}\na &= b \\\\\n\nc &= d\n\\end{align}', ['block: \\begin{align}a &amp;= b \\\\\n\nc &amp;= d\\end{align}']],
    ['so \\begin{equation*}x\\end{equation*} holds', ['block: \\begin{equation*}x\\end{equation*}']],
    ['$a_1 * b_2$ and *not*', ['a_1 * b_2']],
    ['$\\text{costs \\$5}$', ['\\text{costs \\$5}']],
    ['| a |\n|---|\n| $x$ |', ['x']],
    ['> $$\n> a\n> $$', ['block: a']],
    ['- one\n\n  $$\n  a\n  $$\n- two', ['block: a']],
  ])('%j is mathematics', (source, found) => {
    expect(formulas(source)).toEqual(found);
  });

  test.each([
    'It costs $5 and $6.',
    'From $20,000 to $30,000 a year',
    '$5',
    'US$ 5 and US$ 6',
    '\\$a\\$',
    '`$a$`',
    '```\n$$\na\n$$\n```',
    '$$ is how it begins',
    '\\begin{align} without an end',
    '\\begin{tabular}x\\end{tabular}',
    '$a\n\nb$',
  ])('%j is none', (source) => {
    expect(formulas(source)).toEqual([]);
  });

  test('text behind a formula of its own line stays in the paragraph, and the next formula is its own', () => {
    expect(formulas('$$a$$ so\n\ntext\n\n$$\nb\n$$')).toEqual(['block: a', 'block: b']);
  });
});

test('columns keep their alignment', () => {
  expect(html('| a | b | c |\n|:--|:-:|--:|\n| 1 | 2 | 3 |')).toContain('<td align="left">1</td>\n<td align="center">2</td>\n<td align="right">3</td>');
});

test('addresses become links, names of files do not', () => {
  const links = (source: string) => [...html(source).matchAll(/href="([^"]*)"/g)].map((found) => found[1]);
  expect(links('https://example.org/a?b=c, www.example.org/x and mail@example.org.')).toEqual(['https://example.org/a?b=c', 'http://www.example.org/x', 'mailto:mail@example.org']);
  expect(links('main.rs, README.md, setup.py and example.org')).toEqual([]);
});

test('footnotes stand at the end; a caret before a bracket is none', () => {
  expect(html('a[^1]\n\n[^1]: note')).toMatch(/<sup class="footnote-ref">.*<section class="footnotes">.*note/s);
  expect(html('x^[2]')).toBe('<p>x^[2]</p>\n');
});

test('a link finds headings as GitHub and Jupyter write them, and anchors', () => {
  expect(anchorsIn('# 1. The *first* one\n\nSecond `part`!\n===\n\n<a id="Third-Part"></a>\n\n```\n# no heading\n```')).toEqual(['1-the-first-one', 'second-part', 'third-part']);
  expect(['The-First-One', 'the first one', 'Größe: α & β', '  ', '😀'].map(slug)).toEqual(['the-first-one', 'the-first-one', 'größe-α--β', '', '']);
});
