// Notices that time has passed without this page: the machine slept, the browser froze the tab, or the clock was set.
//
// Invariant: a page whose timers are merely slow, as those of hidden tabs are, is told at most once a tick.

import type { Clock } from './clock';

const TICK_MS = 5_000;
/** Timers of a busy page may be late by seconds; by so much only when the page did not run. */
const LATE_MS = 15_000;

/** Tells when the clock has jumped between two ticks. Returns how to stop. */
export function onTimeJump(clock: Clock, jumped: () => void): () => void {
  let before = clock.now();
  let callOff: () => void;
  const tick = (): void => {
    const now = clock.now();
    const late = Math.abs(now - before - TICK_MS);
    before = now;
    callOff = clock.after(TICK_MS, tick);
    if (late > LATE_MS) jumped();
  };
  callOff = clock.after(TICK_MS, tick);
  return () => callOff();
}

/** Tells when the page may have been away: shown again, restored from the browser's cache of pages, thawed, or late. */
export function onWake(clock: Clock, woken: () => void): () => void {
  const seen = (): void => {
    if (document.visibilityState === 'visible') woken();
  };
  window.addEventListener('pageshow', woken);
  document.addEventListener('resume', woken);
  document.addEventListener('visibilitychange', seen);
  const stop = onTimeJump(clock, woken);
  return () => {
    window.removeEventListener('pageshow', woken);
    document.removeEventListener('resume', woken);
    document.removeEventListener('visibilitychange', seen);
    stop();
  };
}
