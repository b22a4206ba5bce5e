// The boxes of a task list: where one stands in the text of a note, and ticking it. Imports yjs only.
//
// Invariant: a tick changes what stands between the two brackets and nothing else, and only where a task still stands;
// a box that several people ticked at once ends with one mark for all of them.

import * as Y from 'yjs';

import { LOCAL } from './schema';

/** One box, as the source had it when it was drawn. */
export interface Task {
  /** Of the opening bracket, in UTF-16 units. */
  offset: number;
  /** The box with its brackets: one mark, or several for a moment after people ticked it at once. */
  mark: string;
}

/** The beginning of a list item that is a task; two marks are what concurrent ticks leave before they are united. */
export const TASK = /^\[[ xX]{1,4}\][ \t]+(?=\S)/;
const BOX = /^\[([ xX]{2,4})\]/;
/** More boxes than anybody ticks before their merging is done. */
const WATCHED_MAX = 200;

export function isTicked({ mark }: Pick<Task, 'mark'>): boolean {
  return /x/i.test(mark);
}

/** Offsets at which the lines of a text begin, as Markdown counts lines. */
export function lineStarts(source: string): number[] {
  return [0, ...[...source.matchAll(/\r\n?|\n/g)].map((end) => end.index + end[0].length)];
}

/** Where in the source an item's content stands that begins in a line behind marks of lists and quotes. */
export function columnOf(source: string, starts: readonly number[], line: number, content: string): number | undefined {
  const start = starts[line];
  if (start === undefined) return undefined;
  const text = source.slice(start, starts[line + 1]);
  const column = text.lastIndexOf(content.split('\n', 1)[0] ?? '');
  return column < 0 ? undefined : start + column;
}

/** Ticks or unticks; false if the text is no longer the one the box was drawn from. Call it in a transaction. */
export function tick(text: Y.Text, { offset, mark }: Task, ticked: boolean): boolean {
  if (text.toString().slice(offset, offset + mark.length) !== mark) return false;
  text.insert(offset + 1, ticked ? 'x' : ' ');
  text.delete(offset + 2, mark.length - 2);
  uniteLater(text, offset);
  return true;
}

/** Boxes that this person ticked: their opening brackets, which stay the same whatever others write. */
const watched = new WeakMap<Y.Text, Y.RelativePosition[]>();

function uniteLater(text: Y.Text, offset: number): void {
  let boxes = watched.get(text);
  if (!boxes) {
    watched.set(text, (boxes = []));
    text.observe(() => unite(text));
  }
  boxes.push(Y.createRelativePositionFromTypeIndex(text, offset));
  if (boxes.length > WATCHED_MAX) boxes.shift();
}

/** Everybody whose tick it was removes the same marks, so that removing them twice is removing them once. */
function unite(text: Y.Text): void {
  const { doc } = text;
  if (!doc) return;
  const places = (watched.get(text) ?? []).map((box) => Y.createAbsolutePositionFromRelativePosition(box, doc)?.index);
  for (const place of new Set(places)) {
    const marks = place === undefined ? undefined : BOX.exec(text.toString().slice(place))?.[1];
    if (place === undefined || marks === undefined) continue;
    const kept = Math.max(0, marks.search(/x/i));
    doc.transact(() => {
      text.delete(place + 2 + kept, marks.length - kept - 1);
      text.delete(place + 1, kept);
    }, LOCAL);
  }
}
