// An answer that only whoever asked for it sees, until they publish it or throw it away.
//
// Invariant: nothing of it is in the document before it is published; ended, or left, it keeps no connection.

import { delivered } from '../sync/delivered';
import { asking } from '../text/asking';
import { text } from '../text/text';
import type { DraftDone, DraftEvent } from '../wire/wire';
import { models } from './models.svelte';
import type { NotebookModel } from './notebook.svelte';
import { page } from './page.svelte';

export type DraftState = 'waiting' | 'thinking' | 'answering' | 'done' | 'stopped' | 'failed';

export class Draft {
  state = $state<DraftState>('waiting');
  thinking = $state('');
  answer = $state('');
  /** Why there is no more of it. */
  sentence = $state('');
  done = $state.raw<DraftDone | undefined>();
  publishing = $state(false);
  /** The server's time, as everywhere. */
  readonly began = page.rest.time.now();
  readonly #calls = new AbortController();

  /** `asked` is the hash of the question as it is asked. */
  constructor(
    private readonly model: NotebookModel,
    private readonly cell: string,
    private readonly asked: string,
  ) {}

  get live(): boolean {
    return this.state === 'waiting' || this.state === 'thinking' || this.state === 'answering';
  }

  async run(): Promise<void> {
    const { settings, provider } = this.model.session;
    try {
      if (!(await delivered(provider))) return this.#end('failed', text.runs.notDelivered);
      for await (const event of models.calls.draft(settings.id, this.cell, this.#calls.signal)) this.#take(event);
      if (this.live) this.#end('failed', asking.draft.broken);
    } catch (cause) {
      if (this.live) this.#end('failed', cause instanceof Error ? cause.message : String(cause));
    }
  }

  /** Closes the connection, and the server that of the provider. What has come stays. */
  stop(): void {
    if (this.live) this.#end('stopped', '');
    this.#calls.abort();
  }

  /** Makes it the answer that everybody sees; false when that did not come about. */
  async publish(): Promise<void> {
    this.stop();
    const { model, usage, sourceHash = this.asked, sent } = this.done ?? {};
    this.publishing = true;
    try {
      await models.calls.publish(this.model.session.settings.id, this.cell, {
        text: this.answer,
        sourceHash,
        ...(this.thinking === '' ? {} : { thinking: this.thinking }),
        ...(model === undefined ? {} : { model }),
        ...(usage === undefined ? {} : { usage }),
        ...(sent === undefined ? {} : { sent }),
      });
    } finally {
      this.publishing = false;
    }
  }

  #take(event: DraftEvent): void {
    if (!this.live) return;
    if ('thinking' in event) {
      this.thinking += event.thinking;
      if (this.state === 'waiting') this.state = 'thinking';
    } else if ('text' in event) {
      this.answer += event.text;
      this.state = 'answering';
    } else if ('done' in event) {
      this.done = event.done;
      this.#end('done', '');
    } else {
      this.#end('failed', event.failed);
    }
  }

  #end(state: DraftState, sentence: string): void {
    this.state = state;
    this.sentence = sentence;
  }
}
