// Work that waits until nothing else is to be done, a little at a time.

import { idle } from './idle';

/** Of a turn; the rest is for whoever types. */
const SLICE_MS = 8;

/** Calls `step` until it says that there is no more. Returns how to stop. */
export function inSlices(step: () => boolean): () => void {
  let stop = idle(turn, 'soon');

  function turn(): void {
    const end = performance.now() + SLICE_MS;
    while (step()) {
      if (performance.now() < end) continue;
      stop = idle(turn, 'soon');
      return;
    }
  }

  return () => stop();
}
