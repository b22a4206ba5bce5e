// What a text is indented by, told from the text itself. Pure.

/** Longer texts are judged by their beginning. */
const LINES_LOOKED_AT = 500;
/** One space is a slip, and more than these line things up. */
const LEAST = 2;
const MOST = 8;

/** A tab, or the step by which its lines go inwards: two to eight spaces. Undefined where nothing tells. */
export function indentOf(text: string): string | undefined {
  const steps = new Map<string, number>();
  let before = 0;
  for (const line of text.split('\n', LINES_LOOKED_AT)) {
    if (line.trim() === '') continue;
    const blank = /^[ \t]*/.exec(line)?.[0] ?? '';
    if (blank.startsWith('\t')) count(steps, '\t');
    else if (blank.length - before >= LEAST && blank.length - before <= MOST) count(steps, ' '.repeat(blank.length - before));
    before = blank.length;
  }
  return [...steps].reduce<[string, number] | undefined>((best, step) => (best && best[1] >= step[1] ? best : step), undefined)?.[0];
}

function count(steps: Map<string, number>, step: string): void {
  steps.set(step, (steps.get(step) ?? 0) + 1);
}
