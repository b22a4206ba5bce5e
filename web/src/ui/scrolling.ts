// Parts of a note that are wider than the page scroll by themselves, and can then be reached without a pointer.
//
// Invariant: only what scrolls is a stop on the way of the Tab key.

const PARTS = 'pre, .wide, .formula-block, .diagram';

const observer = new ResizeObserver((entries) => entries.forEach(({ target }) => reachable(target as HTMLElement)));

/** Watches the parts of a note that was drawn; those already watched stay so. */
export function watchScrolling(root: ParentNode): void {
  root.querySelectorAll<HTMLElement>(PARTS).forEach((part) => {
    observer.observe(part);
    // What grew inside it may leave its own size as it was.
    for (const inside of part.children) observer.observe(inside);
  });
}

export function unwatchScrolling(root: ParentNode): void {
  root.querySelectorAll(`:is(${PARTS}), :is(${PARTS}) > *`).forEach((part) => observer.unobserve(part));
}

function reachable(target: HTMLElement): void {
  const part = target.closest<HTMLElement>(PARTS);
  if (!part) return;
  if (part.scrollWidth > part.clientWidth) part.tabIndex = 0;
  // What somebody is in stays until they leave it.
  else if (part !== document.activeElement) part.removeAttribute('tabindex');
}
