// Markdown that is still being written, as it will most likely go on: a bold word is bold before its second pair of
// asterisks has come, and half a link is its text. Pure.
//
// Invariant: of a text in which nothing is open nothing is changed; what is changed is only at its end.

const FENCE = /^(?:[ \t>]|[-*+] |\d{1,9}[.)] )*(`{3,}|~{3,})([^`]*)$/;
/** Signs that mean nothing yet, or something else when the next one comes: two dashes are no heading, nor a rule. */
const BEGUN = /(?:^|\n)[ \t>]*(?:-+|=+|\*+|_+|#{1,6}|\+|\d{1,9}[.)]?|`{1,2}|~{1,2}|!?\[)[ \t]*$/;
/** The first row of a table, of which nobody can tell yet that it is one. */
const TABLE_BEGUN = /(?:^|\n[ \t]*\n|^\n)(?:[ \t]*\|[^\n]*)(?:\n[ \t]*\|?[ \t:|-]*)?$/;

/** The text as it is to be drawn while more comes. */
export function finished(source: string): string {
  const fence = openFence(source);
  if (fence) return closedFence(source, fence);
  const shown = withoutOpenFormula(source.replace(TABLE_BEGUN, '').replace(BEGUN, ''));
  const at = lastBlock(shown);
  return shown.slice(0, at) + closedInline(shown.slice(at));
}

interface Fence {
  /** Where its first line begins, and ends. */
  from: number;
  to: number;
  sign: string;
  language: string;
}

function openFence(source: string): Fence | undefined {
  let open: Fence | undefined;
  let from = 0;
  for (const line of source.split('\n')) {
    const [, sign = '', info = ''] = FENCE.exec(line) ?? [];
    if (open === undefined && sign !== '') open = { from, to: from + line.length, sign, language: info.trim() };
    else if (open && sign.startsWith(open.sign) && info.trim() === '') open = undefined;
    from += line.length + 1;
  }
  return open;
}

/** A diagram that is not whole cannot be drawn: until it is, it is code. The end of the block may have come in part. */
function closedFence(source: string, { from, to, sign, language }: Fence): string {
  const partial = new RegExp(`\\n[ \\t>]*${sign[0] ?? ''}{1,${sign.length - 1}}$`);
  const whole = source.replace(partial, '\n');
  if (language !== 'mermaid') return whole;
  return whole.slice(0, from) + whole.slice(from, to).replace(/mermaid\s*$/, 'text') + whole.slice(to);
}

/** Formulas are set when they are whole. */
function withoutOpenFormula(source: string): string {
  const signs = [...source.matchAll(/(?<!\\)\$\$/g)];
  return signs.length % 2 === 0 ? source : source.slice(0, signs.at(-1)?.index);
}

/** Where the last paragraph begins: marks of emphasis reach no further. */
function lastBlock(source: string): number {
  let end = source.lastIndexOf('\n');
  while (end > 0) {
    const before = source.lastIndexOf('\n', end - 1);
    if (before >= 0 && source.slice(before, end).trim() === '') return end + 1;
    end = before;
  }
  return 0;
}

function closedInline(block: string): string {
  const text = withoutOpenLink(block).replace(/(?<=^|[\s([{"'])(?:[*_]+|~~?)$/, '');
  const { outside, open } = withoutCode(text);
  if (open !== '') return text.endsWith(open) ? text.slice(0, -open.length) : text + open;
  const marks = openMarks(outside);
  return marks.length === 0 ? text : text.trimEnd() + marks.reverse().join('');
}

/** Of a link its text stays, of a picture nothing. */
function withoutOpenLink(text: string): string {
  return text.replace(/(!?)\[([^[\]\n]*)(?:\]\([^)\n]*)?$/, (_, picture: string, inside: string) => (picture === '' ? inside : ''));
}

/** The text with what stands in code left out, and the signs of a piece of code that is open at its end. */
function withoutCode(text: string): { outside: string; open: string } {
  let outside = '';
  let from = 0;
  for (const { 0: sign, index } of text.matchAll(/`+/g)) {
    if (index < from) continue;
    outside += text.slice(from, index);
    const end = new RegExp(`(?<!\`)${sign}(?!\`)`, 'g');
    end.lastIndex = index + sign.length;
    if (!end.test(text)) return { outside, open: sign };
    from = end.lastIndex;
  }
  return { outside: outside + text.slice(from), open: '' };
}

/** The marks of emphasis that are open at the end, the last one last. */
function openMarks(text: string): string[] {
  const open: string[] = [];
  for (const { 0: run, index } of text.matchAll(/\*+|_+|~~/g)) {
    const before = text[index - 1] ?? ' ';
    const after = text[index + run.length] ?? ' ';
    if (before === '\\' || (run.startsWith('_') && isLetter(before) && isLetter(after))) continue;
    const left = isBlank(before) ? run : closing(run, open);
    if (left !== '' && !isBlank(after) && !isLetter(before)) open.push(left);
  }
  return open;
}

/** Closes what the marks close, and gives back those that are left. */
function closing(run: string, open: string[]): string {
  let left = run;
  for (let last = open.at(-1); left !== '' && last !== undefined && last[0] === left[0]; last = open.at(-1)) {
    const length = Math.min(last.length, left.length);
    open.pop();
    if (last.length > length) open.push(last.slice(length));
    left = left.slice(length);
  }
  return left;
}

function isBlank(sign: string): boolean {
  return /\s/.test(sign);
}

function isLetter(sign: string): boolean {
  return /[\p{L}\p{N}]/u.test(sign);
}
