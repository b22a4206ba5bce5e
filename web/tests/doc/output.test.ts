import { expect, test } from 'vitest';

import { drawing } from '../../src/doc/output';

test('every kind of output becomes something to draw', () => {
  const data = (bundle: { [mime: string]: unknown }) => drawing({ output_type: 'display_data', data: bundle, metadata: {} });
  expect(drawing({ output_type: 'stream', name: 'stderr', text: ['a\n', 'b'] })).toEqual({ kind: 'text', text: 'a\nb', tone: 'error' });
  expect(drawing({ output_type: 'error', ename: 'E', evalue: 'v', traceback: ['one', 'two'] })).toEqual({ kind: 'text', text: 'one\ntwo', tone: 'error' });
  expect(drawing({ output_type: 'error', ename: 'E', evalue: 'v' })).toMatchObject({ text: 'E: v' });
  expect(data({ 'image/png': 'QUJD\n', 'text/plain': 'alt' })).toEqual({ kind: 'image', url: 'data:image/png;base64,QUJD', alt: 'alt' });
  expect(data({ 'text/html': '<b>', 'text/plain': 'b' })).toEqual({ kind: 'frame', html: '<b>', fallback: 'b' });
  expect(data({ 'text/markdown': '# x' })).toEqual({ kind: 'markdown', source: '# x' });
  expect(data({ 'text/latex': '$x$' })).toEqual({ kind: 'latex', source: '$x$' });
});

test('svg_is_an_image_and_never_markup_of_the_page', () => {
  const svg = drawing({ output_type: 'display_data', data: { 'image/svg+xml': '<svg onload="x"/>' } });
  expect(svg).toMatchObject({ kind: 'image', url: 'data:image/svg+xml;charset=utf-8,%3Csvg%20onload%3D%22x%22%2F%3E' });
});

test('what is broken or unknown is said and not hidden', () => {
  expect(drawing({ output_type: 'future output' })).toMatchObject({ kind: 'text' });
  expect(drawing({})).toMatchObject({ kind: 'text' });
  expect(drawing({ output_type: 'display_data', data: { 'application/x-unknown': {} } })).toMatchObject({ text: 'This page cannot show application/x-unknown.' });
  expect(drawing({ output_type: 'stream', text: 7 })).toMatchObject({ text: '' });
});
