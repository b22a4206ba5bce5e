// What this browser remembers of its own visits: as which clients it wrote, and when it last had which notebook open.
//
// Invariant: reading never throws; what cannot be kept is forgotten, and then a summary may name oneself.

import type { Store } from './identity';

/** Nobody has a year of visits to one notebook told at once. */
const MOST_CLIENTS = 400;
const MOST_NOTEBOOKS = 200;

const CLIENTS = 'coscribe:clients';
const SEEN = 'coscribe:seen';

export class Visits {
  constructor(private readonly store: Store | undefined) {}

  /** A client of this browser, in whatever notebook. */
  addClient(client: number): void {
    this.#write(CLIENTS, [client, ...this.clients().filter((other) => other !== client)].slice(0, MOST_CLIENTS));
  }

  clients(): number[] {
    const value = this.#read(CLIENTS);
    return Array.isArray(value) ? value.filter((client): client is number => typeof client === 'number') : [];
  }

  /** When this browser last had the notebook open; `notebook` is an address. */
  seenAt(notebook: string): number | undefined {
    return this.#seen().find(([known]) => known === notebook)?.[1];
  }

  saw(notebook: string, at: number): void {
    this.#write(SEEN, [[notebook, at], ...this.#seen().filter(([known]) => known !== notebook)].slice(0, MOST_NOTEBOOKS));
  }

  #seen(): [string, number][] {
    const value = this.#read(SEEN);
    return Array.isArray(value) ? value.filter((entry): entry is [string, number] => Array.isArray(entry) && typeof entry[0] === 'string' && typeof entry[1] === 'number') : [];
  }

  #read(key: string): unknown {
    try {
      return JSON.parse(this.store?.getItem(key) ?? 'null');
    } catch {
      return null;
    }
  }

  #write(key: string, value: unknown): void {
    try {
      this.store?.setItem(key, JSON.stringify(value));
    } catch (cause) {
      console.warn('A visit was not remembered.', cause);
    }
  }
}
