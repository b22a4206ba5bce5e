// Time to spare, as the browser tells of it.

/** After a change people go on typing for about so long before they look at what it offers elsewhere. */
const PAUSE_MS = 1000;
/** A page that is never idle still gets there. */
const PATIENCE_MS = 2000;

/** Calls back when there is time to spare; returns how to call it off. */
export function idle(work: () => void, when: 'soon' | 'afterPause'): () => void {
  let stop: () => void;
  const soon = (): void => {
    stop = whenIdle(work);
  };
  if (when === 'soon') soon();
  else {
    const timer = setTimeout(soon, PAUSE_MS);
    stop = () => clearTimeout(timer);
  }
  return () => stop();
}

/** Safari has no such callback: there a short pause stands for it. */
function whenIdle(work: () => void): () => void {
  if (typeof requestIdleCallback === 'undefined') {
    const timer = setTimeout(work, 50);
    return () => clearTimeout(timer);
  }
  const handle = requestIdleCallback(work, { timeout: PATIENCE_MS });
  return () => cancelIdleCallback(handle);
}
