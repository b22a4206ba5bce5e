// Pictures that notes carry.

import { expect, test } from 'vitest';
import * as Y from 'yjs';

import { ATTACHED_MAX, ATTACHMENTS_MAX, attach, describing, fits, pictureNamed, type Attachment } from '../../src/doc/attachments';
import { attachmentsOf } from '../../src/doc/cell';
import { addCell } from '../../src/doc/edit';
import { Notebook } from '../../src/doc/notebook';
import type { CellMap } from '../../src/doc/schema';

const DOT = 'iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAIAAAASFvFNAAAAC0lEQVR4nGNgwAQAABQAAfkqRe8AAAAASUVORK5CYII=';

function note(text = ''): { notebook: Notebook; cell: CellMap } {
  const notebook = new Notebook(new Y.Doc());
  return { notebook, cell: notebook.cell(addCell(notebook, null, { kind: 'note', source: text, id: 'note' })) as CellMap };
}

function picture(settings: Partial<Attachment> = {}): Attachment {
  return { file: 'plot.png', mime: 'image/png', base64: DOT, ...settings };
}

test('a picture is kept as nbformat has it, under a name that can stand in a link', () => {
  const { cell } = note();
  const name = attach(cell, picture({ file: 'Grüße (1) von [mir].final.PNG' }));
  expect(name).toMatch(/^Grüße-1-von-mir-final-[0-9a-f]{6}\.png$/);
  expect(cell.get('attachments')).toEqual({ [name]: { 'image/png': DOT } });
  expect(pictureNamed(attachmentsOf(cell), encodeURI(name))).toEqual({ address: `data:image/png;base64,${DOT}`, size: { width: 3, height: 2 } });
});

test('two pictures of one file name stand side by side, one picture twice has one name', () => {
  const { cell } = note();
  const first = attach(cell, picture());
  const second = attach(cell, picture({ base64: 'AAAA' }));
  expect(attach(cell, picture({ file: 'other.png' }))).toBe(first);
  expect(Object.keys(attachmentsOf(cell))).toEqual([first, second]);
});

test('what stands for a picture is its file name without the ending', () => {
  expect(describing('Sales_2026 [final].tar.png')).toBe('Sales 2026 final .tar');
  expect(describing('image.png')).toBe('image');
});

test('a note carries pictures up to a size, and not more than so many of them', () => {
  const { cell } = note();
  expect(fits(cell, ATTACHED_MAX)).toBe(true);
  expect(fits(cell, ATTACHED_MAX + 1)).toBe(false);
  cell.set('attachments', { 'a.png': { 'image/png': 'A'.repeat(ATTACHMENTS_MAX - 1000) } });
  expect(fits(cell, 10)).toBe(true);
  expect(fits(cell, 1000)).toBe(false);
});

test('of two people who add a picture at once nobody loses theirs', () => {
  const ana = note('');
  const bo = { notebook: new Notebook(new Y.Doc()) };
  Y.applyUpdate(bo.notebook.doc, Y.encodeStateAsUpdate(ana.notebook.doc));
  const theirs = bo.notebook.cell('note') as CellMap;
  const names = [attach(ana.cell, picture()), attach(theirs, picture({ file: 'photo.png', base64: 'AAAA' }))];
  (ana.cell.get('source') as Y.Text).insert(0, `![](attachment:${names[0]})`);
  (theirs.get('source') as Y.Text).insert(0, `![](attachment:${names[1]})`);
  for (let round = 0; round < 3; round += 1) {
    Y.applyUpdate(bo.notebook.doc, Y.encodeStateAsUpdate(ana.notebook.doc));
    Y.applyUpdate(ana.notebook.doc, Y.encodeStateAsUpdate(bo.notebook.doc));
  }
  expect(Object.keys(attachmentsOf(ana.cell)).sort()).toEqual(names.sort());
  expect(attachmentsOf(theirs)).toEqual(attachmentsOf(ana.cell));
});

test('a picture that no text calls any more is not brought back by whoever added it', () => {
  const { cell } = note('no call');
  attach(cell, picture());
  cell.set('attachments', {});
  expect(attachmentsOf(cell)).toEqual({});
});

test('whatever stands among the attachments, reading a picture gives one or none', () => {
  const attachments = { a: null, b: { 'text/html': '<b>' }, c: { 'image/png': ['AA', 'AA'] }, d: { 'image/svg+xml': '<svg width="4" height="5"/>' }, e: { constructor: 'x' } };
  expect(['a', 'b', 'e', 'none', '__proto__', '%E0%A4%A'].map((name) => pictureNamed(attachments, name))).toEqual(Array(6).fill(undefined));
  expect(pictureNamed(attachments, 'c')?.address).toBe('data:image/png;base64,AAAA');
  expect(pictureNamed(attachments, 'd')).toEqual({ address: 'data:image/svg+xml;charset=utf-8,%3Csvg%20width%3D%224%22%20height%3D%225%22%2F%3E', size: { width: 4, height: 5 } });
});
