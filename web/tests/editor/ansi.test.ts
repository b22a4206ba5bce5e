import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

import { AnsiPainter, THEMES, withoutAnsi } from '../../src/editor/ansi';
import { contrast, css, readable, type Rgb } from '../../src/editor/contrast';

const ESC = '\u001b';
const spans = (text: string) => new AnsiPainter().spans(text.replaceAll('^', ESC));
const only = (text: string) => spans(text).find((span) => span.classes || span.style);

test('ln_83_colours_and_weight_of_a_terminal_are_kept', () => {
  expect(spans('^[1;31mred^[0m plain')).toEqual([
    { text: 'red', classes: 'ansi-bold ansi-red-fg', style: '' },
    { text: ' plain', classes: '', style: '' },
  ]);
  expect(only('^[3;4;9mx')).toMatchObject({ classes: 'ansi-italic ansi-underline ansi-strikethrough' });
  expect(only('^[38;5;208mx')?.style).toMatch(/^color:light-dark\(#\w{6}, #\w{6}\)$/);
  expect(only('^[38;2;10;20;30mx')?.style).toContain('light-dark(#0a141e, ');
  expect(only('^[38:2::10:20:30mx')).toEqual(only('^[38;2;10;20;30mx'));
  expect(only('^[58;5;9;1mx')).toMatchObject({ classes: 'ansi-bold', style: '' });
});

test('inverse swaps what is set and what the page has', () => {
  const { ink, paper } = { ink: THEMES.map(({ ink }) => css(ink)), paper: THEMES.map(({ paper }) => css(paper)) };
  expect(only('^[7mx')?.style).toBe(`color:light-dark(${paper.join(', ')});background:light-dark(${ink.join(', ')})`);
  expect(only('^[7;31mx')?.style).toMatch(/background:#c73a33$/);
});

test('a piece goes on where the one before it ended', () => {
  const painter = new AnsiPainter();
  painter.spans(`${ESC}[32mgreen`);
  const fork = painter.fork();
  expect(painter.spans(' still')).toMatchObject([{ classes: 'ansi-green-fg' }]);
  painter.pass(`unseen ${ESC}[0m text ${ESC}[34m`);
  expect(painter.spans('blue')).toMatchObject([{ classes: 'ansi-blue-fg' }]);
  expect(fork.spans('green')).toMatchObject([{ classes: 'ansi-green-fg' }]);
});

test('ln_08_links_titles_and_cursor_moves_are_neither_shown_nor_done', () => {
  const text = `${ESC}]8;;javascript:alert(1)${ESC}\\click${ESC}]8;;${ESC}\\ ${ESC}]0;title\u0007${ESC}[2J${ESC}[10;5H<b>x</b>`;
  expect(new AnsiPainter().spans(text).map((span) => span.text).join('')).toBe('click <b>x</b>');
  expect(withoutAnsi(`${text}${ESC}[1m!`)).toBe('click <b>x</b>!');
});

test('every colour on every ground can be read', () => {
  const steps = [0, 51, 95, 135, 175, 215, 255];
  const colors: Rgb[] = steps.flatMap((red) => steps.flatMap((green) => steps.map((blue): Rgb => [red, green, blue])));
  const grounds: Rgb[] = [...THEMES.map(({ paper }) => paper), ...colors.filter((_, index) => index % 7 === 0)];
  for (const ground of grounds) for (const color of colors) expect(contrast(readable(color, ground), ground)).toBeGreaterThan(4.5);
  expect(readable([200, 0, 0], [255, 255, 255])).toEqual([200, 0, 0]);
});

test('ink and paper are those of the style sheet', () => {
  const sheet = readFileSync(new URL('../../src/ui/app.css', import.meta.url), 'utf8');
  const values = (name: string) => new RegExp(`--${name}: light-dark\\((#\\w{6}), (#\\w{6})\\);`).exec(sheet)?.slice(1);
  expect(values('ink')).toEqual(THEMES.map(({ ink }) => css(ink)));
  expect(values('paper')).toEqual(THEMES.map(({ paper }) => css(paper)));
});
