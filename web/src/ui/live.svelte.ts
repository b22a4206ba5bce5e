// Values that live outside Svelte, read inside it: an effect that reads one runs again when its source tells of a change.

import { createSubscriber } from 'svelte/reactivity';

export class Live<T> {
  readonly #subscribe: () => void;

  constructor(
    private readonly read: () => T,
    subscribe: (changed: () => void) => () => void,
  ) {
    this.#subscribe = createSubscriber((changed) => subscribe(changed));
  }

  get value(): T {
    this.#subscribe();
    return this.read();
  }
}
