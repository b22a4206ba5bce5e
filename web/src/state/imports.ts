// Notebook files on their way in: a queue of which two are under way at once, each with its own fate.
//
// Invariant: every file ends as imported, failed with a sentence, or cancelled; a cancelled one leaves no notebook in the
// list, and one tried again after a lost answer is not imported twice. Imports sync, texts and the wire.

import { byChance } from '../doc/chance';
import { Refusal, type ImportSettings } from '../sync/rest';
import { homeText } from '../text/home';
import type { ImportTally } from '../text/en/home';
import type { NotebookSummary } from '../wire/wire';
import { problemOf } from './importable';
import { reasonOf } from './reason';

export type ImportState =
  | { kind: 'waiting' }
  | { kind: 'sending'; share: number }
  /** All of it has left; the server reads it. */
  | { kind: 'reading' }
  | { kind: 'done'; notebook: NotebookSummary }
  | { kind: 'failed'; sentence: string; again: boolean }
  | { kind: 'cancelled' };

export interface ImportEntry {
  readonly key: number;
  readonly name: string;
  readonly state: ImportState;
}

/** The server, as far as imports need it. */
export interface ImportDoor {
  import(file: Blob, settings: ImportSettings): Promise<NotebookSummary>;
  remove(id: string): Promise<void>;
  /** The largest file it takes, in bytes; undefined when it does not say. */
  largest(): Promise<number | undefined>;
}

const TOKEN_BYTES = 16;
/** Two: one is read by the server while the other is sent; more would only share the line. */
const AT_ONCE = 2;

interface Job {
  file: File;
  calling: AbortController;
  /** Names the attempt to the server. */
  token: string;
}

export class Imports {
  #entries: readonly ImportEntry[] = [];
  readonly #jobs = new Map<number, Job>();
  readonly #listeners = new Set<() => void>();
  #underWay = 0;
  #nextKey = 0;

  constructor(private readonly door: ImportDoor) {}

  get entries(): readonly ImportEntry[] {
    return this.#entries;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  add(files: readonly File[]): void {
    const made = files.map((file) => {
      const key = this.#nextKey++;
      this.#jobs.set(key, { file, calling: new AbortController(), token: byChance(TOKEN_BYTES) });
      return { key, name: file.name, state: { kind: 'waiting' } } as const;
    });
    this.#entries = [...this.#entries, ...made];
    this.#tell();
    this.#pump();
  }

  cancel(key: number): void {
    const state = this.#stateOf(key);
    if (!state || isOver(state)) return;
    this.#jobs.get(key)?.calling.abort();
    this.#set(key, { kind: 'cancelled' });
  }

  again(key: number): void {
    const job = this.#jobs.get(key);
    const state = this.#stateOf(key);
    if (!job || !state || !isOver(state) || state.kind === 'done') return;
    job.calling = new AbortController();
    // The answer to one that was cancelled while the server read it may still come, and its notebook is then removed.
    if (state.kind === 'cancelled') job.token = byChance(TOKEN_BYTES);
    this.#set(key, { kind: 'waiting' });
    this.#pump();
  }

  /** Forgets those that are over. */
  clear(): void {
    const over = this.#entries.filter(({ state }) => isOver(state));
    over.forEach(({ key }) => this.#jobs.delete(key));
    this.#entries = this.#entries.filter((entry) => !over.includes(entry));
    this.#tell();
  }

  #pump(): void {
    while (this.#underWay < AT_ONCE) {
      const next = this.#entries.find(({ state }) => state.kind === 'waiting');
      const job = next && this.#jobs.get(next.key);
      if (!next || !job) return;
      this.#underWay += 1;
      this.#set(next.key, { kind: 'sending', share: 0 });
      void this.#run(next.key, job).finally(() => {
        this.#underWay -= 1;
        this.#pump();
      });
    }
  }

  async #run(key: number, job: Job): Promise<void> {
    const { calling } = job;
    try {
      const problem = await problemOf(job.file, await this.door.largest());
      if (calling.signal.aborted) return;
      if (problem !== undefined) return this.#set(key, { kind: 'failed', sentence: problem, again: false });
      await this.#send(key, job, calling);
    } catch (cause) {
      // One that is called off says so already, and may be under way again.
      if (calling.signal.aborted) return;
      // A server that never got all of it may still wait for the rest under this name.
      if (this.#stateOf(key)?.kind === 'sending') job.token = byChance(TOKEN_BYTES);
      this.#set(key, failure(cause));
    }
  }

  async #send(key: number, job: Job, calling: AbortController): Promise<void> {
    // Once all of it has left, the server makes a notebook whether anybody waits or not: then its answer tells which.
    const leaving = new AbortController();
    // Cancelling calls off before it changes the state.
    calling.signal.addEventListener('abort', () => this.#stateOf(key)?.kind === 'sending' && leaving.abort());
    const notebook = await this.door.import(job.file, {
      name: job.file.name,
      key: job.token,
      signal: leaving.signal,
      sent: (share) => !calling.signal.aborted && this.#set(key, share < 1 ? { kind: 'sending', share } : { kind: 'reading' }),
    });
    if (calling.signal.aborted) return this.door.remove(notebook.id);
    this.#set(key, { kind: 'done', notebook });
  }

  #stateOf(key: number): ImportState | undefined {
    return this.#entries.find((entry) => entry.key === key)?.state;
  }

  #set(key: number, state: ImportState): void {
    this.#entries = this.#entries.map((entry) => (entry.key === key ? { ...entry, state } : entry));
    this.#tell();
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

export function isOver(state: ImportState): boolean {
  return state.kind === 'done' || state.kind === 'failed' || state.kind === 'cancelled';
}

export function tally(entries: readonly ImportEntry[]): ImportTally {
  const many = (kind: ImportState['kind']): number => entries.filter(({ state }) => state.kind === kind).length;
  const [done, failed, cancelled] = [many('done'), many('failed'), many('cancelled')];
  return { done, failed, cancelled, underWay: entries.length - done - failed - cancelled };
}

/** What may come right by itself is worth another try; a broken file is not. */
function failure(cause: unknown): ImportState {
  if (!(cause instanceof Refusal)) return { kind: 'failed', sentence: reasonOf(cause), again: true };
  if (cause.status === 0) return { kind: 'failed', sentence: homeText.problems.notReached, again: true };
  const again = cause.status >= 500 || cause.status === 408 || cause.status === 429;
  return { kind: 'failed', sentence: cause.message, again };
}
