// Where somebody was before something led them elsewhere: the focus with its caret, and what they had before their eyes.
//
// Invariant: whoever has scrolled or pointed into the page since is not taken from there.

import { placeChosen } from './anchoring';
import { rememberFocus } from './focus';

/** Below the bar at the head of the page. */
const TOP = 60;
/** By these a person moves about by themselves. */
const OWN_MOVES = ['wheel', 'touchmove', 'pointerdown'] as const;

export class Place {
  readonly #giveBack = rememberFocus();
  readonly #element: Element | undefined;
  readonly #top: number;
  #own = false;

  constructor() {
    const articles = [...document.querySelectorAll('[data-cell]')];
    const focused = document.activeElement?.closest('[data-cell]') ?? undefined;
    // A cell and where it stood, not a number of pixels: others may write above it meanwhile.
    this.#element = focused && isSeen(focused) ? focused : (articles.find(isSeen) ?? focused);
    this.#top = this.#element?.getBoundingClientRect().top ?? 0;
    for (const kind of OWN_MOVES) window.addEventListener(kind, this.#moved, { capture: true, passive: true });
  }

  goBack(): void {
    this.#giveBack();
    this.#scrollBack();
    // An editor that was told to show a match scrolls at its next frame, and cells far away get their height as they come.
    requestAnimationFrame(() => requestAnimationFrame(() => (this.forget(), this.#scrollBack())));
  }

  #scrollBack(): void {
    if (this.#own || !this.#element?.isConnected) return;
    window.scrollBy(0, this.#element.getBoundingClientRect().top - this.#top);
    placeChosen();
  }

  /** Must be called when nobody will go back. */
  forget(): void {
    for (const kind of OWN_MOVES) window.removeEventListener(kind, this.#moved, { capture: true });
  }

  readonly #moved = ({ target }: Event): void => {
    if (!(target instanceof Element) || !target.closest('[role="search"]')) this.#own = true;
  };
}

function isSeen(element: Element): boolean {
  const { top, bottom } = element.getBoundingClientRect();
  return bottom > TOP && top < window.innerHeight;
}
