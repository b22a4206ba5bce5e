// Shows which cell is meant, for a moment or until the person goes on. With reduced motion nothing moves or fades.

import { cellElement } from './sight';

const SHOWN_MS = 1600;
const timers = new WeakMap<Element, ReturnType<typeof setTimeout>>();

export function flash(cell: string, color = 'var(--accent)'): void {
  const element = cellElement(cell);
  if (!element) return;
  element.style.setProperty('--flash', color);
  element.classList.remove('flash');
  // Begins the animation anew when it is still running.
  void element.offsetWidth;
  element.classList.add('flash');
  clearTimeout(timers.get(element));
  timers.set(element, setTimeout(() => element.classList.remove('flash'), SHOWN_MS));
}

/** Stays until the person does anything: a page that has just opened is looked at later than it is there. */
export function mark(cell: string): void {
  const element = cellElement(cell);
  if (!element) return;
  element.classList.add('meant');
  const done = new AbortController();
  const end = () => (done.abort(), element.classList.remove('meant'));
  for (const kind of ['keydown', 'pointerdown', 'wheel', 'touchmove']) window.addEventListener(kind, end, { signal: done.signal, capture: true, passive: true });
}
