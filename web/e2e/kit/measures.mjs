// What the page itself can say of how quick it is. Each function runs in the page and uses nothing from outside itself.

/** Before anything else of the page: when the first text of a cell is painted, and what kept the main thread busy. */
export function watchOpening() {
  window.figures = { firstText: undefined, tasks: [] };
  new PerformanceObserver((list) => window.figures.tasks.push(...list.getEntries().map(({ startTime, duration }) => ({ startTime, duration })))).observe({ type: 'longtask', buffered: true });
  const painted = (then) => requestAnimationFrame(() => setTimeout(then));
  const watcher = new MutationObserver(() => {
    const cell = document.querySelector('article[data-cell]');
    if (!cell || cell.textContent.trim() === '') return;
    watcher.disconnect();
    painted(() => (window.figures.firstText = performance.now()));
  });
  watcher.observe(document, { childList: true, subtree: true });
}

/** From the key that goes down to the frame that shows what it did. */
export function watchKeys() {
  window.figures.keys = [];
  addEventListener(
    'keydown',
    ({ timeStamp, key }) => {
      if (key.length !== 1) return;
      requestAnimationFrame(() => setTimeout(() => window.figures.keys.push(performance.now() - timeStamp)));
    },
    true,
  );
}

/** From top to bottom at a steady pace; how regular the frames were. */
export async function scrollThrough(step) {
  window.figures.tasks.length = 0;
  window.scrollTo(0, 0);
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  const intervals = [];
  let before = await frame();
  while (window.scrollY + innerHeight < document.documentElement.scrollHeight - 2) {
    window.scrollBy(0, step);
    const now = await frame();
    intervals.push(now - before);
    before = now;
  }
  return { intervals, tasks: window.figures.tasks };
}
