// The part of a long text that is shown at first. Pure.

/** About four screens. */
const MOST_LINES = 160;
const MOST_CHARACTERS = 40_000;

export interface Excerpt {
  text: string;
  /** Absent when nothing is left out. */
  whole?: { lines: number; characters: number };
}

export function excerpt(text: string): Excerpt {
  const cut = Math.min(text.length, MOST_CHARACTERS, endOfLine(text, MOST_LINES));
  if (cut >= text.length) return { text };
  return { text: text.slice(0, cut), whole: { lines: text.split('\n').length, characters: text.length } };
}

/** Where the given number of lines ends. */
function endOfLine(text: string, lines: number): number {
  let end = -1;
  for (let line = 0; line < lines; line += 1) {
    end = text.indexOf('\n', end + 1);
    if (end < 0) return text.length;
  }
  return end;
}
