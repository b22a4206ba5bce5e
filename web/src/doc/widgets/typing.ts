// What a person does in a native text field as the smallest edit of a text that others write in too. Pure.
//
// Invariant: an edit touches no character that is the same before and after, and splits no pair of surrogates; an offset
// that is carried through somebody's edit stays between the same characters.

export interface Edit {
  at: number;
  remove: number;
  insert: string;
}

/** One step of what Yjs tells of a change in a text. */
export interface Step {
  retain?: number;
  insert?: unknown;
  delete?: number;
}

/**
 * `caret` is where the caret stands in `after`: of equal letters it tells which one was typed. Undefined when both are
 * the same.
 */
export function smallestEdit(before: string, after: string, caret: number): Edit | undefined {
  if (before === after) return undefined;
  const shorter = Math.min(before.length, after.length);
  let end = commonEnd(before, after, Math.min(shorter, Math.max(0, after.length - caret)));
  const start = wholePairs(before, after, commonStart(before, after, shorter - end));
  end += commonEnd(before.slice(0, before.length - end), after.slice(0, after.length - end), shorter - start - end);
  end = wholePairsFromEnd(before, after, start, end);
  return { at: start, remove: before.length - end - start, insert: after.slice(start, after.length - end) };
}

/** Where an offset stands after a change by somebody else; what is inserted just there stands after it. */
export function carried(offset: number, steps: readonly Step[]): number {
  let at = 0;
  let moved = offset;
  for (const { retain, insert, delete: gone } of steps) {
    if (retain !== undefined) at += retain;
    if (typeof insert === 'string') {
      if (at < moved) moved += insert.length;
      at += insert.length;
    }
    if (gone !== undefined && at < moved) moved -= Math.min(gone, moved - at);
  }
  return moved;
}

function commonStart(one: string, other: string, most: number): number {
  let length = 0;
  while (length < most && one[length] === other[length]) length += 1;
  return length;
}

function commonEnd(one: string, other: string, most: number): number {
  let length = 0;
  while (length < most && one[one.length - 1 - length] === other[other.length - 1 - length]) length += 1;
  return length;
}

/** Shorter by one where the common part would end between two halves of a character. */
function wholePairs(before: string, after: string, start: number): number {
  return splits(before, start) || splits(after, start) ? start - 1 : start;
}

function wholePairsFromEnd(before: string, after: string, start: number, end: number): number {
  const split = splits(before, before.length - end) || splits(after, after.length - end);
  return split && end > 0 && before.length - end >= start ? end - 1 : end;
}

function splits(text: string, at: number): boolean {
  return at > 0 && at < text.length && /[\ud800-\udbff]/.test(text[at - 1] ?? '') && /[\udc00-\udfff]/.test(text[at] ?? '');
}
