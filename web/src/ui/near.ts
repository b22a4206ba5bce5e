// Tells when an element comes near the part of the page that is seen, and when it leaves it again.

/** About one and a half screens: an editor is there before the eye is. */
const MARGIN = '1200px 0px';

const watched = new WeakMap<Element, (near: boolean) => void>();
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

function seen(entries: IntersectionObserverEntry[]): void {
  for (const { isIntersecting, target } of entries) watched.get(target)?.(isIntersecting);
}

function forget(element: Element): void {
  watched.delete(element);
  observer?.unobserve(element);
}
