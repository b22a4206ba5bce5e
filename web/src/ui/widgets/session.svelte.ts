// The open session as the screen uses it: what the program drew, whether it can be used now, and what this person does.
//
// Invariant: only what this person does goes to the program; what is drawn anew, replayed or done by others tells it
// nothing. What is ordered once is done once, and only by pages that were open when it was ordered.

import { SvelteSet } from 'svelte/reactivity';

import { NotTold, type Callback } from '../../sync/callbacks';
import { Refusal } from '../../sync/rest';
import type { WidgetSession } from '../../sync/widgets';
import type { Order, Widget } from '../../doc/widgets/widgets';
import type { Program } from '../../doc/widgets/schema';
import { reasonOf } from '../../state/reason';
import { mayOnlyRead, word, type Facts, type Word } from '../../state/saved';
import { resting, type Resting } from '../../state/widgets/resting';
import { widgetsText as says } from '../../text/widgets';
import { Colleagues } from '../colleagues.svelte';
import { Live } from '../live.svelte';
import { toasts } from '../toasts.svelte';
import { WidgetModel } from './widget.svelte';

export class SessionModel {
  readonly colleagues: Colleagues;
  /** Dialogs for files that the program opened while this page was there, and nobody here has answered. */
  readonly asked = new SvelteSet<number>();
  /** A menu that the program opened at a place of the page. */
  popped = $state.raw<{ wid: number; x: number; y: number } | undefined>();
  readonly #facts: Live<Facts>;
  readonly #windows: Live<readonly Widget[]>;
  readonly #program: Live<Program>;
  readonly #title: Live<string>;
  readonly #widgets = new Map<number, WidgetModel>();
  readonly #performers = new Set<(order: Order) => void>();
  #stopOrders: (() => void) | undefined;
  readonly #stop: () => void;

  readonly resting: Resting | undefined = $derived.by(() => resting(this.facts.progress, this.program));

  /** `embedded`: among other things on a page, which it must not take over. */
  constructor(
    readonly session: WidgetSession,
    readonly embedded: boolean,
  ) {
    const { widgets, provider, offline } = session;
    this.#windows = new Live(() => widgets.windows(), (changed) => widgets.onWindows(changed));
    this.#program = new Live(() => widgets.program, (changed) => widgets.onInfo(changed));
    this.#title = new Live(() => widgets.title, (changed) => widgets.onInfo(changed));
    this.#facts = new Live(
      () => ({ progress: provider.progress, offline: offline.progress }),
      (changed) => {
        const stops = [provider.onProgress(changed), offline.onProgress(changed)];
        return () => stops.forEach((stop) => stop());
      },
    );
    this.colleagues = new Colleagues(session, { placeOf: () => undefined, kindOf: () => undefined });
    this.#stop = provider.onProgress(() => this.#followOrders());
    this.#followOrders();
  }

  get id(): string {
    return this.session.settings.id;
  }

  get title(): string {
    return this.#title.value;
  }

  get program(): Program {
    return this.#program.value;
  }

  get facts(): Facts {
    return this.#facts.value;
  }

  get word(): Word {
    return word(this.facts);
  }

  get readOnly(): boolean {
    return mayOnlyRead(this.facts);
  }

  /** Text is the document's: it can be written as long as there is a program to read it, also without a network. */
  get writable(): boolean {
    return !this.readOnly && this.program.state !== 'gone';
  }

  /** What stands on no other widget, as far as this page is shown it. */
  get windows(): readonly Widget[] {
    return this.#windows.value.filter(({ client }) => client === undefined || client === this.session.client);
  }

  widget(wid: number): WidgetModel {
    const known = this.#widgets.get(wid) ?? new WidgetModel(this, wid);
    this.#widgets.set(wid, known);
    return known;
  }

  /** Resolves to whether the program will be told. */
  async tell(callback: Callback, joins: boolean): Promise<boolean> {
    try {
      await this.session.callbacks.push(callback, { joins });
      return true;
    } catch (cause) {
      toasts.update('widgets', sentenceOf(cause));
      return false;
    }
  }

  /** What the program orders to be done once, from now on. */
  onOrder(perform: (order: Order) => void): () => void {
    this.#performers.add(perform);
    return () => this.#performers.delete(perform);
  }

  destroy(): void {
    this.#stopOrders?.();
    this.#stop();
    this.#widgets.forEach((widget) => widget.destroy());
    this.colleagues.destroy();
  }

  /** What was ordered while this page was away, or before it came, was for those who were there. */
  #followOrders(): void {
    const synced = this.session.provider.progress.link.kind === 'synced';
    if (synced && !this.#stopOrders) {
      this.#stopOrders = this.session.widgets.onOrders((orders) => orders.filter((order) => this.#isForUs(order)).forEach((order) => this.#performers.forEach((perform) => perform(order))));
    } else if (!synced) {
      this.#stopOrders?.();
      this.#stopOrders = undefined;
    }
  }

  #isForUs({ wid }: Order): boolean {
    const client = wid === undefined ? undefined : this.session.widgets.widget(wid)?.client;
    return client === undefined || client === this.session.client;
  }
}

function sentenceOf(cause: unknown): string {
  if (cause instanceof NotTold || (cause instanceof Refusal && cause.status === 0)) return says.state.notTold;
  return reasonOf(cause);
}
