// What this person did to widgets, on its way to the program. Imports nothing.
//
// Invariant: callbacks leave in the order in which they were made, one request in flight; of several values of one
// control that wait, only the newest goes; none leaves before the server has what was typed before it. When one cannot be
// told, those behind it are not told either: a program never hears of a later press without the earlier one.

export interface Callback {
  wid: number;
  action: string;
  args: readonly unknown[];
}

export interface CallbackDoor {
  /** Resolves when the program will be told, rejects when it will not. */
  send(callbacks: readonly Callback[]): Promise<void>;
  /** Whether everything typed so far has reached the server; false when the connection went first. */
  delivered(): Promise<boolean>;
}

/** Told to whoever waits for a callback that was not sent because one before it failed. */
export class NotTold extends Error {}

interface Waiting {
  callback: Callback;
  /** A later value of the same control may take its place. */
  joins: boolean;
  settle: { told: () => void; failed: (cause: unknown) => void }[];
}

/** A burst of presses goes in few requests, and no request grows without bound. */
const MOST_AT_ONCE = 100;

export class CallbackQueue {
  #waiting: Waiting[] = [];
  #running = false;

  constructor(private readonly door: CallbackDoor) {}

  /** Resolves once the program will be told of it, or of a newer value of the same control. */
  push(callback: Callback, { joins = false } = {}): Promise<void> {
    return new Promise((told, failed) => {
      const last = this.#waiting.at(-1);
      if (joins && last?.joins && isOf(last.callback, callback)) {
        last.callback = callback;
        last.settle.push({ told, failed });
      } else {
        this.#waiting.push({ callback, joins, settle: [{ told, failed }] });
      }
      if (!this.#running) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#waiting.length > 0) {
      const ready = await this.door.delivered().catch(() => false);
      const batch = this.#waiting.splice(0, MOST_AT_ONCE);
      try {
        if (!ready) throw new NotTold();
        await this.door.send(batch.map(({ callback }) => callback));
        for (const { settle } of batch) for (const { told } of settle) told();
      } catch (cause) {
        this.#fail([...batch, ...this.#waiting.splice(0)], cause);
      }
    }
    this.#running = false;
  }

  #fail(all: readonly Waiting[], cause: unknown): void {
    for (const { settle } of all) for (const { failed } of settle) failed(cause);
  }
}

function isOf(one: Callback, other: Callback): boolean {
  return one.wid === other.wid && one.action === other.action;
}
