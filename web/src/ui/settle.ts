// Brings an element to the top of what is seen and keeps it there until the page around it has its heights: cells far
// from view are drawn only when they come near, and are higher or lower then.
//
// Invariant: whatever a person does with wheel, finger or key ends it at once.

/** Frames without a move after which it stands. */
const STILL = 3;
/** More than a page of cells takes to be drawn. */
const FRAMES_MAX = 60;

export async function settleAt(element: Element): Promise<void> {
  const ended = new AbortController();
  const options = { passive: true, capture: true, signal: ended.signal };
  for (const event of ['wheel', 'touchstart', 'pointerdown', 'keydown'] as const) window.addEventListener(event, () => ended.abort(), options);
  let still = 0;
  for (let frame = 0; frame < FRAMES_MAX && still < STILL && !ended.signal.aborted; frame += 1) {
    const before = element.getBoundingClientRect().top;
    element.scrollIntoView({ block: 'start' });
    still = Math.abs(element.getBoundingClientRect().top - before) < 1 ? still + 1 : 0;
    await new Promise(requestAnimationFrame);
  }
  ended.abort();
}
