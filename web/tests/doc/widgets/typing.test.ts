// What somebody types in a native field, as an edit; and where a caret stands after the edits of others.

import { expect, test } from 'vitest';
import * as Y from 'yjs';

import { carried, smallestEdit, type Edit, type Step } from '../../../src/doc/widgets/typing';

function applied(before: string, { at, remove, insert }: Edit): string {
  return before.slice(0, at) + insert + before.slice(at + remove);
}

test('what did not change is no edit', () => {
  expect(smallestEdit('abc', 'abc', 2)).toBeUndefined();
});

test('of equal letters the caret tells which one was typed or taken away', () => {
  expect(smallestEdit('aaa', 'aaaa', 2)).toEqual({ at: 1, remove: 0, insert: 'a' });
  expect(smallestEdit('aaaa', 'aaa', 0)).toEqual({ at: 0, remove: 1, insert: '' });
  expect(smallestEdit('aa', 'aaa', 3)).toEqual({ at: 2, remove: 0, insert: 'a' });
});

test('a selection that was overwritten keeps the letters that are the same at both ends', () => {
  expect(smallestEdit('one two three', 'one ten three', 7)).toEqual({ at: 5, remove: 2, insert: 'en' });
});

test('a character of two halves is never split', () => {
  const edit = smallestEdit('a😀b', 'a😁b', 3);
  expect(edit).toEqual({ at: 1, remove: 2, insert: '😁' });
  // Both end in the same half: 🌀 and 😀 differ in the first only.
  expect(smallestEdit('🌀', '😀', 2)).toEqual({ at: 0, remove: 2, insert: '😀' });
});

test('the caret may stand anywhere and the edit still makes one text of the other', () => {
  const letters = ['a', 'b', '😀', '🌀', '\n'];
  let seed = 7;
  const below = (most: number): number => (seed = (seed * 1103515245 + 12345) % 2147483648) % most;
  const text = (): string => Array.from({ length: below(7) }, () => letters[below(letters.length)]).join('');
  for (let round = 0; round < 4000; round += 1) {
    const [before, after] = [text(), text()];
    const edit = smallestEdit(before, after, below(after.length + 2));
    const doc = new Y.Doc().getText('t');
    doc.insert(0, before);
    if (edit) {
      expect(applied(before, edit)).toBe(after);
      doc.delete(edit.at, edit.remove);
      doc.insert(edit.at, edit.insert);
    }
    expect(doc.toString()).toBe(after);
  }
});

test('a caret stays between its letters whatever others write and delete', () => {
  const insertedBefore: Step[] = [{ retain: 1 }, { insert: 'xyz' }];
  expect(carried(3, insertedBefore)).toBe(6);
  expect(carried(0, insertedBefore)).toBe(0);
  // Just at the caret: it stays before what came.
  expect(carried(1, insertedBefore)).toBe(1);
  expect(carried(4, [{ retain: 2 }, { delete: 5 }])).toBe(2);
  expect(carried(9, [{ retain: 2 }, { delete: 5 }])).toBe(4);
  expect(carried(5, [{ insert: 'ab' }, { retain: 3 }, { delete: 1 }])).toBe(6);
});
