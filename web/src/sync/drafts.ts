// Answers for this person alone, kept for as long as their tab: the page may be loaded anew before they are published.
//
// They stay in the tab's own storage: nothing of them goes to the server, to other tabs or to the next who sits here.
// Invariant: reading never throws; what cannot be read is not there.

import type { DraftDone } from '../wire/wire';

const STATES = ['waiting', 'thinking', 'answering', 'done', 'stopped', 'failed'] as const;
export type DraftState = (typeof STATES)[number];

/** A draft as far as it came. */
export interface KeptDraft {
  state: DraftState;
  thinking: string;
  answer: string;
  /** Why there is no more of it. */
  sentence: string;
  /** The hash of the question as it was asked. */
  asked: string;
  done?: DraftDone;
}

export class KeptDrafts {
  readonly #key: string;
  readonly #drafts: Map<string, KeptDraft>;
  #refused = false;

  constructor(
    private readonly storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> | undefined,
    base: string,
    notebook: string,
  ) {
    this.#key = `coscribe:drafts:${base}:${notebook}`;
    this.#drafts = this.#read();
  }

  /** By cell. */
  all(): ReadonlyMap<string, KeptDraft> {
    return this.#drafts;
  }

  put(cell: string, draft: KeptDraft): void {
    this.#drafts.set(cell, draft);
    this.#write();
  }

  forget(cell: string): void {
    if (this.#drafts.delete(cell)) this.#write();
  }

  #read(): Map<string, KeptDraft> {
    try {
      const value: unknown = JSON.parse(this.storage?.getItem(this.#key) ?? '{}');
      return new Map(Object.entries(value ?? {}).filter((entry): entry is [string, KeptDraft] => isDraft(entry[1])));
    } catch {
      return new Map();
    }
  }

  #write(): void {
    try {
      if (this.#drafts.size === 0) this.storage?.removeItem(this.#key);
      else this.storage?.setItem(this.#key, JSON.stringify(Object.fromEntries(this.#drafts)));
    } catch (cause) {
      if (!this.#refused) console.warn('Drafts are not kept: this browser has no room for them.', cause);
      this.#refused = true;
    }
  }
}

function isDraft(value: unknown): value is KeptDraft {
  const { state, thinking, answer, sentence, asked, done } = (value ?? {}) as { [key: string]: unknown };
  const texts = [thinking, answer, sentence, asked].every((text) => typeof text === 'string');
  return texts && STATES.some((known) => known === state) && (done === undefined || isDone(done));
}

function isDone(value: unknown): boolean {
  const { sourceHash, sent } = (value ?? {}) as { [key: string]: unknown };
  return typeof sourceHash === 'string' && Array.isArray(sent);
}
