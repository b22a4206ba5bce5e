// Shows for a moment which cell is meant. With reduced motion it stands still for that moment.

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
