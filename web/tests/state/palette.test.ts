// What the palette finds, in which order, and which letters it marks.

import { expect, test } from 'vitest';

import { hindrance, type Situation } from '../../src/state/available';
import { ranked, scoped, usedNow } from '../../src/state/palette';

function list(...labels: string[]) {
  return labels.map((label) => ({ id: label, label }));
}

function order(query: string, labels: string[], recent: string[] = []): string[] {
  return ranked(query, list(...labels), recent).map(({ entry }) => entry.id);
}

test('the beginning goes before the beginning of a word, that before initials, those before letters anywhere', () => {
  const labels = ['a merry face', 'Remove a fold', 'Unfold all', 'Fold the source', 'Move and fold'];
  expect(order('fold', labels)).toEqual(['Fold the source', 'Remove a fold', 'Move and fold', 'Unfold all']);
  expect(order('mf', ['Hammer shelf', 'Comfort', 'Merge a face'])).toEqual(['Merge a face', 'Comfort', 'Hammer shelf']);
});

test('initials of words find a command', () => {
  expect(order('mcu', ['Select the cell above', 'Move the cell up', 'Make it code'])).toEqual(['Move the cell up']);
});

test('every word of the query must be there, in any order', () => {
  expect(order('cell add', ['Add a cell above', 'Add a note', 'Select the cell'])).toEqual(['Add a cell above']);
});

test('letters must come in order', () => {
  expect(order('ba', ['above'])).toEqual([]);
  expect(order('abo', ['above'])).toEqual(['above']);
});

test('case and accents do not matter, and places stay places', () => {
  const [found] = ranked('UBER', list('Über uns'));
  expect(found?.marks).toEqual([[0, 4]]);
  expect(ranked('i', list('İstanbul'))[0]?.marks).toEqual([[0, 1]]);
});

test('the letters that fit are marked, side by side as one', () => {
  expect(ranked('mcu', list('Move the cell up'))[0]?.marks).toEqual([[0, 1], [9, 10], [14, 15]]);
  expect(ranked('fold', list('Unfold all'))[0]?.marks).toEqual([[2, 6]]);
  expect(ranked('cell add', list('Add a cell'))[0]?.marks).toEqual([[0, 3], [6, 10]]);
});

test('of equally good ones what was used lately comes first, with no query too', () => {
  const labels = ['Add above', 'Add below', 'Add note'];
  expect(order('add', labels)).toEqual(labels);
  expect(order('add', labels, ['Add note', 'Add below'])).toEqual(['Add note', 'Add below', 'Add above']);
  expect(order('', labels, ['Add note'])).toEqual(['Add note', 'Add above', 'Add below']);
  expect(order('add', ['Read addresses', 'Add note'], ['Read addresses'])).toEqual(['Add note', 'Read addresses']);
});

test('what was used now is the latest, once, and the list stays short', () => {
  expect(usedNow(['a', 'b', 'c'], 'b')).toEqual(['b', 'a', 'c']);
  expect(usedNow(Array.from({ length: 30 }, (_, index) => String(index)), 'x').length).toBe(20);
});

test('the first sign says where to look', () => {
  expect(scoped('# intro')).toEqual({ scope: 'cells', words: 'intro' });
  expect(scoped(' @ana')).toEqual({ scope: 'people', words: 'ana' });
  expect(scoped('/plans')).toEqual({ scope: 'notebooks', words: 'plans' });
  expect(scoped('>undo')).toEqual({ scope: 'commands', words: 'undo' });
  expect(scoped('undo #')).toEqual({ scope: undefined, words: 'undo #' });
});

test('a command that can do nothing now says why', () => {
  const here: Situation = { readOnly: false, cells: 3, position: 1, canUndo: true, canRedo: false, online: true, running: false, kernel: false };
  expect(hindrance('redo', here)).toBe('nothingToRedo');
  expect(hindrance('undo', here)).toBeUndefined();
  expect(hindrance('moveUp', here)).toBeUndefined();
  expect(hindrance('moveUp', { ...here, position: 0 })).toBe('firstCell');
  expect(hindrance('mergeBelow', { ...here, position: 2 })).toBe('lastCell');
  expect(hindrance('delete', { ...here, cells: 0, position: -1 })).toBe('noCells');
  expect(hindrance('addBelow', { ...here, cells: 0, position: -1 })).toBeUndefined();
  expect(hindrance('addBelow', { ...here, readOnly: true })).toBe('readOnly');
  expect(hindrance('selectBelow', { ...here, readOnly: true })).toBeUndefined();
});

test('what the server does says why it cannot be done now', () => {
  const here: Situation = { readOnly: false, cells: 3, position: 1, canUndo: true, canRedo: false, online: true, running: false, kernel: false };
  expect(hindrance('runAll', here)).toBeUndefined();
  expect(hindrance('runAll', { ...here, online: false })).toBe('offline');
  expect(hindrance('advance', { ...here, online: false })).toBeUndefined();
  expect(hindrance('advance', { ...here, readOnly: true })).toBeUndefined();
  expect(hindrance('runAll', { ...here, readOnly: true })).toBe('readOnly');
  expect(hindrance('stopAll', here)).toBe('nothingRuns');
  expect(hindrance('shutDownKernel', here)).toBe('noKernel');
  expect(hindrance('startKernel', { ...here, kernel: true })).toBe('kernelRuns');
});
