// The server's time of day, for what counts from moments that the server has named. Imports nothing.
//
// Invariant: without a sign that the two clocks differ, this browser's counts: the date of an answer is exact to a second.

/** Less than this may be the way of the answer and the rounding of its date. */
const ALIKE_MS = 2000;

export class ServerTime {
  /** By how much this browser's clock is ahead. */
  #ahead = 0;

  constructor(private readonly here: () => number) {}

  now(): number {
    return this.here() - this.#ahead;
  }

  /** The date of an answer that came just now, as HTTP writes it. */
  heard(date: string | null): void {
    const told = Date.parse(date ?? '');
    if (Number.isNaN(told)) return;
    const ahead = this.here() - told;
    this.#ahead = Math.abs(ahead) < ALIKE_MS ? 0 : ahead;
  }
}
