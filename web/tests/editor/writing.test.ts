// The keys for writing. `|` is the caret, `‹›` a selection.

import { EditorSelection, EditorState, type StateCommand } from '@codemirror/state';
import { expect, test } from 'vitest';

import { indentItem, link, mark, outdentItem } from '../../src/editor/writing';

function after(command: StateCommand, marked: string): string {
  const [anchor, head] = marked.includes('|') ? [marked.indexOf('|'), marked.indexOf('|')] : [marked.indexOf('‹'), marked.indexOf('›') - 1];
  let state = EditorState.create({ doc: marked.replace(/[|‹›]/g, ''), selection: EditorSelection.single(anchor, head) });
  const taken = command({ state, dispatch: (transaction) => void (state = transaction.state) });
  const { from, to } = state.selection.main;
  const text = state.doc.toString();
  const shown = from === to ? `${text.slice(0, from)}|${text.slice(from)}` : `${text.slice(0, from)}‹${text.slice(from, to)}›${text.slice(to)}`;
  return taken ? shown : 'not taken';
}

test.each([
  ['a ‹b› c', 'a **‹b›** c'],
  ['a **‹b›** c', 'a ‹b› c'],
  ['a ‹**b**› c', 'a ‹b› c'],
  ['a wo|rd c', 'a **wo|rd** c'],
  ['a **wo|rd** c', 'a wo|rd c'],
  ['a | c', 'a **|** c'],
  ['a *‹b›* c', 'a ***‹b›*** c'],
  ['a ***‹b›*** c', 'a *‹b›* c'],
])('bold: %s becomes %s', (before, expected) => {
  expect(after(mark('**'), before)).toBe(expected);
});

test.each([
  ['a ‹b› c', 'a *‹b›* c'],
  ['a **‹b›** c', 'a ***‹b›*** c'],
  ['a *‹b›* c', 'a ‹b› c'],
  ['😀 wo|rd', '😀 *wo|rd*'],
])('slanted: %s becomes %s', (before, expected) => {
  expect(after(mark('*'), before)).toBe(expected);
});

test.each([
  ['a ‹b› c', 'a [b](|) c'],
  ['a | c', 'a [|]() c'],
  ['‹https://example.org/x›', '[|](https://example.org/x)'],
])('link: %s becomes %s', (before, expected) => {
  expect(after(link, before)).toBe(expected);
});

test.each([
  ['- a\n- b|', '- a\n  - b|'],
  ['1. a\n2. b|', '1. a\n   1. b|'],
  ['- a\n  - b\n- c|', '- a\n  - b\n  - c|'],
  ['- a\n- b|\n  - c\n\n  text\n- d', '- a\n  - b|\n    - c\n\n    text\n- d'],
  ['- a\n‹- [ ] b\n- [x] c›', '- a\n  ‹- [ ] b\n  - [x] c›'],
  ['- a|', '- a|'],
  ['text|', 'not taken'],
  ['text\n- a|', 'text\n- a|'],
])('Tab: %j becomes %j', (before, expected) => {
  expect(after(indentItem, before)).toBe(expected);
});

test.each([
  ['- a\n  - b|', '- a\n- b|'],
  ['1. a\n   - b\n     - c|', '1. a\n   - b\n   - c|'],
  ['- a\n  - b|\n    - c', '- a\n- b|\n  - c'],
  ['- a|', '- a|'],
  ['text|', 'not taken'],
])('Shift+Tab: %j becomes %j', (before, expected) => {
  expect(after(outdentItem, before)).toBe(expected);
});
