// Measures, after every frame, how far something on the screen strays from where it was.

import { eventually } from './eventually.mjs';

/** Waits until it has not moved for some frames, then watches the element of this handle. */
export async function watchPlace(page, handle) {
  const place = () => handle.evaluate((element) => element.getBoundingClientRect().top);
  let last = await place();
  let still = 0;
  await eventually(async () => {
    const now = await place();
    still = now === last ? still + 1 : 0;
    last = now;
    return still > 8;
  }, 'the page rests');
  await handle.evaluate((element) => {
    const start = element.getBoundingClientRect().top;
    const watch = { start, farthest: 0, frames: 0, trail: [] };
    window.watched = watch;
    // Observers of size are told when a frame is laid out, the page's own before this one: what it sees is painted.
    const pulse = document.body.appendChild(document.createElement('div'));
    pulse.style.cssText = 'position: fixed; height: 0; visibility: hidden';
    const observer = new ResizeObserver(() => {
      if (window.watched !== watch) return observer.disconnect(), pulse.remove();
      const strayed = element.getBoundingClientRect().top - start;
      watch.frames += 1;
      if (Math.abs(strayed) > Math.abs(watch.farthest)) watch.farthest = strayed;
      if (strayed !== watch.trail.at(-1)) watch.trail.push(strayed);
      requestAnimationFrame(() => (pulse.style.width = `${watch.frames % 2}px`));
    });
    observer.observe(pulse);
  });
}

/** The farthest it has been from its place, in pixels, in frames that were painted since. */
export async function strayed(page) {
  const frames = await page.evaluate(() => window.watched.frames);
  await eventually(() => page.evaluate((seen) => window.watched.frames > seen + 6, frames), 'six more frames are painted');
  return page.evaluate(() => ({ farthest: window.watched.farthest, trail: window.watched.trail }));
}
