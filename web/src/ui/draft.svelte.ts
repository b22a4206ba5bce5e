// An answer that only whoever asked for it sees, until they publish it or throw it away; also when the page is loaded
// anew meanwhile.
//
// Invariant: nothing of it is in the document before it is published; ended, or left, it keeps no connection.

import { delivered } from '../sync/delivered';
import type { DraftState, KeptDraft } from '../sync/drafts';
import { Refusal } from '../sync/rest';
import { asking } from '../text/asking';
import { text } from '../text/text';
import type { DraftDone, DraftEvent } from '../wire/wire';
import { models } from './models.svelte';
import type { NotebookModel } from './notebook.svelte';
import { page } from './page.svelte';

/** What came since is lost when the browser ends without a word. */
const KEEP_MS = 1000;

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
  #keptAt = -Infinity;

  /** `asked` is the hash of the question as it is asked; `keep` takes it as far as it has come. */
  constructor(
    private readonly model: NotebookModel,
    private readonly cell: string,
    private readonly asked: string,
    private readonly keep: (draft: KeptDraft) => void,
  ) {}

  /** One from before the page was loaded. What was still coming then has ended with it. */
  static kept(model: NotebookModel, cell: string, kept: KeptDraft, keep: (draft: KeptDraft) => void): Draft {
    const draft = new Draft(model, cell, kept.asked, keep);
    [draft.state, draft.sentence, draft.done] = [kept.state, kept.sentence, kept.done];
    [draft.thinking, draft.answer] = [kept.thinking, kept.answer];
    if (draft.live) draft.#end('failed', asking.draft.left);
    return draft;
  }

  get live(): boolean {
    return this.state === 'waiting' || this.state === 'thinking' || this.state === 'answering';
  }

  async run(): Promise<void> {
    this.store();
    const { settings, provider } = this.model.session;
    try {
      if (!(await delivered(provider))) return this.#end('failed', text.runs.notDelivered);
      for await (const event of models.calls.draft(settings.id, this.cell, this.#calls.signal)) this.#take(event);
      if (this.live) this.#end('failed', asking.draft.broken);
    } catch (cause) {
      // What breaks in the middle of reading has only the browser's own words, also when the page is left.
      if (this.live) this.#end('failed', cause instanceof Refusal ? cause.message : asking.draft.broken);
    }
  }

  /** Closes the connection, and the server that of the provider. What has come stays. */
  stop(): void {
    if (this.live) this.#end('stopped', '');
    this.#calls.abort();
  }

  /** As `stop`, because its person goes elsewhere. */
  leave(): void {
    if (this.live) this.#end('failed', asking.draft.left);
    this.#calls.abort();
  }

  /** Keeps it as far as it has come. */
  store(): void {
    this.#keptAt = performance.now();
    const { state, thinking, answer, sentence, asked, done } = this;
    this.keep({ state, thinking, answer, sentence, asked, ...(done === undefined ? {} : { done }) });
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
    if (performance.now() - this.#keptAt >= KEEP_MS) this.store();
  }

  #end(state: DraftState, sentence: string): void {
    this.state = state;
    this.sentence = sentence;
    this.store();
  }
}
