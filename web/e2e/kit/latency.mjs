// From the key that goes down in one page to the character that stands in the other, on one machine's one clock.

/** Notes when each key goes down that writes something. */
export function watchKeys(page) {
  return page.evaluate(() => {
    window.keys = [];
    document.addEventListener('keydown', (event) => event.key.length === 1 && window.keys.push(performance.timeOrigin + performance.now()), true);
  });
}

/** Notes when each character of an alphabet comes to stand in a cell. */
export function watchArrivals(page, cell, alphabet) {
  return page.evaluate(
    ([id, signs]) => {
      const content = document.getElementById(`cell-${id}`).querySelector('.cm-content');
      const many = () => [...content.textContent].filter((sign) => signs.includes(sign)).length;
      window.arrivals = [];
      new MutationObserver(() => {
        const now = performance.timeOrigin + performance.now();
        while (window.arrivals.length < many()) window.arrivals.push(now);
      }).observe(content, { subtree: true, childList: true, characterData: true });
    },
    [cell, alphabet],
  );
}

/** Milliseconds for each key, from the page where it was pressed to the page where it was read. */
export async function latencies(from, to) {
  const [keys, arrivals] = await Promise.all([from.evaluate(() => window.keys), to.evaluate(() => window.arrivals)]);
  return keys.map((pressed, index) => arrivals[index] - pressed).filter(Number.isFinite);
}

export function median(figures) {
  return figures.toSorted((one, other) => one - other)[Math.floor(figures.length / 2)];
}
