// The notebooks of the server, kept true while somebody looks: read at once, told of changes, read again after a gap.
//
// Invariant: what is shown as live was read after the feed of events opened, so nothing that happened since is missing;
// what this page changes itself shows at once and goes back when the server refuses. Imports sync and the wire.

import type { Clock } from '../sync/clock';
import type { Feed, OpenFeed } from '../sync/feed';
import { Refusal } from '../sync/rest';
import type { EventBody, NotebookSummary } from '../wire/wire';
import { reasonOf } from './reason';

/** How things stand between this page and the server's list. */
export type Standing =
  | { kind: 'opening' }
  | { kind: 'live' }
  /** The server is not reached; the list is what was known. */
  | { kind: 'away' }
  /** It answers, but not with the list. */
  | { kind: 'refused'; signIn: boolean; sentence: string };

export interface CatalogueSettings {
  list: () => Promise<NotebookSummary[]>;
  feed: OpenFeed;
  clock: Clock;
}

const SHORTEST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 10_000;
/** A script that makes a thousand notebooks makes the page read the list a few times a second, not a thousand. */
const BETWEEN_READINGS_MS = 250;
/** A network that swallows what is sent neither opens a feed nor fails it. */
const OPENING_MS = 15_000;

interface Expected {
  id: string;
  change: Partial<NotebookSummary>;
}

export class Catalogue {
  #notebooks: NotebookSummary[] | undefined;
  #standing: Standing = { kind: 'opening' };
  /** What this page has asked for and the list may not show yet. */
  #expected: Expected[] = [];
  #reading: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #feed: Feed | undefined;
  #pause = SHORTEST_PAUSE_MS;
  #callOff: (() => void) | undefined;
  #running = false;
  readonly #listeners = new Set<() => void>();

  constructor(private readonly settings: CatalogueSettings) {}

  get standing(): Standing {
    return this.#standing;
  }

  /** Undefined until the server has answered once. */
  get notebooks(): NotebookSummary[] | undefined {
    const changes = (id: string) => this.#expected.filter((expected) => expected.id === id).map(({ change }) => change);
    return this.#notebooks?.map((notebook) => Object.assign({}, notebook, ...changes(notebook.id)) as NotebookSummary);
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
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

  /** Reads the list; resolves when a reading that began after this call is over. */
  read(): Promise<void> {
    if (!this.#reading) return this.#begin();
    this.#next ??= this.#reading.then(() => this.#wait(BETWEEN_READINGS_MS)).then(() => {
      this.#next = undefined;
      // Two readings side by side could end in the older answer.
      return this.#reading ?? this.#begin();
    });
    return this.#next;
  }

  /** Does something to a notebook that shows as `change` from now on, unless it fails. */
  async act<Result>(id: string, change: Partial<NotebookSummary>, action: () => Promise<Result>): Promise<Result> {
    const expected = { id, change };
    this.#expected.push(expected);
    this.#tell();
    try {
      const result = await action();
      await this.read();
      return result;
    } finally {
      this.#expected = this.#expected.filter((other) => other !== expected);
      this.#tell();
    }
  }

  #begin(): Promise<void> {
    this.#reading = this.settings.list().then(
      (notebooks) => this.#read(notebooks),
      (cause: unknown) => this.#stand(standingAfter(cause)),
    ).finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  #read(notebooks: NotebookSummary[]): void {
    this.#notebooks = notebooks;
    this.#stand({ kind: 'live' });
  }

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
      told: (event) => this.#feed === feed && this.#told(event),
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

  #told(event: EventBody): void {
    const notebook = this.#notebooks?.find(({ id }) => id === event.notebook);
    const mere = event.event === 'cell:edited' || event.event === 'cell:moved';
    if (!mere || !notebook) return void this.read();
    if (event.actor === undefined || event.actor.kind === 'server') return;
    Object.assign(notebook, { updatedAt: Math.max(notebook.updatedAt, event.ts), updatedBy: event.actor });
    this.#tell();
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.settings.clock.after(ms, resolve));
  }

  #stand(standing: Standing): void {
    this.#standing = standing;
    this.#tell();
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

function standingAfter(cause: unknown): Standing {
  if (cause instanceof Refusal && cause.status === 0) return { kind: 'away' };
  const signIn = cause instanceof Refusal && cause.status === 401;
  return { kind: 'refused', signIn, sentence: reasonOf(cause) };
}
