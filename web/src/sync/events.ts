// What happened in a project, event by event: the server's log, followed over one socket, and after a gap what was
// missed in it.
//
// Invariant: every event after the first one asked for is told once and in order, however often the connection goes:
// what was missed is read up to the newest, and only then is the log followed from there. Imports the wire's types and
// the clock.

import type { EventBody } from '../wire/wire';
import type { Clock } from './clock';

const SHORTEST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 10_000;
/** Told in place of events that the log keeps no more. */
export const GAP = 'events:gap';

/** Ways to the log of one project. */
export interface EventLog {
  /** The place of the newest event; undefined from a server that does not tell. */
  newest(): Promise<number | undefined>;
  /** Everything after `since`. */
  after(since: number): Promise<EventBody[]>;
  /** Follows from `since`, or from now on; `closed` is told once, unless it is closed from here. */
  follow(since: number | undefined, told: (event: EventBody) => void, closed: () => void): () => void;
}

export interface EventListener {
  told(event: EventBody): void;
  /** The connection is back: these had been missed, and were told one by one before. */
  caughtUp(missed: readonly EventBody[]): void;
}

export class EventFollower {
  #seq: number | undefined;
  #running = false;
  #lost = false;
  #turn = 0;
  #pause = SHORTEST_PAUSE_MS;
  #close: (() => void) | undefined;
  #callOff: (() => void) | undefined;

  constructor(
    private readonly log: EventLog,
    private readonly clock: Clock,
    private readonly listener: EventListener,
  ) {}

  /** Begins to follow, or goes on at once where it was. */
  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#pause = SHORTEST_PAUSE_MS;
    void this.#connect();
  }

  /** The server is not reached: what happens from now on is missed. */
  rest(): void {
    if (!this.#running) return;
    this.#running = false;
    this.#lost = true;
    this.#disconnect();
  }

  async #connect(): Promise<void> {
    const turn = ++this.#turn;
    const current = (): boolean => this.#running && turn === this.#turn;
    try {
      const missed = this.#seq === undefined ? [] : await this.log.after(this.#seq);
      this.#seq ??= await this.log.newest();
      if (!current()) return;
      missed.forEach((event) => this.#tell(event));
      if (this.#lost) this.listener.caughtUp(missed);
      this.#lost = false;
      this.#close = this.log.follow(this.#seq, (event) => current() && this.#tell(event), () => current() && this.#gone());
      this.#pause = SHORTEST_PAUSE_MS;
    } catch (cause) {
      console.warn('The events of the project could not be read.', cause);
      if (current()) this.#gone();
    }
  }

  #tell(event: EventBody): void {
    if (this.#seq !== undefined && event.seq <= this.#seq) return;
    this.#seq = event.seq;
    this.listener.told(event);
  }

  #gone(): void {
    this.#lost = true;
    this.#disconnect();
    const pause = this.#pause * (0.5 + this.clock.random());
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE_MS);
    this.#callOff = this.clock.after(pause, () => void this.#connect());
  }

  #disconnect(): void {
    this.#turn += 1;
    this.#callOff?.();
    this.#close?.();
    this.#close = undefined;
  }
}
