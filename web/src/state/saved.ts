// The honest word of state: what is true of the changes made here, as one value and one sentence. Pure.
//
// Invariant: `saved` is said only when the server has acknowledged, as being on disk, every change this page and this
// browser know of; "kept in this browser" only of changes whose write has completed.

import type { OfflineProgress } from '../sync/offline';
import type { Progress } from '../sync/provider';

export interface Facts {
  progress: Progress;
  offline: OfflineProgress;
  readOnly: boolean;
}

export type Word =
  | { kind: 'connecting' }
  | { kind: 'saved'; at: number }
  | { kind: 'saving' }
  /** `unkept` of the `changes` exist nowhere but in this tab; the sentence is the server's own and mostly empty. */
  | { kind: 'offline'; changes: number; unkept: number; sentence: string }
  | { kind: 'readOnly' }
  | { kind: 'refused'; reason: RefusalReason; sentence: string; changes: number };

export type RefusalReason = 'signIn' | 'forbidden' | 'missing' | 'history' | 'other';

export function word(facts: Facts): Word {
  const { link, savedAt } = facts.progress;
  switch (link.kind) {
    case 'refused':
      return { kind: 'refused', reason: reasonOf(link.closing.code), sentence: link.closing.reason, changes: unsaved(facts) };
    case 'synced':
      if (facts.readOnly) return { kind: 'readOnly' };
      return savedAt !== undefined && unsaved(facts) === 0 ? { kind: 'saved', at: savedAt } : { kind: 'saving' };
    case 'connecting':
      return savedAt === undefined && unsaved(facts) === 0 ? { kind: 'connecting' } : offline(facts);
    case 'waiting':
    case 'stopped':
      return offline(facts);
  }
}

/** Changes of which the server has not said that they are on its disk. */
export function unsaved({ progress, offline }: Facts): number {
  return progress.version - progress.acknowledged + offline.inherited;
}

/** Changes that neither the server nor this browser's store has: closing the tab would lose them. */
export function existingNowhereElse({ progress, offline }: Facts): number {
  return Math.max(0, progress.version - Math.max(progress.acknowledged, offline.kept));
}

function offline(facts: Facts): Word {
  const { link } = facts.progress;
  const sentence = link.kind === 'waiting' ? link.closing.reason : '';
  return { kind: 'offline', changes: unsaved(facts), unkept: existingNowhereElse(facts), sentence };
}

function reasonOf(code: number): RefusalReason {
  switch (code) {
    case 4401:
      return 'signIn';
    case 4403:
      return 'forbidden';
    case 4404:
      return 'missing';
    case 4409:
      return 'history';
    default:
      return 'other';
  }
}

/** The word as it stands in the top bar. */
export function sentence(state: Word, time: (at: number) => string): string {
  switch (state.kind) {
    case 'connecting':
      return 'Connecting…';
    case 'saved':
      return `Saved ${time(state.at)}`;
    case 'saving':
      return 'Saving…';
    case 'offline':
      return offlineSentence(state);
    case 'readOnly':
      return 'Read-only';
    case 'refused':
      return state.changes > 0 ? `Disconnected — ${count(state.changes, 'change')} not saved` : 'Disconnected';
  }
}

function offlineSentence({ changes, unkept }: { changes: number; unkept: number }): string {
  if (changes === 0) return 'Offline — nothing unsaved';
  if (unkept > 0) return `Offline — ${count(unkept, 'change')} not kept anywhere yet`;
  return `Offline — ${count(changes, 'change')} kept in this browser`;
}

export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/**
 * Follows the words and tells, once everything is saved again, how many changes of an offline time that were synced;
 * 0 when there is nothing to tell.
 */
export class OfflineTally {
  #most = 0;

  next(state: Word): number {
    if (state.kind === 'offline') this.#most = Math.max(this.#most, state.changes);
    if (state.kind !== 'saved') return 0;
    const synced = this.#most;
    this.#most = 0;
    return synced;
  }
}
