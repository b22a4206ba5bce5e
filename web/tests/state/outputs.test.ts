import { expect, test } from 'vitest';

import { excerpt, lineCount, pieces } from '../../src/state/excerpt';
import { Budget, frameMessage, HEIGHTS, HIGHEST_FRAME, MESSAGES } from '../../src/state/frame';
import { rows, type Row } from '../../src/state/jsonTree';
import { contentOf } from '../../src/state/outputContent';
import { estimatedHeight } from '../../src/state/outputHeight';
import { settled } from '../../src/state/terminal';

const lines = (count: number) => Array.from({ length: count }, (_, index) => `line ${index}`).join('\n');

test('a long text keeps how it began and how it ended, cut at lines', () => {
  expect(excerpt('short\n')).toEqual({ head: 'short\n', middle: '', tail: '' });
  expect(excerpt(lines(90)).middle).toBe('');
  const part = excerpt(lines(1000));
  expect([lineCount(part.head), lineCount(part.middle), lineCount(part.tail)]).toEqual([60, 910, 30]);
  expect(part.tail.startsWith('line 970\n') && part.tail.endsWith('line 999')).toBe(true);
  for (const text of [lines(1000), `${lines(1000)}\n`, 'x'.repeat(100_000), '\n'.repeat(5000), '']) {
    const { head, middle, tail } = excerpt(text);
    expect(head + middle + tail).toBe(text);
    expect(head.length + tail.length).toBeLessThanOrEqual(40_000);
  }
});

test('pieces of a text are the text', () => {
  for (const text of ['', 'a', 'a\n', '\n\n\n', lines(10_000), `${lines(401)}\n\n`, '\n'.repeat(1000)]) expect(pieces(text).join('\n').trimEnd(), text.slice(0, 20)).toBe(text.trimEnd());
  expect(pieces(lines(10_000))).toHaveLength(50);
  const endless = pieces(`\n${'x'.repeat(90_000)}\nend`);
  expect(endless.join('').replaceAll('\n', '').length).toBe(90_003);
  expect(Math.max(...endless.map((piece) => piece.length))).toBe(20_000);
});

test('ln_83_a_progress_bar_shows_only_how_it_ended', () => {
  expect(settled('  1%\r 50%\r100%\ndone\n')).toBe('100%\ndone\n');
  expect(settled('long line\rshort')).toBe('shortline');
  expect(settled('a\r\nb\r\n')).toBe('a\nb\n');
  expect(settled('abc\b\bX')).toBe('aX');
  expect(settled('\u001b[31mold\u001b[0m\rnew\r')).toBe('new');
});

test('a frame is heard in a few words and nothing else', () => {
  expect(frameMessage({ kind: 'height', height: 1e9 })).toEqual({ kind: 'height', height: HIGHEST_FRAME });
  expect(frameMessage({ kind: 'height', height: -5 })).toEqual({ kind: 'height', height: 0 });
  expect(frameMessage({ kind: 'height', height: Number.NaN })).toEqual({ kind: 'height', height: 0 });
  expect(frameMessage({ kind: 'link', address: 'https://example.org', extra: 1 })).toEqual({ kind: 'link', address: 'https://example.org' });
  expect(frameMessage({ kind: 'blocked', host: 'cdn.example.org:8080' })).toEqual({ kind: 'blocked', host: 'cdn.example.org:8080' });
  const refused = [null, 'ready', 7, {}, { kind: 'height', height: '9' }, { kind: 'link', address: 'javascript:x' }, { kind: 'link', address: `https://${'x'.repeat(3000)}` }, { kind: 'blocked', host: 'you won! call' }, { kind: 'run' }];
  for (const message of refused) expect(frameMessage(message)).toBeUndefined();
});

test('a flood of messages is told apart from a busy page', () => {
  const busy = new Budget(MESSAGES);
  for (let second = 0; second < 60; second += 1) for (let index = 0; index < 30; index += 1) expect(busy.take(second * 1000 + index)).toBe('given');
  const flood = new Budget(MESSAGES);
  const answers = Array.from({ length: 2000 }, (_, index) => flood.take(index / 100));
  expect([answers[0], answers[300], answers.at(-1)]).toEqual(['given', 'spent', 'flood']);
});

test('a page a little higher than its frame stops growing', () => {
  const heights = new Budget(HEIGHTS);
  const given = Array.from({ length: 600 }, (_, frame) => heights.take((frame * 1000) / 60)).filter((answer) => answer === 'given');
  expect(given.length).toBeLessThan(65);
});

const untouched = { toggled: new Set<string>(), pages: new Map<string, number>() };
const told = (row: Row | undefined) => row && `${'  '.repeat(row.level - 1)}${row.name}${row.name && ': '}${row.preview}`;

test('json is a tree with its root open', () => {
  const value = { name: 'x', 'a/b': [1, [], {}], empty: {}, nothing: null };
  expect(rows(value, untouched).map(told)).toEqual(['{a/b: […], empty: {}, name: "x", nothing: null}', '  a/b: [1, [], {}]', '  empty: {}', '  name: "x"', '  nothing: null']);
  const open = rows(value, { ...untouched, toggled: new Set(['/a~1b']) });
  expect(open.filter(({ level }) => level === 3).map(told)).toEqual(['    0: 1', '    1: []', '    2: {}']);
  expect(rows(value, { ...untouched, toggled: new Set(['']) })).toHaveLength(1);
  expect(rows('plain', untouched)).toMatchObject([{ kind: 'leaf', type: 'string', open: false }]);
});

test('a branch of a hundred thousand is a hundred rows and one that has more', () => {
  const value = Array.from({ length: 100_000 }, (_, index) => index);
  const first = rows(value, untouched);
  expect(first).toHaveLength(102);
  expect(first.at(-1)).toMatchObject({ kind: 'more', count: 99_900, path: '//more' });
  expect(rows(value, { ...untouched, pages: new Map([['', 2]]) })).toHaveLength(202);
});

test('what is taken away is whole', () => {
  expect(contentOf({ kind: 'text', text: '1%\r2%', tone: 'plain' })).toMatchObject({ content: '2%', extension: 'txt' });
  expect(contentOf({ kind: 'picture', mime: 'image/png', content: 'QUJD', alt: '' })).toMatchObject({ isBase64: true, extension: 'png' });
  expect(contentOf({ kind: 'json', value: [1] })).toMatchObject({ content: '[\n  1\n]\n', extension: 'json' });
  expect(contentOf({ kind: 'error', name: 'E', value: 'v', trace: '' })).toMatchObject({ content: 'E: v' });
});

test('the place kept for an output is about as high as it will be', () => {
  expect(estimatedHeight({ kind: 'picture', mime: 'image/png', content: '', alt: '', size: { width: 1560, height: 800 } }, 780)).toBe(408);
  const table = `<table>${'<tr><td>1</td></tr>'.repeat(10)}</table>`;
  expect(estimatedHeight({ kind: 'frame', html: table, fallback: '' }, 780)).toBeCloseTo(286);
  expect(estimatedHeight({ kind: 'text', text: lines(100_000), tone: 'plain' }, 780)).toBeLessThan(3500);
});

test('ln_43 what somebody did with a widget becomes JSON and bytes within bounds, or nothing', () => {
  const told = { kind: 'tell', request: 1, model: 'm', state: { value: 3, broken: undefined }, bytes: [{ path: ['a', 0], data: new ArrayBuffer(4) }] };
  expect(frameMessage(told)).toMatchObject({ kind: 'tell', model: 'm', state: { value: 3 }, size: 25 });
  expect(frameMessage({ ...told, state: undefined, message: 'hi' })).toMatchObject({ message: 'hi' });
  const circular: { [key: string]: unknown } = {};
  circular['self'] = circular;
  for (const wrong of [{ state: circular }, { state: { text: 'x'.repeat(2 << 20) } }, { model: 'm'.repeat(200) }, { bytes: [{ path: 'a', data: new ArrayBuffer(1) }] }, { bytes: [{ path: [], data: 'text' }] }, { request: 'one' }]) {
    expect(frameMessage({ ...told, ...wrong })).toBeUndefined();
  }
});

test('an allowance in bytes is spent by what is sent', () => {
  const budget = new Budget({ burst: 100, perSecond: 10 });
  expect([budget.take(0, 80), budget.take(0, 80), budget.take(6000, 80)]).toEqual(['given', 'spent', 'given']);
});
