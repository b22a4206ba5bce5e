// The widget sessions of the server, kept true while somebody looks: read after the feed of events has opened, and whenever
// it tells of one. Imports sync and the wire.
//
// Invariant: of two readings the later one counts, and what happens while one is under way is read after it.

import type { Clock } from '../../sync/clock';
import type { Feed, OpenFeed } from '../../sync/feed';
import type { WidgetSessionSummary } from '../../wire/wire';

const SHORTEST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 10_000;

export interface SessionsSettings {
  list: () => Promise<WidgetSessionSummary[]>;
  feed: OpenFeed;
  clock: Pick<Clock, 'after'>;
  changed: () => void;
}

export class Sessions {
  /** Newest first; undefined until the server has told. */
  all: readonly WidgetSessionSummary[] | undefined;
  away = false;
  #feed: Feed | undefined;
  #callOff: (() => void) | undefined;
  #pause = SHORTEST_PAUSE_MS;
  #reading = false;
  #again = false;
  #running = false;

  constructor(private readonly settings: SessionsSettings) {}

  /** Follows the server until the function returned is called. */
  follow(): () => void {
    this.#running = true;
    this.#connect();
    return () => {
      this.#running = false;
      this.#callOff?.();
      this.#feed?.close();
    };
  }

  async read(): Promise<void> {
    if (this.#reading) return void (this.#again = true);
    this.#reading = true;
    try {
      const sessions = await this.settings.list();
      this.all = sessions.toSorted((one, other) => other.updatedAt - one.updatedAt);
      this.away = false;
    } catch (cause) {
      console.warn('The list of widget sessions could not be read.', cause);
      this.away = true;
    }
    this.#reading = false;
    this.settings.changed();
    if (this.#again) {
      this.#again = false;
      await this.read();
    }
  }

  #connect(): void {
    this.#feed = this.settings.feed({
      opened: () => {
        this.#pause = SHORTEST_PAUSE_MS;
        void this.read();
      },
      told: () => void this.read(),
      closed: () => this.#closed(),
    });
  }

  #closed(): void {
    if (!this.#running) return;
    this.away = true;
    this.settings.changed();
    this.#callOff = this.settings.clock.after(this.#pause, () => this.#connect());
    this.#pause = Math.min(2 * this.#pause, LONGEST_PAUSE_MS);
  }
}
