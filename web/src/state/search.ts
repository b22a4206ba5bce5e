// What is found in a notebook, cell by cell, kept up to date while people type.
//
// Invariant: a change of one cell searches that cell only, and no stretch of work is longer than SLICE_MS; matches of a
// cell that is being searched again are the former ones until the new ones are there.

import { compiled, spansIn, type Fault, type Query, type Span } from './find';
import { TooLong, type Answer, type Job } from './patient';

/** Where to look. */
export interface Range {
  where: 'everything' | 'code' | 'notes';
  outputs: boolean;
  /** Limits it to some cells, or to a part of the text of a cell; asked anew at every look. */
  within?: (id: string) => Span | 'whole' | 'none';
}

/** What the search reads of a notebook. */
export interface Library {
  ids(): readonly string[];
  isCode(id: string): boolean;
  source(id: string): string;
  /** The text of its outputs as people read it, in order. */
  outputs(id: string): string[];
}

export interface Surroundings {
  now(): number;
  /** Runs something soon, when the page has drawn. */
  soon(run: () => void): void;
  patient: { ask(job: Job): Promise<Answer>; drop(): void };
}

/** The part of a cell in which a match lies: its text, or the output at this index. */
export const SOURCE = -1;

export interface Found {
  cell: string;
  part: number;
  from: number;
  to: number;
}

/** A place to search on from; there need not be a match. */
export type Position = Omit<Found, 'to'>;

/** By part; the text stands at SOURCE. */
type Parts = Map<number, readonly Span[]>;

/** Half a frame: the other half is for drawing. */
const SLICE_MS = 8;
/** Searching longer texts could take longer than a slice. */
const LONG_TEXT = 200_000;

export class Search {
  #query: Query | undefined;
  #range: Range = { where: 'everything', outputs: false };
  #expression: RegExp | undefined;
  #fault: Fault | undefined;
  readonly #results = new Map<string, Parts>();
  readonly #stale = new Set<string>();
  /** How many answers are still to come. */
  #asked = 0;
  readonly #listeners = new Set<(cells: ReadonlySet<string>) => void>();
  /** Answers to an older question are thrown away. */
  #question = 0;
  #scheduled = false;

  constructor(
    private readonly library: Library,
    private readonly surroundings: Surroundings,
  ) {}

  get fault(): Fault | undefined {
    return this.#fault;
  }

  /** Whether every cell has been looked through. */
  get complete(): boolean {
    return this.#stale.size === 0 && this.#asked === 0;
  }

  get total(): number {
    return this.library.ids().reduce((sum, id) => sum + sizeOf(this.#results.get(id)), 0);
  }

  spans(cell: string, part: number): readonly Span[] {
    return this.#results.get(cell)?.get(part) ?? [];
  }

  /** The cells in which something was found, in order. */
  cells(): string[] {
    return this.library.ids().filter((id) => sizeOf(this.#results.get(id)) > 0);
  }

  ask(query: Query | undefined, range: Range): void {
    const before = new Set(this.#results.keys());
    this.#question += 1;
    this.surroundings.patient.drop();
    this.#query = query;
    this.#range = range;
    this.#results.clear();
    this.#stale.clear();
    this.#asked = 0;
    const expression = query && query.pattern !== '' ? compiled(query) : undefined;
    this.#fault = typeof expression === 'string' ? expression : undefined;
    this.#expression = typeof expression === 'string' ? undefined : expression;
    if (this.#expression) this.library.ids().forEach((id) => this.#stale.add(id));
    if (before.size > 0) this.#tell(before);
    this.#work();
  }

  /** Something of the cell changed. */
  touched(id: string): void {
    if (!this.#expression) return;
    this.#stale.add(id);
    this.#later();
  }

  /** Cells came, went or moved. */
  structureChanged(): void {
    if (!this.#expression) return;
    const ids = new Set(this.library.ids());
    for (const id of ids) if (!this.#results.has(id)) this.#stale.add(id);
    for (const id of [...this.#results.keys()]) if (!ids.has(id)) this.#results.delete(id);
    this.#tell(new Set());
    this.#later();
  }

  onChange(listener: (cells: ReadonlySet<string>) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** How many matches stand before this one; -1 when there is no match here. */
  indexOf({ cell, part, from }: Position): number {
    const ids = this.library.ids();
    let before = ids.slice(0, Math.max(0, ids.indexOf(cell))).reduce((sum, id) => sum + sizeOf(this.#results.get(id)), 0);
    for (const [at, spans] of this.#results.get(cell) ?? []) {
      const index = at === part ? spans.findIndex((span) => span.from === from) : -1;
      if (index >= 0) return before + index;
      before += spans.length;
    }
    return -1;
  }

  /** The first match behind a position, around the end; from nowhere the first of all. */
  next(position: Position | undefined, inclusive = false): Found | undefined {
    const behind = position && this.#inCell(position.cell).find((found) => orderIn(found, position) >= (inclusive ? 0 : 1));
    if (behind) return behind;
    const cell = this.#around(position, 'next').find((id) => sizeOf(this.#results.get(id)) > 0);
    return cell === undefined ? undefined : this.#inCell(cell)[0];
  }

  /** The last match before a position, around the beginning; from nowhere the last of all. */
  previous(position: Position | undefined): Found | undefined {
    const before = position && this.#inCell(position.cell).findLast((found) => orderIn(found, position) < 0);
    if (before) return before;
    const cell = this.#around(position, 'previous').find((id) => sizeOf(this.#results.get(id)) > 0);
    return cell === undefined ? undefined : this.#inCell(cell).at(-1);
  }

  #inCell(cell: string): Found[] {
    return [...(this.#results.get(cell) ?? [])].flatMap(([part, spans]) => spans.map((span) => ({ cell, part, ...span })));
  }

  /** The other cells in the order in which one comes to them, and the one of the position last. */
  #around(position: Position | undefined, way: 'next' | 'previous'): string[] {
    const ids = way === 'next' ? this.library.ids() : this.library.ids().toReversed();
    const at = position ? ids.indexOf(position.cell) : -1;
    return [...ids.slice(at + 1), ...ids.slice(0, at + 1)];
  }

  #later(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.surroundings.soon(() => {
      this.#scheduled = false;
      this.#work();
    });
  }

  #work(): void {
    const end = this.surroundings.now() + SLICE_MS;
    const changed = new Set<string>();
    for (const id of this.#stale) {
      this.#stale.delete(id);
      if (this.#searched(id)) changed.add(id);
      if (this.surroundings.now() >= end) break;
    }
    if (this.#stale.size > 0) this.#later();
    this.#tell(changed);
  }

  /** Whether the matches of the cell are there now; otherwise they were asked for. */
  #searched(id: string): boolean {
    const texts = this.#texts(id);
    const { regular = false, wholeWord = false } = this.#query ?? {};
    if (regular || texts.some(([, text]) => text.length > LONG_TEXT)) {
      this.#askPatiently(id, texts);
      return false;
    }
    const expression = this.#expression as RegExp;
    this.#keep(id, texts.map(([part, text]) => [part, spansIn(text, expression, wholeWord)]));
    return true;
  }

  #askPatiently(id: string, texts: readonly [number, string][]): void {
    const question = this.#question;
    this.#asked += 1;
    const job: Job = { query: this.#query as Query, texts: texts.map(([, text]) => text) };
    const answered = (answer: Answer): void => {
      if (question !== this.#question) return;
      this.#asked -= 1;
      const spans = 'spans' in answer ? answer.spans : [];
      this.#keep(id, texts.map(([part], index) => [part, spans[index] ?? []]));
      this.#tell(new Set([id]));
    };
    this.surroundings.patient.ask(job).then(answered, (cause: unknown) => this.#failed(question, cause));
  }

  /** A pattern that takes for ever is not tried again at every keystroke of somebody. */
  #failed(question: number, cause: unknown): void {
    if (question !== this.#question) return;
    const touched = new Set(this.#results.keys());
    this.#question += 1;
    this.#results.clear();
    this.#stale.clear();
    this.#asked = 0;
    this.#expression = undefined;
    this.#fault = cause instanceof TooLong ? 'tooLong' : 'other';
    this.#tell(touched);
  }

  #texts(id: string): [number, string][] {
    const { where, outputs, within } = this.#range;
    const limits = within?.(id) ?? 'whole';
    if (!this.library.ids().includes(id) || limits === 'none') return [];
    const code = this.library.isCode(id);
    if ((where === 'code' && !code) || (where === 'notes' && code)) return [];
    const drawn = outputs && limits === 'whole' ? this.library.outputs(id) : [];
    return [[SOURCE, this.library.source(id)], ...drawn.map((text, index): [number, string] => [index, text])];
  }

  #keep(id: string, parts: readonly [number, readonly Span[]][]): void {
    const limits = this.#range.within?.(id);
    const inside = typeof limits === 'object' ? (span: Span) => span.from >= limits.from && span.to <= limits.to : () => true;
    this.#results.set(id, new Map(parts.map(([part, spans]) => [part, spans.filter(inside)])));
  }

  #tell(cells: ReadonlySet<string>): void {
    for (const listener of [...this.#listeners]) listener(cells);
  }
}

function sizeOf(parts: Parts | undefined): number {
  let size = 0;
  for (const spans of parts?.values() ?? []) size += spans.length;
  return size;
}

/** Of two places in one cell. */
function orderIn(one: Position, other: Position): number {
  return one.part - other.part || one.from - other.from;
}
