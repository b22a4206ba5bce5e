// The words of a notebook's code, for completion: which identifiers stand in which cell. Imports its siblings in doc/.
//
// Invariant: a key never waits for it. A change only marks its cell; cells are read in idle time, a few at a time, and
// what is not read yet is not offered yet.

import { kindOf, sourceOf } from './cell';
import type { Notebook } from './notebook';

/** An identifier of some other cell, and how many cells away the nearest of those is. */
export interface Word {
  word: string;
  distance: number;
}

/** Calls back when there is time to spare, after a change only once people have paused; returns how to call it off. */
export type Idle = (work: () => void, when: 'soon' | 'afterPause') => () => void;

/** Shorter ones are typed faster than chosen. */
const SHORTEST = 3;
const LONGEST = 60;
/** Cells read in one piece of idle time: a fraction of a millisecond each. */
const AT_A_TIME = 10;
/** A data set pasted into a cell has no end of words. */
const MOST_OF_A_CELL = 5000;

const IDENTIFIER = /[\p{L}_$][\p{L}\p{M}\p{N}_$]*/gu;

export class WordIndex {
  readonly #words = new Map<string, ReadonlySet<string>>();
  /** Cells that changed since they were read. */
  readonly #waiting = new Set<string>();
  readonly #watched = new Map<string, () => void>();
  readonly #stopStructure: () => void;
  #callOff: (() => void) | undefined;

  constructor(
    private readonly notebook: Notebook,
    private readonly idle: Idle,
  ) {
    this.#stopStructure = notebook.onStructure(() => this.#follow());
    this.#follow();
  }

  destroy(): void {
    this.#callOff?.();
    this.#stopStructure();
    for (const stop of this.#watched.values()) stop();
  }

  /** The words of all other code cells that begin with the letter `initial` in either case, the nearest cells first. */
  near(cell: string, initial: string): Word[] {
    const ids = this.notebook.ids();
    const here = ids.indexOf(cell);
    const found = new Map<string, Word>();
    const wanted = initial.toLowerCase();
    for (const { id, distance } of outwards(ids, here)) {
      for (const word of this.#words.get(id) ?? []) {
        if (!found.has(word) && word[0]?.toLowerCase() === wanted) found.set(word, { word, distance });
      }
    }
    return [...found.values()];
  }

  /** Watches the cells there are now and forgets those that are gone. */
  #follow(): void {
    const ids = new Set(this.notebook.ids());
    for (const [id, stop] of this.#watched) {
      if (ids.has(id)) continue;
      stop();
      this.#watched.delete(id);
      this.#words.delete(id);
    }
    for (const id of ids) if (!this.#watched.has(id)) this.#watch(id);
  }

  #watch(id: string): void {
    this.#watched.set(id, this.notebook.onCell(id, (part) => part !== 'outputs' && this.#await(id, 'afterPause')));
    this.#await(id, 'soon');
  }

  #await(id: string, when: 'soon' | 'afterPause'): void {
    this.#waiting.add(id);
    this.#callOff ??= this.idle(() => this.#read(), when);
  }

  #read(): void {
    this.#callOff = undefined;
    for (const id of [...this.#waiting].slice(0, AT_A_TIME)) {
      this.#waiting.delete(id);
      const cell = this.notebook.cell(id);
      const source = cell && kindOf(cell) === 'code' ? sourceOf(cell) : undefined;
      if (source) this.#words.set(id, identifiers(source.toString(), this.notebook.language()));
      else this.#words.delete(id);
    }
    if (this.#waiting.size > 0) this.#callOff = this.idle(() => this.#read(), 'soon');
  }
}

/** What begins a comment that goes to the end of its line; others than these use `#`. */
const COMMENT: readonly [RegExp, RegExp][] = [
  [/^(?:c|c\+\+|c#|f#|java|javascript|typescript|kotlin|scala|go|rust|swift|php|groovy|dart)\b/, /(?:^|\s)\/\/.*$/gm],
  [/^(?:sql|haskell|lua|mysql|sqlite|postgresql)\b/, /(?:^|\s)--.*$/gm],
  [/^(?:clojure|scheme|common lisp|racket)\b/, /(?:^|\s);.*$/gm],
  [/^(?:octave|matlab|latex|erlang)\b/, /(?:^|\s)%.*$/gm],
];
const HASH = /(?:^|\s)#.*$/gm;

/** The identifiers of a text, each once, in the order of their first use. What comments say is no code. */
export function identifiers(text: string, language: string): Set<string> {
  const words = new Set<string>();
  const comment = COMMENT.find(([languages]) => languages.test(language))?.[1] ?? HASH;
  for (const [word] of text.replace(comment, '').matchAll(IDENTIFIER)) {
    if (word.length >= SHORTEST && word.length <= LONGEST) words.add(word);
    if (words.size >= MOST_OF_A_CELL) break;
  }
  return words;
}

/** All but the one `here`, by their distance from it; above before below. */
function outwards(ids: readonly string[], here: number): { id: string; distance: number }[] {
  const places = ids.map((id, index) => ({ id, distance: Math.abs(index - here) }));
  return places.filter(({ distance }) => distance > 0).sort((one, other) => one.distance - other.distance);
}
