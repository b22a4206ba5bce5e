// Finding an entry by a few of its letters: how well each fits, and which letters did. Pure.
//
// Invariant: an entry is found exactly when every word of the query stands in its label, letters in order; better
// places (the beginning, beginnings of words, letters side by side) come first, then what was used lately, then the
// order of the list.

export interface Candidate {
  id: string;
  label: string;
}

export interface Found<Entry extends Candidate> {
  entry: Entry;
  /** Offsets in the label, from and to, without overlap, in order. */
  marks: [from: number, to: number][];
}

/** What the first sign of a query asks for. */
export type Scope = 'commands' | 'cells' | 'people' | 'notebooks';

const SCOPES: { readonly [sign: string]: Scope } = { '>': 'commands', '#': 'cells', '@': 'people', '/': 'notebooks' };

/** The scope a query names by its first sign, and the rest of it. */
export function scoped(query: string): { scope: Scope | undefined; words: string } {
  const scope = SCOPES[query.trimStart().charAt(0)];
  return { scope, words: scope ? query.trimStart().slice(1).trim() : query.trim() };
}

/** The entries that fit, best first; with an empty query all, those used lately first. `recent` are ids, latest first. */
export function ranked<Entry extends Candidate>(query: string, entries: readonly Entry[], recent: readonly string[] = []): Found<Entry>[] {
  const words = query.split(/\s+/).filter((word) => word !== '').map(folded);
  const lately = new Map(recent.map((id, index) => [id, recent.length - index]));
  const fitting = entries.flatMap((entry, order) => {
    const fit = fitOf(words, entry.label);
    return fit ? [{ entry, order, ...fit, lately: lately.get(entry.id) ?? 0 }] : [];
  });
  fitting.sort((one, other) => other.score - one.score || other.lately - one.lately || one.order - other.order);
  return fitting.map(({ entry, marks }) => ({ entry, marks }));
}

/** The list of what was used, latest first, after another use. */
export function usedNow(recent: readonly string[], id: string): string[] {
  /** Enough for what a person does again and again. */
  const most = 20;
  return [id, ...recent.filter((other) => other !== id)].slice(0, most);
}

interface Fit {
  score: number;
  marks: [number, number][];
}

function fitOf(words: readonly string[], label: string): Fit | undefined {
  const letters = folded(label);
  let score = 0;
  const places = new Set<number>();
  for (const word of words) {
    const best = bestPlaces(word, letters);
    if (!best) return undefined;
    score += best.score;
    best.places.forEach((place) => places.add(place));
  }
  return { score, marks: runs([...places].sort((one, other) => one - other)) };
}

const HIT = 1;
const AT_WORD = 7;
const AT_LABEL = 3;
const BESIDE = 9;
const GAP = 2;

interface Path {
  score: number;
  /** The path to the letter before; chains share their beginnings. */
  before: Path | undefined;
  place: number;
}

/** The best way to lay the letters of a word over the label, in order. */
function bestPlaces(word: string, label: string): { score: number; places: number[] } | undefined {
  if (!standsIn(word, label)) return undefined;
  let row: (Path | undefined)[] = [];
  for (let index = 0; index < word.length; index += 1) {
    row = nextRow(row, word.charAt(index), label, index === 0);
  }
  let best: Path | undefined;
  for (const path of row) if (path && (!best || path.score > best.score)) best = path;
  const places: number[] = [];
  for (let path = best; path; path = path.before) places.unshift(path.place);
  return best && { score: best.score, places };
}

/** Whether the letters are there at all, in order: most labels are passed over by this. */
function standsIn(word: string, label: string): boolean {
  let at = -1;
  for (const letter of word.split('')) {
    at = label.indexOf(letter, at + 1);
    if (at < 0) return false;
  }
  return true;
}

/** For each place of the label the best path that ends there with `letter`. */
function nextRow(previous: readonly (Path | undefined)[], letter: string, label: string, first: boolean): (Path | undefined)[] {
  const row: (Path | undefined)[] = [];
  let farther: Path | undefined;
  for (let place = 0; place < label.length; place += 1) {
    const beside = previous[place - 1];
    const beforeThat = previous[place - 2];
    if (beforeThat && (!farther || beforeThat.score > farther.score)) farther = beforeThat;
    if (label.charAt(place) !== letter) continue;
    const here = HIT + startBonus(label, place);
    const ways: Path[] = first ? [{ score: here, before: undefined, place }] : [];
    if (beside) ways.push({ score: beside.score + HIT + Math.max(BESIDE, here - HIT), before: beside, place });
    if (farther) ways.push({ score: farther.score + here - GAP, before: farther, place });
    row[place] = ways.sort((one, other) => other.score - one.score)[0];
  }
  return row;
}

function startBonus(label: string, place: number): number {
  if (place === 0) return AT_WORD + AT_LABEL;
  return /[\p{L}\p{N}]/u.test(label.charAt(place - 1)) ? 0 : AT_WORD;
}

/** Letters without case and marks, each still one long, so that places stay places. */
function folded(text: string): string {
  if (/^[ -~]*$/.test(text)) return text.toLowerCase();
  return Array.from({ length: text.length }, (_, index) => foldedLetter(text.charAt(index))).join('');
}

function foldedLetter(letter: string): string {
  const plain = letter.normalize('NFD').charAt(0).toLowerCase();
  return plain.length === 1 ? plain : letter;
}

function runs(places: readonly number[]): [number, number][] {
  const found: [number, number][] = [];
  for (const place of places) {
    const last = found.at(-1);
    if (last && last[1] === place) last[1] = place + 1;
    else found.push([place, place + 1]);
  }
  return found;
}
