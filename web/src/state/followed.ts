// A list of the server, kept true while somebody looks: read at once, told of changes, read again after a gap.
//
// Invariant: the list is read after the feed of events opened, so nothing that happened since is missing. Imports sync.

import type { Clock } from '../sync/clock';
import type { Feed, OpenFeed } from '../sync/feed';
import type { EventBody } from '../wire/wire';
import { Listing } from './listing';

export interface FollowedSettings<Item> {
  list: () => Promise<Item[]>;
  feed: OpenFeed;
  clock: Clock;
}

const SHORTEST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 10_000;
/** A network that swallows what is sent neither opens a feed nor fails it. */
const OPENING_MS = 15_000;

export abstract class Followed<Item extends { id: string }> extends Listing<Item> {
  #feed: Feed | undefined;
  #pause = SHORTEST_PAUSE_MS;
  #callOff: (() => void) | undefined;
  #running = false;

  constructor(private readonly settings: FollowedSettings<Item>) {
    super(settings.list, settings.clock);
  }

  /** Begins to follow the server, or goes on after a rest. */
  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.retryNow();
  }

  /** Nobody looks: an open feed would hold one of the few connections a browser has to a server. */
  rest(): void {
    this.#running = false;
    this.#disconnect();
  }

  /** Also when the browser says that the network went: the server may be on this machine. */
  retryNow(): void {
    if (!this.#running) return;
    this.#pause = SHORTEST_PAUSE_MS;
    this.#connect();
    void this.read();
  }

  protected abstract told(event: EventBody): void;

  #connect(): void {
    this.#disconnect();
    const closed = (): void => {
      if (this.#feed !== feed) return;
      this.#disconnect();
      // Whether the server is gone, or only this connection.
      void this.read();
      this.#connectLater();
    };
    const feed = this.settings.feed({
      opened: () => {
        this.#callOff?.();
        this.#pause = SHORTEST_PAUSE_MS;
        void this.read();
      },
      told: (event) => this.#feed === feed && this.told(event),
      closed,
    });
    this.#feed = feed;
    this.#callOff = this.settings.clock.after(OPENING_MS, closed);
  }

  #disconnect(): void {
    this.#callOff?.();
    this.#feed?.close();
    this.#feed = undefined;
  }

  #connectLater(): void {
    const pause = this.#pause * (0.5 + this.settings.clock.random());
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE_MS);
    this.#callOff = this.settings.clock.after(pause, () => this.#running && this.#connect());
  }
}
