// What somebody does who may only read: folds and unfolds for their own eyes, and is told why nothing else happens.
//
// Invariant: nothing here changes the notebook.

import { SvelteMap } from 'svelte/reactivity';

import type { Folding } from '../doc/cell';
import { text } from '../text/text';
import type { NotebookModel } from './notebook.svelte';
import { toasts } from './toasts.svelte';

export class Reading {
  readonly #folded = new SvelteMap<string, Partial<Folding>>();

  constructor(private readonly model: NotebookModel) {}

  /** Tells a reader that this cannot be done; false for whoever may do it. */
  refuses(): boolean {
    if (!this.model.readOnly) return false;
    toasts.show(text.trust.mayOnlyRead);
    return true;
  }

  /** How the cell is folded on this screen. */
  folding(id: string, shared: Folding): Folding {
    return this.model.readOnly ? { ...shared, ...this.#folded.get(id) } : shared;
  }

  fold(id: string, change: Partial<Folding>): void {
    this.#folded.set(id, { ...this.#folded.get(id), ...change });
  }
}
