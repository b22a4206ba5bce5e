// Tells when an element comes near the part of the page that is seen, and when it leaves it again. Paper shows all.
//
// Invariant: what is seen is told of at once; what is only near waits until the page has time, the nearest first, so
// that neither opening nor scrolling is held up by what nobody looks at.

import { flushSync } from 'svelte';

import { inSlices } from './slices';

/** About one and a half screens: an editor is there before the eye is. */
const NEAR = '1200px 0px';
/** Seen, or within the next turn of the wheel. */
const SEEN = '150px 0px';

type Told = (near: boolean) => void;

const watched = new Map<Element, Told>();
/** Near, and not told yet. */
const waiting = new Set<Element>();
const told = new Set<Element>();
let observers: { near: IntersectionObserver; seen: IntersectionObserver } | undefined;
let telling = false;

/** Tells each time. Returns how to stop. */
export function watchNear(element: Element, tell: Told): () => void {
  observers ??= {
    near: new IntersectionObserver(passedNear, { rootMargin: NEAR }),
    seen: new IntersectionObserver(passedSeen, { rootMargin: SEEN }),
  };
  watched.set(element, tell);
  observers.near.observe(element);
  return () => forget(element);
}

/** Tells once. */
export function whenNear(element: Element, tell: () => void): () => void {
  return watchNear(element, (near) => {
    if (!near) return;
    forget(element);
    tell();
  });
}

function passedNear(entries: IntersectionObserverEntry[]): void {
  for (const { isIntersecting, target } of entries) {
    if (isIntersecting) expect(target);
    else dismiss(target);
  }
  if (waiting.size === 0 || telling) return;
  telling = true;
  inSlices(tellNearest);
}

function expect(element: Element): void {
  if (!watched.has(element) || told.has(element)) return;
  waiting.add(element);
  observers?.seen.observe(element);
}

function dismiss(element: Element): void {
  waiting.delete(element);
  observers?.seen.unobserve(element);
  if (told.delete(element)) watched.get(element)?.(false);
}

function passedSeen(entries: IntersectionObserverEntry[]): void {
  for (const { isIntersecting, target } of entries) if (isIntersecting && waiting.has(target)) tell(target);
}

function tellNearest(): boolean {
  const middle = window.innerHeight / 2;
  const far = (element: Element) => Math.abs(element.getBoundingClientRect().top - middle);
  const [nearest] = [...waiting].map((element) => ({ element, far: far(element) })).sort((one, other) => one.far - other.far);
  if (nearest) tell(nearest.element);
  telling = waiting.size > 0;
  return telling;
}

function tell(element: Element): void {
  waiting.delete(element);
  observers?.seen.unobserve(element);
  told.add(element);
  watched.get(element)?.(true);
}

/** What is told of may hold what is yet to be told of: a sketch becomes a view, a view gets its editor. */
const DEEPEST = 3;

/** What is printed was not scrolled to: it is drawn before the paper is made. */
function showAll(): void {
  for (let depth = 0; depth < DEEPEST; depth += 1) {
    for (const element of [...watched.keys()]) if (!told.has(element)) tell(element);
    flushSync();
  }
}

window.addEventListener('beforeprint', showAll);

function forget(element: Element): void {
  watched.delete(element);
  waiting.delete(element);
  told.delete(element);
  observers?.near.unobserve(element);
  observers?.seen.unobserve(element);
}
