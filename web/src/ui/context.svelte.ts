// What would be sent with the question of a prompt cell, kept up with what is written.
//
// Invariant: it is asked for only while somebody looks, when typing rests, and of a document that the server has.

import { reasonOf } from '../state/reason';
import { delivered } from '../sync/delivered';
import type { ContextBody } from '../wire/wire';
import { models } from './models.svelte';
import type { NotebookModel } from './notebook.svelte';

/** After the last keystroke. */
const REST_MS = 800;

export class ContextWatch {
  body = $state.raw<ContextBody | undefined>();
  /** Why it is not known. */
  refused = $state('');
  #timer: ReturnType<typeof setTimeout> | undefined;
  #watching = false;

  constructor(
    private readonly model: NotebookModel,
    private readonly cell: string,
  ) {}

  /** Keeps it up until the returned function is called. */
  watch(): () => void {
    const { notebook } = this.model.session;
    const later = (): void => this.#soon(REST_MS);
    const stops = [notebook.onAnyCell(later), notebook.onStructure(later), notebook.onDetails(later), notebook.runs.onAny(later)];
    this.#watching = true;
    this.#soon(0);
    return () => {
      this.#watching = false;
      clearTimeout(this.#timer);
      stops.forEach((stop) => stop());
    };
  }

  #soon(after: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#ask(), after);
  }

  async #ask(): Promise<void> {
    const { provider, settings } = this.model.session;
    if (!(await delivered(provider)) || !this.#watching) return;
    try {
      this.body = await models.calls.context(settings.id, this.cell);
      this.refused = '';
    } catch (cause) {
      this.body = undefined;
      this.refused = reasonOf(cause);
    }
  }
}
