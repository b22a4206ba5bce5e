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

/** A colour of the page, as the shell has been told it. */
export function color(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim() || 'currentColor';
}
