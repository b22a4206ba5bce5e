// A value that comes faster than it can be drawn: the newest is shown, as often as the page has time for.
//
// Invariant: the last value is always shown in the end; drawing takes at most about a quarter of the page's time.

import { flushSync } from 'svelte';

/** Of the time that drawing took, so much passes before the next one. */
const PAUSES = 3;

export class Paced<T> {
  #shown: T = $state.raw() as T;
  #next: T;
  #timer: number | undefined;
  #until = 0;

  constructor(first: T) {
    this.#shown = this.#next = first;
  }

  get shown(): T {
    return this.#shown;
  }

  /** At once when nothing was drawn lately. */
  show(value: T): void {
    this.#next = value;
    this.#timer ??= requestAnimationFrame(() => this.#draw());
  }

  stop(): void {
    if (this.#timer !== undefined) cancelAnimationFrame(this.#timer);
    this.#timer = undefined;
  }

  #draw(): void {
    const began = performance.now();
    if (began < this.#until) {
      this.#timer = requestAnimationFrame(() => this.#draw());
      return;
    }
    this.#timer = undefined;
    flushSync(() => (this.#shown = this.#next));
    const ended = performance.now();
    this.#until = ended + (ended - began) * PAUSES;
  }
}
