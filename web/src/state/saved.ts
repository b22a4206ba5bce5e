// The honest word of state: what is true of the changes made here, as one value and one sentence. Pure.
//
// Invariant: `saved` is said only when the server has acknowledged, as being on disk, every change this page and this
// browser know of; "kept in this browser" only of changes whose write has completed.

import type { OfflineProgress } from '../sync/offline';
import type { Progress } from '../sync/provider';
import { text } from '../text/text';

export interface Facts {
  progress: Progress;
  offline: OfflineProgress;
}

/** Changes that the server may not have; `unkept` of them exist nowhere but in this tab. */
interface Unsaved {
  changes: number;
  unkept: number;
  /** The browser is writing them down this moment, which takes some milliseconds. */
  keeping: boolean;
}

export type Word =
  | { kind: 'connecting' }
  | { kind: 'saved'; at: number }
  | { kind: 'saving' }
  /** The sentence is the server's own and mostly empty. */
  | ({ kind: 'offline'; reader: boolean; sentence: string } & Unsaved)
  | ({ kind: 'readOnly' } & Unsaved)
  | ({ kind: 'refused'; reason: RefusalReason; sentence: string } & Unsaved);

export type RefusalReason = 'signIn' | 'forbidden' | 'missing' | 'history' | 'other';

export function word(facts: Facts): Word {
  const { link, attempted, renewing } = facts.progress;
  switch (link.kind) {
    case 'refused':
      return { kind: 'refused', reason: reasonOf(link.closing.code), sentence: link.closing.reason, ...whereabouts(facts) };
    case 'synced':
      return inStep(facts);
    case 'connecting':
      if (renewing) return inStep(facts);
      return attempted || unsaved(facts) > 0 ? offline(facts) : { kind: 'connecting' };
    case 'waiting':
    case 'stopped':
      return offline(facts);
  }
}

/** Whether this person may change nothing, as far as is known. */
export function mayOnlyRead({ progress }: Facts): boolean {
  return progress.role === 'viewer';
}

/** Changes of which the server has not said that they are on its disk. */
export function unsaved({ progress, offline }: Facts): number {
  return progress.version - progress.acknowledged + offline.inherited;
}

/** Changes that neither the server nor this browser's store has: closing the tab would lose them. */
export function existingNowhereElse({ progress, offline }: Facts): number {
  return Math.max(0, progress.version - Math.max(progress.acknowledged, offline.kept));
}

/** A server that has said nothing yet over this connection may have another disk than the one that has the changes. */
function inStep(facts: Facts): Word {
  const { savedAt, confirmed, renewing } = facts.progress;
  if (mayOnlyRead(facts)) return { kind: 'readOnly', ...whereabouts(facts) };
  const settled = savedAt !== undefined && (confirmed || renewing) && unsaved(facts) === 0;
  return settled ? { kind: 'saved', at: savedAt } : { kind: 'saving' };
}

function offline(facts: Facts): Word {
  const { link } = facts.progress;
  const sentence = link.kind === 'waiting' ? link.closing.reason : '';
  return { kind: 'offline', reader: mayOnlyRead(facts), sentence, ...whereabouts(facts) };
}

function whereabouts(facts: Facts): Unsaved {
  const unkept = existingNowhereElse(facts);
  return { changes: unsaved(facts), unkept, keeping: unkept > 0 && facts.offline.state === 'working' };
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
  const says = text.trust.word;
  switch (state.kind) {
    case 'connecting':
      return says.connecting;
    case 'saved':
      return says.saved(time(state.at));
    case 'saving':
      return says.saving;
    case 'offline':
      return state.reader && state.changes === 0 ? says.offlineReader : says.offline(state);
    case 'readOnly':
      return says.readOnly(state);
    case 'refused':
      return says.refused(state);
  }
}

/** Whether something may be lost, or does not reach anybody: said in the colour of danger. */
export function isAlarming(state: Word): boolean {
  if (state.kind === 'refused') return true;
  return state.kind === 'readOnly' ? state.changes > 0 : state.kind === 'offline' && state.unkept > 0 && !state.keeping;
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
