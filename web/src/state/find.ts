// Finding and replacing in one text. Pure; runs on the page and in the worker alike.
//
// Invariant: an edit changes only what differs, so that what others type beside it, and their carets, stay.

export interface Query {
  pattern: string;
  caseSensitive: boolean;
  wholeWord: boolean;
  /** The pattern is a regular expression; otherwise it is found as it stands. */
  regular: boolean;
}

export interface Span {
  from: number;
  to: number;
}

/** `insert` goes to where `from` to `to` was. */
export interface Edit extends Span {
  insert: string;
}

export interface Replacing {
  /** With a regular expression `$1`, `$<name>`, `$&`, `\n` and `\t` mean something. */
  replacement: string;
  /** `Color` becomes `Colour` and `COLOR` `COLOUR`. */
  preserveCase: boolean;
}

/** What is wrong with a regular expression. */
export type Fault = 'openGroup' | 'closeGroup' | 'openClass' | 'nothingToRepeat' | 'lastBackslash' | 'order' | 'escape' | 'other' | 'tooLong';

/** More matches than this in one text are not counted: nobody goes through them. */
export const MOST_IN_TEXT = 2000;

export function compiled({ pattern, caseSensitive, regular }: Query): RegExp | Fault {
  try {
    return new RegExp(regular ? lenient(pattern) : escaped(pattern), caseSensitive ? 'gmu' : 'gimu');
  } catch {
    return faultOf(pattern);
  }
}

/** Where the expression fits, in order, without overlap. */
export function spansIn(text: string, expression: RegExp, wholeWord: boolean, most = MOST_IN_TEXT): Span[] {
  return matchesIn(text, expression, wholeWord, most).map(({ index, 0: whole }) => ({ from: index, to: index + whole.length }));
}

/** What to change in the text to replace all that fits, or of it only what begins at `only`. */
export function editsIn(text: string, query: Query, replacing: Replacing, only?: number): Edit[] {
  const expression = compiled(query);
  if (typeof expression === 'string') return [];
  return matchesIn(text, expression, query.wholeWord, Infinity)
    .filter(({ index }) => only === undefined || index === only)
    .map((match) => editOf(match, query, replacing));
}

/** The edit without what stays the same at its ends; it may be empty. */
export function narrowed(text: string, { from, to, insert }: Edit): Edit {
  const old = text.slice(from, to);
  const most = Math.min(old.length, insert.length);
  let start = 0;
  while (start < most && old[start] === insert[start]) start += 1;
  if (splitsPair(old, start) || splitsPair(insert, start)) start -= 1;
  let end = 0;
  while (end < most - start && old[old.length - 1 - end] === insert[insert.length - 1 - end]) end += 1;
  if (splitsPair(old, old.length - end) || splitsPair(insert, insert.length - end)) end -= 1;
  return { from: from + start, to: to - end, insert: insert.slice(start, insert.length - end) };
}

/** `insert` in the case of what it replaces. */
export function inCaseOf(old: string, insert: string): string {
  const letters = old.replace(/[^\p{L}]/gu, '');
  if (letters === '' || letters.toLowerCase() === letters.toUpperCase()) return insert;
  if (letters === letters.toLowerCase()) return insert.toLowerCase();
  const [first = ''] = letters;
  if (letters === letters.toUpperCase() && letters.length > first.length) return insert.toUpperCase();
  return first === first.toUpperCase() ? insert.replace(/\p{L}/u, (letter) => letter.toUpperCase()) : insert;
}

/**
 * For each match in a source the place where the rendered text shows it: markup differs and hides some, so both rows
 * are laid side by side in order, as well as the words around them agree. Undefined where none shows it.
 */
export function counterparts(source: string, spans: readonly Span[], shown: string, places: readonly Span[]): (number | undefined)[] {
  if (spans.length === places.length) return spans.map((_, order) => order);
  if (spans.length * places.length > MOST_COMPARED) return spans.map((_, order) => Math.floor((order * places.length) / spans.length));
  const around = places.map((place) => surroundings(shown, place));
  const likeness = spans.map((span) => around.map((other) => agreement(surroundings(source, span), other)));
  return aligned(likeness, places.length);
}

/** Beyond this rough is good enough: nobody compares thousands of matches by eye. */
const MOST_COMPARED = 40_000;

/** The pairing in order that has the most likeness in all. */
function aligned(likeness: readonly (readonly number[])[], columns: number): (number | undefined)[] {
  const best: number[][] = Array.from({ length: likeness.length + 1 }, () => new Array<number>(columns + 1).fill(0));
  const at = (row: number, column: number): number => best[row]?.[column] ?? 0;
  for (let row = likeness.length - 1; row >= 0; row -= 1) {
    for (let column = columns - 1; column >= 0; column -= 1) {
      const paired = (likeness[row]?.[column] ?? 0) + at(row + 1, column + 1);
      (best[row] as number[])[column] = Math.max(paired, at(row + 1, column), at(row, column + 1));
    }
  }
  const pairs: (number | undefined)[] = new Array<undefined>(likeness.length).fill(undefined);
  for (let row = 0, column = 0; row < likeness.length && column < columns; ) {
    if (at(row, column) === at(row, column + 1)) column += 1;
    else if (at(row, column) === at(row + 1, column)) row += 1;
    else pairs[row++] = column++;
  }
  return pairs;
}

function matchesIn(text: string, expression: RegExp, wholeWord: boolean, most: number): RegExpExecArray[] {
  const found: RegExpExecArray[] = [];
  expression.lastIndex = 0;
  for (let match = expression.exec(text); match && found.length < most; match = expression.exec(text)) {
    const end = match.index + match[0].length;
    if (!wholeWord || (isEdge(text, match.index, match[0] !== '') && isEdge(text, end, match[0] !== ''))) found.push(match);
    // A match of nothing would be found for ever.
    if (match[0] === '') expression.lastIndex = end + ((text.codePointAt(end) ?? 0) > 0xffff ? 2 : 1);
  }
  return found;
}

/** Whether a word can begin or end here. */
function isEdge(text: string, at: number, nonEmpty: boolean): boolean {
  return nonEmpty && !(isWordAt(text, at - 1) && isWordAt(text, at));
}

function isWordAt(text: string, at: number): boolean {
  const low = text.charCodeAt(at) >= 0xdc00 && text.charCodeAt(at) <= 0xdfff;
  const point = text.codePointAt(low ? at - 1 : at);
  return point !== undefined && /[\p{L}\p{M}\p{N}_]/u.test(String.fromCodePoint(point));
}

function escaped(pattern: string): string {
  return pattern.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

/** Other engines allow a backslash before any sign, and people write it: `\-`, `\"`, `\#`. */
function lenient(pattern: string): string {
  return pattern.replace(/\\([^])/gu, (pair, sign: string) => (/[\p{L}\p{N}^$\\.*+?()[\]{}|/]/u.test(sign) ? pair : `\\u{${sign.codePointAt(0)?.toString(16)}}`));
}

function editOf(match: RegExpExecArray, { regular }: Query, { replacement, preserveCase }: Replacing): Edit {
  const [whole] = match;
  const plain = regular ? expanded(replacement, match) : replacement;
  return { from: match.index, to: match.index + whole.length, insert: preserveCase ? inCaseOf(whole, plain) : plain };
}

/** A group that did not take part is nothing; one that does not exist stays as it was written. */
function expanded(replacement: string, match: RegExpExecArray): string {
  return replacement.replace(/\$(\$|&|\d{1,2}|<([^>]*)>)|\\(n|t|\\)/g, (written: string, sign?: string, name?: string, special?: string) => {
    if (special !== undefined) return { n: '\n', t: '\t' }[special] ?? '\\';
    if (sign === '$') return '$';
    if (sign === '&') return match[0];
    if (name !== undefined) return match.groups && name in match.groups ? (match.groups[name] ?? '') : written;
    return group(match, sign ?? '') ?? written;
  });
}

/** `$12` is the twelfth group, or the first and a 2 where there is no twelfth. */
function group(match: RegExpExecArray, digits: string): string | undefined {
  const number = Number(digits);
  if (number >= 1 && number < match.length) return match[number] ?? '';
  const first = Number(digits.charAt(0));
  return digits.length === 2 && first >= 1 && first < match.length ? `${match[first] ?? ''}${digits.charAt(1)}` : undefined;
}

function splitsPair(text: string, at: number): boolean {
  const high = text.charCodeAt(at - 1);
  const low = text.charCodeAt(at);
  return high >= 0xd800 && high <= 0xdbff && low >= 0xdc00 && low <= 0xdfff;
}

/** How much around a match is compared. */
const AROUND = 40;

function surroundings(text: string, { from, to }: Span): { before: string; after: string } {
  const words = (part: string) => part.replace(/[^\p{L}\p{N}]+/gu, '');
  return { before: words(text.slice(Math.max(0, from - AROUND), from)), after: words(text.slice(to, to + AROUND)) };
}

type Surroundings = ReturnType<typeof surroundings>;

/** Any two may be the same; every sign around them that agrees makes it likelier. */
function agreement(one: Surroundings, other: Surroundings): number {
  return 0.5 + commonEnd(one.before, other.before) + commonStart(one.after, other.after);
}

function commonStart(one: string, other: string): number {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length += 1;
  return length;
}

function commonEnd(one: string, other: string): number {
  let length = 0;
  while (length < Math.min(one.length, other.length) && one.at(-1 - length) === other.at(-1 - length)) length += 1;
  return length;
}

/** Browsers say it in their own words; these are the mistakes people make. */
function faultOf(pattern: string): Fault {
  let open = 0;
  let inClass = false;
  for (let index = 0; index < pattern.length; index += 1) {
    const sign = pattern[index];
    if (sign === '\\') {
      if (index === pattern.length - 1) return 'lastBackslash';
      index += 1;
    } else if (inClass) inClass = sign !== ']';
    else if (sign === '[') inClass = true;
    else if (sign === '(') open += 1;
    else if (sign === ')' && (open -= 1) < 0) return 'closeGroup';
  }
  if (inClass) return 'openClass';
  if (open > 0) return 'openGroup';
  return faultInside(pattern);
}

function faultInside(pattern: string): Fault {
  if (/(?:^|[(|])[*+?]|[*+?]{3}|[*+][*+]/.test(pattern.replace(/\\./gu, 'x'))) return 'nothingToRepeat';
  if (/\{(\d+),(\d+)\}/.test(pattern) && [...pattern.matchAll(/\{(\d+),(\d+)\}/g)].some(([, least, most]) => Number(least) > Number(most))) return 'order';
  return /\\[^dDwWsSbBnrtvf0-9cxupPk^$\\.*+?()[\]{}|/]/u.test(pattern.replace(/\\\\/g, '')) ? 'escape' : 'other';
}
