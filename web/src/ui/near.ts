// Tells when an element comes near the part of the page that is seen, and when it leaves it again. Paper shows all.

import { flushSync } from 'svelte';

/** About one and a half screens: an editor is there before the eye is. */
const MARGIN = '1200px 0px';

const watched = new Map<Element, (near: boolean) => void>();
let observer: IntersectionObserver | undefined;

/** Tells each time. Returns how to stop. */
export function watchNear(element: Element, told: (near: boolean) => void): () => void {
  observer ??= new IntersectionObserver(seen, { rootMargin: MARGIN });
  watched.set(element, told);
  observer.observe(element);
  return () => forget(element);
}

/** Tells once. */
export function whenNear(element: Element, told: () => void): () => void {
  return watchNear(element, (near) => {
    if (!near) return;
    forget(element);
    told();
  });
}

/** What is printed was not scrolled to: it is drawn before the paper is made. */
function showAll(): void {
  for (const told of [...watched.values()]) told(true);
  flushSync();
}

window.addEventListener('beforeprint', showAll);

function seen(entries: IntersectionObserverEntry[]): void {
  for (const { isIntersecting, target } of entries) watched.get(target)?.(isIntersecting);
}

function forget(element: Element): void {
  watched.delete(element);
  observer?.unobserve(element);
}
