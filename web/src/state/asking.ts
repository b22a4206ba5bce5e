// How far a prompt cell is with its answer, as one value, and what is told beside it. Pure.
//
// Invariant: what the server says of the run counts; the answer's own notes count only where no run is known, as in a
// notebook from elsewhere. Nothing that has ended looks as if more were to come.

import type { Answer, Said } from '../doc/answer';
import { answerText } from '../doc/answer';
import { isStale } from '../doc/runs';
import type { Run, TokenUsage } from '../wire/wire';

export type Phase =
  | { kind: 'empty' }
  | { kind: 'queued' }
  /** Asked, and not a word yet. */
  | { kind: 'waiting' }
  | { kind: 'thinking' }
  | { kind: 'answering' }
  | { kind: 'answered' }
  /** By whom; "" when nobody knows. */
  | { kind: 'stopped'; by: string }
  | { kind: 'failed'; sentence: string }
  | { kind: 'interrupted' };

export function phaseOf(run: Run | undefined, said: Said): Phase {
  const state = run?.state ?? said.answers.at(-1)?.status;
  switch (state) {
    case 'queued':
    case 'running':
      return run ? live(state, said) : { kind: 'interrupted' };
    case 'failed':
      return { kind: 'failed', sentence: run?.error ?? '' };
    case 'cancelled':
      return cancelled(run, said.answers.at(-1));
    case 'interrupted':
      return { kind: 'interrupted' };
    case 'ok':
      return { kind: 'answered' };
    case undefined:
      return { kind: said.answers.length > 0 ? 'answered' : 'empty' };
  }
}

function live(state: 'queued' | 'running', said: Said): Phase {
  if (state === 'queued') return { kind: 'queued' };
  if (answerText(said) !== '') return { kind: 'answering' };
  return { kind: said.thinking.length > 0 ? 'thinking' : 'waiting' };
}

/** A run that never began was stopped by nobody: its error tells why. */
function cancelled(run: Run | undefined, answer: Answer | undefined): Phase {
  if (run?.error !== undefined && run.stoppedBy === undefined) return { kind: 'failed', sentence: run.error };
  return { kind: 'stopped', by: run?.stoppedBy?.name ?? answer?.stoppedBy ?? '' };
}

/** Whether more is to come. */
export function goesOn({ kind }: Phase): boolean {
  return kind === 'queued' || kind === 'waiting' || kind === 'thinking' || kind === 'answering';
}

/** Whether what is answered answers another question than the one that stands there now. */
export function isOutdated(run: Run | undefined, phase: Phase, source: string): boolean {
  return run !== undefined && phase.kind !== 'empty' && phase.kind !== 'queued' && isStale(run, source);
}

/** What is told of an answer beside it. */
export interface Provenance {
  model: string | undefined;
  usage: TokenUsage | undefined;
  /** Milliseconds from the first word to the last. */
  took: number | undefined;
  by: string | undefined;
  /** When it was asked for, in milliseconds since the epoch. */
  at: number | undefined;
  sent: readonly string[] | undefined;
}

export function provenanceOf(run: Run | undefined, said: Said): Provenance {
  const answer = said.answers.at(-1);
  const ended = run?.startedAt !== undefined && run.endedAt !== undefined;
  return {
    model: run?.model ?? answer?.model,
    usage: run?.usage ?? answer?.usage,
    took: ended ? Math.max(0, (run.endedAt ?? 0) - (run.startedAt ?? 0)) : undefined,
    by: run?.by.name,
    at: run?.queuedAt,
    sent: answer?.sent,
  };
}
