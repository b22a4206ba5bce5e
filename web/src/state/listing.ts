// A list that the server has: read when it is asked for or told of, and changed from here at once.
//
// Invariant: what this page changes shows at once and goes back when the server refuses; of two readings the later one
// counts. Imports the clock.

import type { Clock } from '../sync/clock';

/** A script that makes a thousand things makes the page read the list a few times a second, not a thousand. */
const BETWEEN_READINGS_MS = 250;

interface Expected<Item> {
  id: string;
  change: Partial<Item>;
}

export abstract class Listing<Item extends { id: string }> {
  protected known: readonly Item[] | undefined;
  /** What this page has asked for and the list may not show yet. */
  #expected: readonly Expected<Item>[] = [];
  #reading: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  readonly #listeners = new Set<() => void>();

  constructor(
    private readonly list: () => Promise<Item[]>,
    private readonly clock: Pick<Clock, 'after'>,
  ) {}

  /** Undefined until the server has answered once. */
  get all(): Item[] | undefined {
    const changes = (id: string) => this.#expected.filter((expected) => expected.id === id).map(({ change }) => change);
    return this.known?.map((item) => Object.assign({}, item, ...changes(item.id)) as Item);
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves when a reading that began after this call is over, whether or not the server answered. */
  read(): Promise<void> {
    if (!this.#reading) return this.#begin();
    this.#next ??= this.#reading.then(() => this.#wait()).then(() => {
      this.#next = undefined;
      // Two readings side by side could end in the older answer.
      return this.#reading ?? this.#begin();
    });
    return this.#next;
  }

  /** Does something to one of them that shows as `change` from now on, unless it fails. */
  async act<Result>(id: string, change: Partial<Item>, action: () => Promise<Result>): Promise<Result> {
    const expected = { id, change };
    this.#expected = [...this.#expected, expected];
    this.tell();
    try {
      const result = await action();
      await this.read();
      return result;
    } finally {
      this.#expected = this.#expected.filter((other) => other !== expected);
      this.tell();
    }
  }

  /** A reading is over; `cause` is why it failed, if it did. */
  protected abstract ended(cause?: unknown): void;

  protected tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  #begin(): Promise<void> {
    this.#reading = this.list().then(
      (items) => {
        this.known = items;
        this.#end();
      },
      (cause: unknown) => this.#end(cause),
    ).finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  #end(cause?: unknown): void {
    this.ended(cause);
    this.tell();
  }

  #wait(): Promise<void> {
    return new Promise((resolve) => void this.clock.after(BETWEEN_READINGS_MS, resolve));
  }
}
