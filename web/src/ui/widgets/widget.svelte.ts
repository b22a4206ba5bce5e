// One widget as its component uses it: what the document says of it, and what this person has just set.
//
// Invariant: what this person set shows at once and stays until the document says what became of it, whatever others do
// meanwhile; when the program cannot be told, it goes back.

import type { JsonObject } from '../../doc/schema';
import type { Gap, Placement } from '../../doc/widgets/schema';
import type { Order, Widget } from '../../doc/widgets/widgets';
import { Live } from '../live.svelte';
import type { SessionModel } from './session.svelte';

interface Doing {
  /** What shows at once, by its key in the state. */
  own?: JsonObject;
  /** Of several values on their way only the newest counts. */
  joins?: boolean;
}

const NOTHING: JsonObject = {};

export class WidgetModel {
  readonly #live: Live<Widget | undefined>;
  #own = $state.raw<JsonObject>(NOTHING);
  /** Of those the program was told: the document's next word of this widget counts again. */
  readonly #told = new Set<string>();
  readonly #performers = new Set<(order: Order) => void>();
  readonly #stop: () => void;

  constructor(
    readonly session: SessionModel,
    readonly wid: number,
  ) {
    const { widgets } = session.session;
    this.#live = new Live(() => widgets.widget(wid), (changed) => widgets.onWidget(wid, changed));
    this.#stop = widgets.onWidget(wid, () => this.#letGo(this.#told));
  }

  get widget(): Widget | undefined {
    return this.#live.value;
  }

  get kind(): string {
    return this.widget?.kind ?? '';
  }

  get state(): JsonObject {
    return this.widget?.state ?? NOTHING;
  }

  get children(): readonly Placement[] {
    return this.widget?.children ?? [];
  }

  get entries(): readonly (Placement | Gap)[] {
    return this.widget?.entries ?? [];
  }

  /** What this person set a moment ago, or what the document says. */
  value(key: string): unknown {
    return key in this.#own ? this.#own[key] : this.state[key];
  }

  text(key: string, otherwise = ''): string {
    const value = this.value(key);
    return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : otherwise;
  }

  number(key: string, otherwise: number): number {
    const value = Number(this.value(key) ?? Number.NaN);
    return Number.isFinite(value) ? value : otherwise;
  }

  flag(key: string, otherwise = false): boolean {
    const value = this.value(key);
    return typeof value === 'boolean' ? value : otherwise;
  }

  list(key: string): readonly unknown[] {
    const value = this.value(key);
    return Array.isArray(value) ? value : [];
  }

  listens(action: string): boolean {
    return this.widget?.listens.has(action) ?? false;
  }

  /** This person did something. */
  async act(action: string, args: readonly unknown[], { own = NOTHING, joins = false }: Doing = {}): Promise<void> {
    if (this.session.resting !== undefined) return;
    const before = this.widget;
    for (const key of Object.keys(own)) this.#told.delete(key);
    this.#own = { ...this.#own, ...own };
    const told = await this.session.tell({ wid: this.wid, action, args }, joins);
    // Somebody who drags on has set another value meanwhile, which has an end of its own.
    const mine = Object.keys(own).filter((key) => this.#own[key] === own[key]);
    if (!told || this.widget !== before) this.#letGo(mine);
    else for (const key of mine) this.#told.add(key);
  }

  /** What the program orders to be done once, as long as the component is there. */
  onOrder(perform: (order: Order) => void): () => void {
    this.#performers.add(perform);
    return () => this.#performers.delete(perform);
  }

  perform(order: Order): void {
    for (const perform of [...this.#performers]) perform(order);
  }

  destroy(): void {
    this.#stop();
  }

  #letGo(keys: Iterable<string>): void {
    const gone = new Set(keys);
    if (gone.size === 0) return;
    this.#own = Object.fromEntries(Object.entries(this.#own).filter(([key]) => !gone.has(key)));
    gone.forEach((key) => this.#told.delete(key));
  }
}
