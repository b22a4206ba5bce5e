// Of the tabs of one browser that have a notebook open, one leads: it writes to the store what all of them receive.
//
// Invariant: while any tab is open and none is about to close, exactly one leads; where the browser has no locks, each
// does, which costs writes and nothing else.

export class Leader {
  #leads: boolean;
  #release: (() => void) | undefined;
  readonly #waiting = new AbortController();

  /** `began` is told when this tab takes the lead over from one that is gone, or gets it at the beginning. */
  constructor(locks: LockManager | undefined, name: string, began: () => void) {
    this.#leads = locks === undefined;
    void locks
      ?.request(`coscribe:leader:${name}`, { signal: this.#waiting.signal }, () => {
        this.#leads = true;
        began();
        return new Promise<void>((release) => (this.#release = release));
      })
      .catch((cause: unknown) => this.#refused(cause));
  }

  get leads(): boolean {
    return this.#leads;
  }

  destroy(): void {
    this.#waiting.abort();
    this.#release?.();
  }

  #refused(cause: unknown): void {
    if (this.#waiting.signal.aborted) return;
    console.warn('The tabs of this browser cannot choose who writes; each does.', cause);
    this.#leads = true;
  }
}
