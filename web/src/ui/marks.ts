// Between whoever finds and the editors that mark it: made with the page, filled when somebody searches.

import type { Marks } from '../editor/matches';

type Source = Pick<Marks, 'spans' | 'current'>;

const NOTHING: Source = { spans: () => [], current: () => undefined };

export class MarkBoard implements Marks {
  source: Source = NOTHING;
  readonly #listeners = new Map<string, Set<() => void>>();

  spans(cell: string): ReturnType<Marks['spans']> {
    return this.source.spans(cell);
  }

  current(cell: string): number | undefined {
    return this.source.current(cell);
  }

  onCell(cell: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(cell) ?? new Set();
    this.#listeners.set(cell, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  changed(cells: Iterable<string>): void {
    for (const cell of cells) for (const listener of [...(this.#listeners.get(cell) ?? [])]) listener();
  }
}
