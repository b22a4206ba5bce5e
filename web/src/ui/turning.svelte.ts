// A button that becomes its opposite under the pointer, because somebody else was quicker or it ended by itself.

import { untrack } from 'svelte';

/** Nobody sees a change and presses because of it in less: such a press was meant for what was there before. */
const SEEN_MS = 300;

export class Turning {
  /** It has just become something else: a press means nothing. */
  now = $state(false);

  /** To be made while the button's component is. */
  constructor(what: () => unknown) {
    let before = untrack(what);
    $effect(() => {
      const turned = what();
      if (turned === before) return undefined;
      before = turned;
      this.now = true;
      const timer = setTimeout(() => (this.now = false), SEEN_MS);
      return () => {
        clearTimeout(timer);
        this.now = false;
      };
    });
  }
}
