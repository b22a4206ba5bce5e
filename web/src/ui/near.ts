// Tells once when an element comes near the part of the page that is seen.

/** About one and a half screens: an editor is there before the eye is. */
const MARGIN = '1200px 0px';

const waiting = new WeakMap<Element, () => void>();
let observer: IntersectionObserver | undefined;

export function whenNear(element: Element, told: () => void): () => void {
  observer ??= new IntersectionObserver(seen, { rootMargin: MARGIN });
  waiting.set(element, told);
  observer.observe(element);
  return () => forget(element);
}

function seen(entries: IntersectionObserverEntry[]): void {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    const told = waiting.get(target);
    forget(target);
    told?.();
  }
}

function forget(element: Element): void {
  waiting.delete(element);
  observer?.unobserve(element);
}
