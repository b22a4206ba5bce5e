// What the shell of a frame (public/frame.html) and the libraries in it agree on.

/** A chart's description, of foreign origin. */
export interface Spec {
  [key: string]: unknown;
}

declare global {
  interface Window {
    /** Draws into the element, again when it is called again: the look of the page may have changed. */
    drawChart(root: HTMLElement, spec: Spec): Promise<void>;
  }
}

/** A colour of the page, as the shell has been told it, in the form that every library reads. */
export function color(name: string): string {
  const probe = document.body.appendChild(document.createElement('span'));
  probe.style.color = `var(${name})`;
  const computed = getComputedStyle(probe).color;
  probe.remove();
  return computed;
}
