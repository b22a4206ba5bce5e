import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

import { drawing, drawingOf } from '../../src/doc/output';
import { rasterSize, svgSize } from '../../src/doc/picture';

type Bundle = { [mime: string]: unknown };
const data = (bundle: Bundle, metadata: Bundle = {}) => drawing({ output_type: 'display_data', data: bundle, metadata });
const base64 = (...bytes: number[]) => Buffer.from(bytes).toString('base64');

test('every kind of output becomes something to draw', () => {
  expect(drawing({ output_type: 'stream', name: 'stderr', text: ['a\n', 'b'] })).toEqual({ kind: 'text', text: 'a\nb', tone: 'stderr' });
  expect(drawing({ output_type: 'stream', name: 'stdout', text: 'a' })).toEqual({ kind: 'text', text: 'a', tone: 'plain' });
  expect(drawing({ output_type: 'error', ename: 'E', evalue: 'v', traceback: ['one', 'two'] })).toEqual({ kind: 'error', name: 'E', value: 'v', trace: 'one\ntwo' });
  expect(data({ 'image/png': 'QUJD\n', 'text/plain': '<Figure size 640x480>' })).toEqual({ kind: 'picture', mime: 'image/png', content: 'QUJD\n', alt: 'Figure size 640x480' });
  expect(data({ 'text/html': '<b>', 'text/plain': 'b' })).toEqual({ kind: 'frame', html: '<b>', fallback: 'b' });
  expect(data({ 'text/markdown': '# x' })).toEqual({ kind: 'markdown', source: '# x' });
  expect(data({ 'text/plain': ['x', 'y'] })).toEqual({ kind: 'text', text: 'xy', tone: 'plain' });
  expect(data({ 'application/json': { a: null } })).toEqual({ kind: 'json', value: { a: null } });
});

test('latex is a formula whether or not it says so itself', () => {
  expect(data({ 'text/latex': '$x$' })).toEqual({ kind: 'markdown', source: '$x$' });
  expect(data({ 'text/latex': '\\begin{align}x\\end{align}' })).toEqual({ kind: 'markdown', source: '$$\n\\begin{align}x\\end{align}\n$$' });
});

test('of several forms the richest is drawn, in the order Jupyter has', () => {
  const forms: Bundle = { 'text/plain': 'p', 'image/png': 'QUJD', 'image/svg+xml': '<svg/>', 'text/latex': '$x$', 'text/markdown': 'm', 'text/html': '<b>', 'application/json': {} };
  const order = ['json', 'frame', 'markdown', 'markdown', 'picture', 'picture', 'text'];
  for (const [index, kind] of order.entries()) {
    const left = Object.fromEntries(Object.entries(forms).slice(0, forms ? Object.keys(forms).length - index : 0));
    expect(data(left).kind, Object.keys(left).join()).toBe(kind);
  }
  expect(data({ 'image/png': 'QUJD', 'image/svg+xml': '<svg/>' })).toMatchObject({ mime: 'image/svg+xml' });
});

test('svg_is_an_image_and_never_markup_of_the_page', () => {
  expect(data({ 'image/svg+xml': '<svg onload="x"/>' })).toEqual({ kind: 'picture', mime: 'image/svg+xml', content: '<svg onload="x"/>', alt: '' });
});

test('a chart is drawn by its library in the frame, and what came with it stands in when it cannot', () => {
  const plotly = data({ 'application/vnd.plotly.v1+json': { data: [] }, 'text/html': '<div id="x"></div>', 'image/png': 'QUJD' });
  expect(plotly).toMatchObject({ kind: 'chart', library: 'plotly', spec: { data: [] }, instead: { kind: 'picture' } });
  for (const version of ['v4', 'v5', 'v6', 'v6.1.0']) {
    expect(data({ [`application/vnd.vegalite.${version}+json`]: { mark: 'bar' }, 'text/plain': 'alt.Chart(...)' })).toMatchObject({ kind: 'chart', library: 'vega', instead: { kind: 'text' } });
  }
  expect(data({ 'application/vnd.vega.v6+json': { marks: [] } })).toEqual({ kind: 'chart', library: 'vega', mime: 'application/vnd.vega.v6+json', spec: { marks: [] } });
  expect(data({ 'application/vnd.vega.v6+json': 'no description', 'text/plain': 'p' })).toMatchObject({ kind: 'text' });
});

test('what needs a library that is not here is said to, and what came with it is shown, not an empty frame', () => {
  expect(data({ 'application/vnd.bokehjs_exec.v0+json': '', 'text/plain': 'figure' })).toMatchObject({ kind: 'unknown', instead: { kind: 'text' } });
});

test('ln_43 a widget is drawn from its model, and what came with it is shown when that is not there', () => {
  const widget = data({ 'application/vnd.jupyter.widget-view+json': { model_id: 'x' }, 'text/plain': 'IntSlider(value=0)', 'text/html': '<script></script>' });
  expect(widget).toMatchObject({ kind: 'model', model: 'x', instead: { kind: 'text', text: 'IntSlider(value=0)' } });
  expect(data({ 'application/vnd.jupyter.widget-view+json': { model_id: 7 }, 'text/plain': 'broken' })).toMatchObject({ kind: 'text' });
});

test('what is broken or unknown is said and not hidden', () => {
  expect(drawing({ output_type: 'future output' })).toMatchObject({ kind: 'unknown', mimes: ['future output'] });
  expect(drawing({})).toMatchObject({ kind: 'unknown' });
  expect(data({ 'application/x-unknown': {} })).toMatchObject({ kind: 'unknown', mimes: ['application/x-unknown'] });
  expect(data({})).toEqual({ kind: 'nothing' });
  expect(drawing({ output_type: 'stream', text: 7 })).toMatchObject({ text: '' });
  expect(drawing({ output_type: 'error', traceback: [1, 'x'] })).toEqual({ kind: 'error', name: '', value: '', trace: 'x' });
  expect(drawing({ output_type: 'display_data', data: [], metadata: 3 })).toEqual({ kind: 'nothing' });
});

test('a large value kept outside the document is drawn as its kind once it is here', () => {
  const ref = { 'application/vnd.coscribe.blob-ref+json': { sha256: 'ab', mime: 'image/png', size: 400_000 }, 'text/plain': '<image 640×480>' };
  expect(data(ref, { 'image/png': { width: 640, height: 480 } })).toEqual({
    ...{ kind: 'blob', sha256: 'ab', mime: 'image/png', bytes: 400_000, fallback: '<image 640×480>', alt: 'image 640×480' },
    size: { width: 640, height: 480 },
  });
  expect(drawingOf('text/html', '<b>', 'b')).toEqual({ kind: 'frame', html: '<b>', fallback: 'b' });
  expect(drawingOf('application/json', '{"a":1}', '')).toEqual({ kind: 'json', value: { a: 1 } });
  expect(drawingOf('text/plain', 'all of it', 'part')).toMatchObject({ text: 'all of it' });
});

test('of several parts that were moved out the richest is fetched, unless a richer one has stayed', () => {
  const BLOB = 'application/vnd.coscribe.blob-ref+json';
  const part = (mime: string) => ({ sha256: mime, mime, size: 20_000 });
  const html = [part('text/plain'), part('image/png'), part('text/html')];
  expect(data({ [BLOB]: html, 'text/plain': 'head' })).toMatchObject({ kind: 'blob', mime: 'text/html', fallback: 'head' });
  expect(data({ [BLOB]: [part('image/png')], 'text/html': '<b>' })).toMatchObject({ kind: 'frame' });
  expect(data({ [BLOB]: [part('text/html')], 'image/png': 'QUJD' })).toMatchObject({ kind: 'blob', mime: 'text/html' });
  expect(data({ [BLOB]: [part('text/plain')], 'image/png': 'QUJD', 'text/plain': 'head' })).toMatchObject({ kind: 'picture' });
  expect(data({ [BLOB]: [part('text/html'), part('application/vnd.plotly.v1+json')] })).toMatchObject({ mime: 'application/vnd.plotly.v1+json' });
  expect(data({ [BLOB]: [null, { sha256: 7 }], 'text/plain': 'p' })).toMatchObject({ kind: 'text' });
});

test('a picture has its size before it is decoded', () => {
  const png = base64(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52, 0, 0, 2, 0x80, 0, 0, 1, 0xe0, 8, 6);
  const jpeg = base64(0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 0xff, 0xc0, 0, 17, 8, 1, 0xe0, 2, 0x80, 3, 1, 2, 3);
  const webp = base64(...Buffer.from('RIFF\0\0\0\0WEBPVP8X'), 10, 0, 0, 0, 0, 0, 0, 0, 0x7f, 2, 0, 0xdf, 1, 0);
  const gif = base64(...Buffer.from('GIF89a'), 0x80, 2, 0xe0, 1);
  for (const picture of [png, jpeg, webp, gif]) expect(rasterSize(picture)).toEqual({ width: 640, height: 480 });
  for (const broken of ['', '!!', base64(0x89, 0x50, 0x4e, 0x47), png.slice(0, 20), base64(0xff, 0xd8, 0xff, 0xe0, 0, 0)]) expect(rasterSize(broken)).toBeUndefined();
  const natural = { 'image/png': png };
  expect(data(natural)).toMatchObject({ size: { width: 640, height: 480 } });
  expect(data(natural, { 'image/png': { width: 320 } })).toMatchObject({ size: { width: 320, height: 240 } });
  expect(data(natural, { 'image/png': { width: -1, height: 'x', alt: 'A plot' } })).toMatchObject({ size: { width: 640, height: 480 }, alt: 'A plot' });
});

test('every plot of a real notebook has a size', () => {
  const file = new URL('../../../tests/data/notebooks/tools_numpy.ipynb', import.meta.url);
  const outputs = (JSON.parse(readFileSync(file, 'utf8')) as { cells: { outputs?: { data?: Bundle }[] }[] }).cells.flatMap((cell) => cell.outputs ?? []);
  const plots = outputs.map((output) => drawing({ output_type: 'display_data', ...output })).filter((drawn) => drawn.kind === 'picture');
  expect(plots.length).toBeGreaterThan(0);
  for (const plot of plots) expect(plot.size?.width).toBeGreaterThan(100);
});

test('an svg says its size in lengths or by its box', () => {
  expect(svgSize('<?xml?><svg xmlns="x" width="432pt" height="288pt" viewBox="0 0 432 288">')).toEqual({ width: 576, height: 384 });
  expect(svgSize('<svg viewBox="0 0 20 10">')).toEqual({ width: 20, height: 10 });
  expect(svgSize("<svg width='100' viewBox='0,0,20,10'>")).toEqual({ width: 100, height: 50 });
  for (const none of ['<svg width="100%" height="50%">', 'no svg', '<svg viewBox="a b">']) expect(svgSize(none)).toBeUndefined();
});

test('the place of what was left out says so, and where all of it lies once it is kept', () => {
  const metadata = { coscribe: { id: 'x', part: 'middle', name: 'stdout' } };
  const plain = { 'text/plain': '… 9 lines (1 KiB) are left out here …' };
  expect(data(plain, metadata)).toEqual({ kind: 'omitted', sentence: plain['text/plain'] });
  const kept = { ...plain, 'application/vnd.coscribe.blob-ref+json': [{ sha256: 'c', mime: 'text/plain', size: 9 }] };
  expect(data(kept, metadata)).toEqual({ kind: 'omitted', sentence: plain['text/plain'], sha256: 'c' });
  expect(data(plain, { coscribe: { part: 'leftOut' } })).toMatchObject({ kind: 'omitted' });
});
