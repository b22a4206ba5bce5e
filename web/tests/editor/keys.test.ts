// The help sheet tells no key of the editors that is not bound there.

import { EditorState, type Extension } from '@codemirror/state';
import { keymap, type KeyBinding } from '@codemirror/view';
import { expect, test } from 'vitest';

import { completion } from '../../src/editor/completion';
import { textKeys } from '../../src/editor/keys';
import { inspection } from '../../src/editor/inspection';
import { leaving } from '../../src/editor/leaving';
import { writing } from '../../src/editor/writing';
import { editingDeedOf, editingDeeds, editingKeys, type EditingDeed } from '../../src/state/editing';
import type { Platform } from '../../src/state/keys';

const OF_NOTES: ReadonlySet<EditingDeed> = new Set(['strong', 'emphasis', 'code', 'link']);
const OF_CODE: ReadonlySet<EditingDeed> = new Set(['complete', 'inspect']);
const KERNEL = { answers: () => false, complete: () => Promise.reject(new Error('never asked')), inspect: () => Promise.resolve('') };
const COMMON: Extension = [leaving, textKeys];

/** Modifiers in one order, whoever wrote them. */
function plain(keys: string): string {
  const parts = keys.split(/[-+](?!$)/);
  return [...parts.slice(0, -1).sort(), parts.at(-1)].join('+');
}

/** The keys an editor with these extensions binds. */
function bound(extensions: Extension, platform: Platform): Set<string> {
  const bindings: KeyBinding[] = EditorState.create({ extensions }).facet(keymap).flat();
  const keys = bindings.flatMap((binding) => {
    const key = (platform === 'mac' ? binding.mac : binding.linux) ?? binding.key;
    return key === undefined ? [] : [key, ...(binding.shift ? [`Shift-${key}`] : [])];
  });
  return new Set(keys.map(plain));
}

for (const platform of ['mac', 'other'] as const) {
  test(`the keys told for editors are bound in them: ${platform}`, () => {
    const notes = bound([writing, COMMON], platform);
    const code = bound([completion(() => [], [], true), inspection(KERNEL), COMMON], platform);
    expect(code.size).toBeGreaterThan(40);
    const missing = editingDeeds().flatMap((deed) => editingKeys(deed, platform).filter((keys) => {
      const inNotes = OF_CODE.has(deed) || notes.has(plain(keys));
      const inCode = OF_NOTES.has(deed) || code.has(plain(keys));
      return !inNotes || !inCode;
    }));
    expect(missing).toEqual([]);
  });

  test(`every key by which an editor is left is told: ${platform}`, () => {
    const told = new Set(editingDeeds().flatMap((deed) => editingKeys(deed, platform)).map(plain));
    const arrows = new Set(['ArrowUp', 'ArrowDown']);
    expect([...bound(leaving, platform)].filter((keys) => !told.has(keys) && !arrows.has(keys))).toEqual([]);
  });
}

test('what a stroke does in an editor is found by its name', () => {
  expect(editingDeedOf('Mod+m', 'other')).toBe('tabMoves');
  expect(editingDeedOf('Ctrl+m', 'mac')).toBeUndefined();
  expect(editingDeedOf('Mod+/', 'mac')).toBe('comment');
  expect(editingDeedOf('Mod+j', 'other')).toBeUndefined();
});
