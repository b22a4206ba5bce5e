// What the page says of a run: a mark, how long, and a sentence. Pure.
//
// Invariant: whatever a run's state, there is one mark and one sentence for it, and an end of it that is not well says why.

import { elapsed } from '../doc/runs';
import { text } from '../text/text';
import type { Run } from '../wire/wire';

export type Mark = 'queued' | 'running' | 'input' | 'ok' | 'failed' | 'stopped' | 'interrupted';

export function markOf(run: Run): Mark {
  switch (run.state) {
    case 'running':
      return run.input ? 'input' : 'running';
    case 'cancelled':
      return 'stopped';
    default:
      return run.state;
  }
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** A duration for a narrow place: `0.4 s`, `12 s`, `1:05`, `1:02:03`. `whole`: no tenths, which would flicker. */
export function shortLength(ms: number, whole = false): string {
  if (ms < 10 * SECOND && !whole) return text.runs.seconds((Math.floor(ms / 100) / 10).toFixed(1));
  if (ms < MINUTE) return text.runs.seconds(String(Math.floor(ms / SECOND)));
  const clock = fullLength(ms);
  return ms < HOUR ? clock.slice(3).replace(/^0/, '') : clock.replace(/^0/, '');
}

/** HH:MM:SS */
export function fullLength(ms: number): string {
  const parts = [Math.floor(ms / HOUR), Math.floor((ms % HOUR) / MINUTE), Math.floor((ms % MINUTE) / SECOND)];
  return parts.map((part) => String(part).padStart(2, '0')).join(':');
}

export interface Standing {
  /** The server's time. */
  now: number;
  /** How many come before it. */
  ahead: number;
  stale: boolean;
  /** Milliseconds as a time of day. */
  time: (at: number) => string;
}

/** All that is known of it in one line. */
export function sentenceOf(run: Run, standing: Standing): string {
  const said = stateSentence(run, standing);
  return standing.stale ? `${said} ${text.runs.stale}` : said;
}

function stateSentence(run: Run, { now, ahead, time }: Standing): string {
  const says = text.runs.sentence;
  const length = elapsed(run, now);
  const took = length === undefined ? '' : lengthInWords(length);
  const at = time(run.endedAt ?? run.startedAt ?? run.queuedAt);
  const facts = { who: run.by.name, at, took };
  switch (run.state) {
    case 'queued':
      return says.queued(run.by.name, ahead);
    case 'running':
      return run.input ? says.input(facts) : says.running(facts);
    case 'ok':
      return says.ok(facts);
    case 'failed':
      return says.failed({ ...facts, why: run.error ?? '' });
    case 'cancelled':
      return run.stoppedBy ? says.stopped({ ...facts, stopper: run.stoppedBy.name }) : says.passedOver(run.error ?? '');
    case 'interrupted':
      return says.interrupted({ ...facts, why: run.error ?? '' });
  }
}

/** Tenths only of what is over: those of a running clock would flicker. */
function lengthInWords(ms: number): string {
  return ms < MINUTE ? shortLength(ms) : fullLength(ms);
}

/**
 * Whether the outputs alone do not tell how it ended, so that a sentence stands beside them. An error that the program
 * itself has put out is told there.
 */
export function needsWords(run: Run, hasError: boolean): boolean {
  switch (run.state) {
    case 'cancelled':
    case 'interrupted':
      return true;
    case 'failed':
      return !hasError;
    default:
      return false;
  }
}

/** Whether running it again is offered: it did not come to its own end. */
export function offersRetry(run: Run): boolean {
  return run.state === 'interrupted' || run.state === 'cancelled' || run.state === 'failed';
}

/** What is said, to those who do not see it, of a run that this person began. */
export function announcement(run: Run, number: number, now: number): string {
  const says = text.runs.announced;
  const length = elapsed(run, now);
  switch (run.state) {
    case 'queued':
      return '';
    case 'running':
      return run.input ? says.input(number) : says.running(number);
    case 'ok':
      return says.ok(number, lengthInWords(length ?? 0));
    case 'failed':
      return says.failed(number, run.error ?? '');
    case 'cancelled':
      return run.stoppedBy ? says.stopped(number, run.stoppedBy.name) : says.passedOver(number);
    case 'interrupted':
      return says.interrupted(number);
  }
}

