// Which press is which stroke, on any keyboard, and which strokes make a command.

import { expect, test } from 'vitest';

import { bindingsOf } from '../../src/state/keymap';
import { passesText, press, SEQUENCE_MS, strokeOf, type KeyPress, type Platform } from '../../src/state/keys';

const BINDINGS = bindingsOf({});

function stroke(key: string, more: Partial<KeyPress> & { altGraph?: boolean } = {}, platform: Platform = 'other'): string | undefined {
  const { altGraph = false, ...rest } = more;
  const plain = { key, code: '', shiftKey: false, altKey: false, ctrlKey: false, metaKey: false, isComposing: false };
  return strokeOf({ ...plain, ...rest, getModifierState: (name) => name === 'AltGraph' && altGraph }, platform);
}

/** The command after a row of strokes, each with its time. */
function typed(...strokes: [stroke: string, at: number][]) {
  let state: ReturnType<typeof press> = {};
  for (const [name, at] of strokes) state = press(state.pending, name, at, BINDINGS);
  return state;
}

test('a sequence of keys is a command only when it is whole', () => {
  expect(typed(['d', 0])).toEqual({ pending: { typed: 'd', at: 0 } });
  expect(typed(['d', 0], ['d', 400])).toEqual({ command: 'delete' });
  expect(typed(['d', 0], ['j', 400])).toEqual({ command: 'selectBelow' });
  expect(typed(['q', 0])).toEqual({});
});

test('after a pause a sequence begins anew', () => {
  expect(typed(['d', 0], ['d', SEQUENCE_MS])).toEqual({ command: 'delete' });
  expect(typed(['d', 0], ['d', SEQUENCE_MS + 1])).toEqual({ pending: { typed: 'd', at: SEQUENCE_MS + 1 } });
});

test('modifiers and signs are named as the bindings write them', () => {
  expect(stroke('?', { shiftKey: true })).toBe('?');
  expect(stroke('M', { shiftKey: true })).toBe('Shift+m');
  expect(stroke('Enter', { shiftKey: true })).toBe('Shift+Enter');
  expect(stroke(' ', { code: 'Space' })).toBe('Space');
  expect(stroke('P', { ctrlKey: true, shiftKey: true })).toBe('Mod+Shift+p');
});

test('the main modifier is Ctrl, and ⌘ on a Mac, where Ctrl is another', () => {
  expect(stroke('f', { ctrlKey: true })).toBe('Mod+f');
  expect(stroke('f', { metaKey: true }, 'mac')).toBe('Mod+f');
  expect(stroke('f', { ctrlKey: true }, 'mac')).toBe('Ctrl+f');
  expect(stroke('f', { metaKey: true })).toBe('Meta+f');
});

test('Caps Lock changes no command', () => {
  expect(stroke('D')).toBe('d');
});

test('where the layout writes no letters of ours the place of the key counts', () => {
  expect(stroke('в', { code: 'KeyD' })).toBe('d');
  expect(stroke('З', { code: 'KeyP', ctrlKey: true, shiftKey: true })).toBe('Mod+Shift+p');
  expect(stroke('φ', { code: 'KeyF', ctrlKey: true })).toBe('Mod+f');
  expect(stroke('١', { code: 'Digit1' })).toBe('1');
});

test('where it writes them the letter counts, wherever its key is', () => {
  expect(stroke('z', { code: 'KeyY' })).toBe('z');
  expect(stroke('e', { code: 'KeyD' })).toBe('e');
  expect(stroke('é', { code: 'Digit2' })).toBe('é');
});

test('what AltGr writes is a sign and no command with Ctrl and Alt', () => {
  expect(stroke('@', { code: 'KeyQ', ctrlKey: true, altKey: true, altGraph: true })).toBe('@');
  expect(stroke('ł', { code: 'KeyL', ctrlKey: true, altKey: true, altGraph: true })).toBe('ł');
});

test('what Option writes on a Mac is the key with a modifier', () => {
  expect(stroke('å', { code: 'KeyA', altKey: true }, 'mac')).toBe('Alt+a');
  expect(stroke('ArrowUp', { code: 'ArrowUp', altKey: true }, 'mac')).toBe('Alt+ArrowUp');
});

test('modifiers alone, dead keys and keys of an open composition are no stroke', () => {
  for (const key of ['Shift', 'Control', 'AltGraph', 'Dead', 'Process', 'Unidentified', 'CapsLock']) expect(stroke(key), key).toBeUndefined();
  expect(stroke('d', { isComposing: true })).toBeUndefined();
});

test('only what writes nothing may be a command while one types', () => {
  expect(['Mod+f', 'F1', 'Shift+F3', 'Alt+ArrowUp', 'Ctrl+Shift+p'].filter(passesText).length).toBe(5);
  expect(['h', '?', 'Shift+m', 'Enter', 'Shift+Enter', 'd d'].filter(passesText)).toEqual([]);
});
