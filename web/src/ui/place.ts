// Where somebody was before something led them elsewhere: the focus with its caret, and what they had before their eyes.
//
// Invariant: going back scrolls only if the page still stands where it was led to; whoever has scrolled since stays.

import { rememberFocus } from './focus';

/** Below the bar at the head of the page. */
const TOP = 60;

export class Place {
  readonly #giveBack = rememberFocus();
  readonly #element: Element | undefined;
  readonly #top: number;
  #led: number | undefined;

  constructor() {
    const articles = [...document.querySelectorAll('[data-cell]')];
    const focused = document.activeElement?.closest('[data-cell]') ?? undefined;
    // A cell and where it stood, not a number of pixels: others may write above it meanwhile.
    this.#element = focused && isSeen(focused) ? focused : (articles.find(isSeen) ?? focused);
    this.#top = this.#element?.getBoundingClientRect().top ?? 0;
  }

  /** The page was just scrolled on behalf of the person. */
  led(): void {
    this.#led = window.scrollY;
  }

  goBack(): void {
    this.#giveBack();
    if (this.#led === undefined || Math.abs(window.scrollY - this.#led) > 2 || !this.#element?.isConnected) return;
    window.scrollBy(0, this.#element.getBoundingClientRect().top - this.#top);
  }
}

function isSeen(element: Element): boolean {
  const { top, bottom } = element.getBoundingClientRect();
  return bottom > TOP && top < window.innerHeight;
}
