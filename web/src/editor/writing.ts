// Keys that people know from writing: bold, slanted, code, links, and Tab in lists. For notes and prompts.
//
// Invariant: every key changes only the marks around what is selected, and pressing it again takes them away.

import { EditorSelection, Prec, type ChangeSpec, type EditorState, type Extension, type Line, type SelectionRange, type StateCommand } from '@codemirror/state';
import { keymap } from '@codemirror/view';

import { richPaste } from './rich';

/** Puts marks around each selection, or around the word at the caret, or takes them away. */
export function mark(sign: string): StateCommand {
  return ({ state, dispatch }) => {
    if (state.readOnly) return false;
    const change = state.changeByRange((range) => marked(state, wordAt(state, range), range, sign));
    dispatch(state.update(change, { userEvent: 'input.format', scrollIntoView: true }));
    return true;
  };
}

interface Marked {
  changes: ChangeSpec;
  range: SelectionRange;
}

function marked(state: EditorState, target: SelectionRange, range: SelectionRange, sign: string): Marked {
  const { length } = sign;
  const { from, to } = target;
  if (hasAround(state, target, sign)) {
    const changes = [{ from: from - length, to: from }, { from: to, to: to + length }];
    return { changes, range: EditorSelection.range(range.anchor - length, range.head - length) };
  }
  if (hasInside(state.sliceDoc(from, to), sign)) {
    const changes = [{ from, to: from + length }, { from: to - length, to }];
    return { changes, range: EditorSelection.range(from, to - 2 * length) };
  }
  const changes = [{ from, insert: sign }, { from: to, insert: sign }];
  return { changes, range: EditorSelection.range(range.anchor + length, range.head + length) };
}

function hasAround(state: EditorState, { from, to }: SelectionRange, sign: string): boolean {
  return isMarked(reversed(state.sliceDoc(Math.max(0, from - 3), from)), state.sliceDoc(to, to + 3), sign);
}

function hasInside(text: string, sign: string): boolean {
  return text.length > 2 * sign.length && isMarked(text, reversed(text.slice(-3)), sign);
}

/** Whether both begin with the mark: one asterisk of two is none, three are both. */
function isMarked(before: string, after: string, sign: string): boolean {
  const run = new RegExp(`^\\${sign[0] ?? ''}{0,3}`);
  return [before, after].every((text) => [sign.length, 3].includes(run.exec(text)?.[0].length ?? 0));
}

function reversed(text: string): string {
  return [...text].reverse().join('');
}

function wordAt(state: EditorState, range: SelectionRange): SelectionRange {
  return range.empty ? (state.wordAt(range.head) ?? range) : range;
}

/** `[text](address)`: with an address selected the caret goes where the text is to be, else where the address is. */
export const link: StateCommand = ({ state, dispatch }) => {
  if (state.readOnly) return false;
  const change = state.changeByRange((range) => {
    const text = state.sliceDoc(range.from, range.to);
    const isAddress = /^[a-z][a-z+.-]*:\/\/\S+$/i.test(text);
    const insert = isAddress ? `[](${text})` : `[${text}]()`;
    const caret = range.from + (isAddress || text === '' ? 1 : insert.length - 1);
    return { changes: { from: range.from, to: range.to, insert }, range: EditorSelection.cursor(caret) };
  });
  dispatch(state.update(change, { userEvent: 'input.format', scrollIntoView: true }));
  return true;
};

const ITEM = /^([ \t]*)([-+*]|\d{1,9}[.)])[ \t]+/;

/** Moves list items a level in, below the item above; elsewhere Tab leads on, as those need who have no pointer. */
export const indentItem: StateCommand = (target) => moveItems(target, (state, first, space) => {
  const above = itemAbove(state, first.number, space);
  return above && above.length <= space.length ? (ITEM.exec(above.line.text)?.[0].length ?? 0) - space.length : 0;
});

/** Moves list items a level out, to the level of the item they are part of. */
export const outdentItem: StateCommand = (target) => moveItems(target, (state, first, space) => {
  const outer = itemAbove(state, first.number, space.slice(1));
  return space === '' ? 0 : (outer?.length ?? 0) - space.length;
});

/** The nearest item above that stands no further in than `space`. */
function itemAbove(state: EditorState, from: number, space: string): { line: Line; length: number } | undefined {
  for (let number = from - 1; number > 0; number -= 1) {
    const line = state.doc.line(number);
    const length = ITEM.exec(line.text)?.[1]?.length;
    if (length !== undefined && length <= space.length) return { line, length };
    if (length === undefined && /^\S/.test(line.text)) return undefined;
  }
  return undefined;
}

/** How far items go in, or out if it is below zero, told for the first of them. */
type Shift = (state: EditorState, first: Line, space: string) => number;

function moveItems({ state, dispatch }: Parameters<StateCommand>[0], shift: Shift): boolean {
  const { from, to } = state.selection.main;
  const first = state.doc.lineAt(from);
  const item = ITEM.exec(first.text);
  if (state.readOnly || state.selection.ranges.length > 1 || !item) return false;
  const [, space = '', sign = ''] = item;
  const by = shift(state, first, space);
  const lines = linesOf(state, first, state.doc.lineAt(to), space.length);
  const changes: ChangeSpec[] = lines.map((line) => moveBy(line, by));
  // A numbered item begins a list of its own.
  if (by > 0 && /\d/.test(sign)) changes.push({ from: first.from + space.length, to: first.from + space.length + sign.length - 1, insert: '1' });
  if (by !== 0) dispatch(state.update({ changes, userEvent: 'input.indent', scrollIntoView: true }));
  return true;
}

/** The selected lines and what is part of the last of them. */
function linesOf(state: EditorState, first: Line, last: Line, space: number): Line[] {
  const lines: Line[] = [];
  for (let number = first.number; number <= state.doc.lines; number += 1) {
    const line = state.doc.line(number);
    const inside = line.text.trim() === '' || (/^[ \t]*/.exec(line.text)?.[0].length ?? 0) > space;
    if (number > last.number && !inside) break;
    if (line.text.trim() !== '') lines.push(line);
  }
  return lines;
}

function moveBy({ from, text }: Line, by: number): ChangeSpec {
  const space = /^[ \t]*/.exec(text)?.[0].length ?? 0;
  return by > 0 ? { from, insert: ' '.repeat(by) } : { from, to: from + Math.min(space, -by) };
}

export const writing: Extension = [
  Prec.high(
    keymap.of([
      { key: 'Mod-b', run: mark('**'), preventDefault: true },
      { key: 'Mod-i', run: mark('*'), preventDefault: true },
      { key: 'Mod-e', run: mark('`'), preventDefault: true },
      { key: 'Mod-k', run: link, preventDefault: true },
      { key: 'Tab', run: indentItem, shift: outdentItem },
    ]),
  ),
  richPaste,
];
