// Patterns that may take for ever run elsewhere and are ended when they do. Knows of a worker only what it needs.
//
// Invariant: the page never waits for a pattern; every job ends, with an answer or with TooLong, and a worker that was
// ended is not asked again.

import { compiled, editsIn, spansIn, type Edit, type Query, type Replacing, type Span } from './find';

export interface Job {
  query: Query;
  texts: readonly string[];
  /** Absent: where the pattern fits; present: what to change. */
  replacing?: Replacing;
  /** Only what begins here. */
  only?: number;
}

export type Answer = { spans: Span[][] } | { edits: Edit[][] };

/** What the worker does with a job. */
export function answered({ query, texts, replacing, only }: Job): Answer {
  const expression = compiled(query);
  if (typeof expression === 'string') return replacing ? { edits: texts.map(() => []) } : { spans: texts.map(() => []) };
  if (replacing) return { edits: texts.map((text) => editsIn(text, query, replacing, only)) };
  return { spans: texts.map((text) => spansIn(text, expression, query.wholeWord)) };
}

/** The pattern did not come to an end. */
export class TooLong extends Error {}

/** Nobody wants the answer any more. */
export class Dropped extends Error {}

/** A job of honest patterns on the longest texts takes a fraction of this. */
export const PATIENCE_MS = 2000;

/** What of a Worker is used. It says `ready` once, then answers jobs in order. */
export interface Helper {
  postMessage(job: Job): void;
  addEventListener(kind: 'message' | 'error', listener: (event: { data?: unknown; message?: string }) => void): void;
  terminate(): void;
}

export interface Timers {
  after(milliseconds: number, run: () => void): () => void;
}

interface Waiting {
  job: Job;
  resolve: (answer: Answer) => void;
  reject: (cause: Error) => void;
}

export class Patient {
  readonly #queue: Waiting[] = [];
  #helper: Helper | undefined;
  #ready = false;
  #current: Waiting | undefined;
  #stopTimer: () => void = () => undefined;

  constructor(
    private readonly hire: () => Helper,
    private readonly timers: Timers,
  ) {}

  ask(job: Job): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ job, resolve, reject });
      this.#next();
    });
  }

  /** Gives up all that was asked: another question is coming, or none. */
  drop(): void {
    const dropped = this.#queue.splice(0);
    if (this.#current) {
      dropped.push(this.#current);
      this.#current = undefined;
      this.#dismiss();
    }
    dropped.forEach(({ reject }) => reject(new Dropped()));
  }

  destroy(): void {
    this.drop();
    this.#dismiss();
  }

  #next(): void {
    if (this.#current !== undefined || this.#queue.length === 0) return;
    this.#helper ??= this.#hired();
    // The time to load counts for nothing: the clock runs from when it can work.
    if (!this.#ready) return;
    this.#current = this.#queue.shift() as Waiting;
    this.#stopTimer = this.timers.after(PATIENCE_MS, () => this.#fail(new TooLong()));
    this.#helper.postMessage(this.#current.job);
  }

  #hired(): Helper {
    const helper = this.hire();
    helper.addEventListener('message', ({ data }) => {
      // What an ended worker said last is nobody's answer.
      if (helper !== this.#helper) return;
      if (data === 'ready') this.#ready = true;
      else this.#end((waiting) => waiting.resolve(data as Answer));
      this.#next();
    });
    helper.addEventListener('error', ({ message }) => helper === this.#helper && this.#fail(new Error(message ?? 'The worker for patterns ended.')));
    return helper;
  }

  #end(tell: (waiting: Waiting) => void): void {
    const waiting = this.#current;
    this.#stopTimer();
    this.#current = undefined;
    if (waiting) tell(waiting);
  }

  /** Also before it was ready: then the job that waits first cannot be done. */
  #fail(cause: Error): void {
    this.#dismiss();
    this.#current ??= this.#queue.shift();
    this.#end((waiting) => waiting.reject(cause));
    this.#next();
  }

  #dismiss(): void {
    this.#stopTimer();
    this.#helper?.terminate();
    this.#helper = undefined;
    this.#ready = false;
  }
}
