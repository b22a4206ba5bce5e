// What the page of a document does for whoever looks at it, whatever document it is: introduces them to the others,
// and tells them what became of what they did.
//
// Invariant: nobody leaves unasked while changes of theirs exist nowhere else.

import { untrack } from 'svelte';

import { ReadOnly } from '../doc/guard';
import { existingNowhereElse, OfflineTally, word, type Facts } from '../state/saved';
import type { DocumentSession } from '../sync/document';
import { announce } from '../sync/presence';
import { text } from '../text/text';
import { attend } from './attendance';
import type { Colleagues } from './colleagues.svelte';
import { page } from './page.svelte';
import { toasts } from './toasts.svelte';

interface Opened {
  readonly session: DocumentSession;
  readonly facts: Facts;
  readonly colleagues: Colleagues;
}

interface Manner<Model> {
  /** Others than people are told too who has come. */
  introduce?: (model: Model) => void;
  isFollowing?: (model: Model) => boolean;
  /** What somebody is told who tries to change what they may only read. */
  mayOnlyRead?: string;
}

export class DocumentPage<Model extends Opened> {
  /** Undefined until it is open. */
  model = $state.raw<Model | undefined>();
  /** Until then there may be a history of this document elsewhere that this page must not begin anew. */
  begun = $state(false);
  readonly word = $derived(this.model && word(this.model.facts));
  readonly #link = $derived(this.model?.facts.progress.link.kind);
  readonly #tally = new OfflineTally();
  #introduced: string | undefined;
  #away = false;

  /** To be made while the page's component is. */
  constructor(private readonly manner: Manner<Model> = {}) {
    $effect(this.#introduce);
    $effect(() => this.#attend());
    $effect(() => this.#settleColor());
    $effect(() => this.#introduceAnew());
    $effect(() => this.#connected());
    $effect(() => this.#tellSynced());
  }

  show(model: Model): void {
    this.begun = model.session.offline.hadContent;
    this.model = model;
  }

  readonly retry = (): void => this.model?.session.provider.retryNow();

  readonly leaving = (event: BeforeUnloadEvent): void => {
    if (this.model && existingNowhereElse(this.model.facts) > 0) event.preventDefault();
  };

  /** The last net: whatever tried to change what may only be read, the person is told so and nothing was changed. */
  readonly failed = (event: Event): void => {
    const cause: unknown = event instanceof ErrorEvent ? event.error : (event as PromiseRejectionEvent).reason;
    if (!(cause instanceof ReadOnly)) return;
    event.preventDefault();
    toasts.show(this.manner.mayOnlyRead ?? cause.message);
  };

  readonly #introduce = (): void => {
    if (!this.model) return;
    announce(this.model.session.awareness, page.person);
    this.manner.introduce?.(this.model);
  };

  #attend(): (() => void) | undefined {
    const { model } = this;
    if (!model || !this.begun) return undefined;
    return attend(model.session, { introduce: this.#introduce, isFollowing: () => this.manner.isFollowing?.(model) ?? false });
  }

  /** Those who are here come before the document, so the first word from the server tells the colours in use. */
  #settleColor(): void {
    if (this.#link === 'synced') page.settleColor(untrack(() => this.model?.colleagues.list ?? []).map(({ color }) => color));
  }

  /** The server shows others the name it was told when this connection began. */
  #introduceAnew(): void {
    const { name } = page.person;
    if (this.#introduced !== undefined && this.#introduced !== name) this.model?.session.provider.reconnect();
    this.#introduced = name;
  }

  #connected(): void {
    if (this.#link === 'synced') this.begun = true;
    if (this.#link === 'synced' && this.#away) page.returned();
    this.#away = this.#link === 'waiting' || (this.#away && this.#link !== 'synced');
  }

  #tellSynced(): void {
    const synced = this.word ? this.#tally.next(this.word) : 0;
    if (synced > 0) toasts.show(text.trust.synced(synced));
  }
}
