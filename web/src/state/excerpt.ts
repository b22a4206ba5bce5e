// The part of a long text that is shown at first, and the pieces in which all of it is laid out. Pure.
//
// Invariant: head, middle and tail joined are the text; the pieces of a text joined by line ends are the text, unless a
// single line is longer than a piece may be.

/** Two screens, and of the end what tells how it went. */
const HEAD_LINES = 60;
const TAIL_LINES = 30;
const HEAD_CHARACTERS = 30_000;
const TAIL_CHARACTERS = 10_000;
const PIECE_LINES = 200;
const PIECE_CHARACTERS = 20_000;

export interface Excerpt {
  head: string;
  /** Not shown at first; empty when the text is short. */
  middle: string;
  tail: string;
}

export function excerpt(text: string): Excerpt {
  const headEnd = Math.min(HEAD_CHARACTERS, endOfLine(text, HEAD_LINES));
  const tailStart = Math.max(text.length - TAIL_CHARACTERS, startOfLastLines(text, TAIL_LINES));
  if (headEnd >= tailStart) return { head: text, middle: '', tail: '' };
  return { head: text.slice(0, headEnd), middle: text.slice(headEnd, tailStart), tail: text.slice(tailStart) };
}

export function lineCount(text: string): number {
  let lines = text === '' ? 0 : 1;
  for (let at = text.indexOf('\n'); at >= 0 && at < text.length - 1; at = text.indexOf('\n', at + 1)) lines += 1;
  return lines;
}

/** Pieces that are laid out on their own; the line end between two pieces belongs to neither. */
export function pieces(text: string): string[] {
  const found: string[] = [];
  let start = 0;
  while (start < text.length) {
    const end = Math.min(endOfLine(text, PIECE_LINES, start), start + PIECE_CHARACTERS, text.length);
    const lineEnd = end < text.length ? text.lastIndexOf('\n', end - 1) : end;
    const cut = lineEnd >= start ? lineEnd : end;
    found.push(text.slice(start, cut));
    start = text[cut] === '\n' ? cut + 1 : cut;
  }
  return found;
}

/** Behind the end of the given number of lines. */
function endOfLine(text: string, lines: number, from = 0): number {
  let end = from - 1;
  for (let line = 0; line < lines; line += 1) {
    end = text.indexOf('\n', end + 1);
    if (end < 0) return text.length;
  }
  return end + 1;
}

function startOfLastLines(text: string, lines: number): number {
  let start = text.endsWith('\n') ? text.length - 1 : text.length;
  for (let line = 0; line < lines; line += 1) {
    start = start > 0 ? text.lastIndexOf('\n', start - 1) : -1;
    if (start < 0) return 0;
  }
  return start + 1;
}
