// A session's document as widgets: what each is, what stands in it, and which are windows.
//
// Invariant: a widget that did not change is the same object as before, and only those who listen to a widget hear of
// it: a slider that moves redraws itself and nothing else. Imports its siblings in doc/ and yjs.

import * as Y from 'yjs';

import type { JsonObject } from '../schema';
import { ask, command, gap, listIn, mapIn, objectIn, placement, programIn, widgetRoots, type Ask, type Command, type Gap, type Placement, type Program, type WidgetRoots } from './schema';

export interface Widget {
  wid: number;
  /** What the program calls its kind, such as `Button`. */
  kind: string;
  args: readonly unknown[];
  state: JsonObject;
  children: readonly Placement[];
  /** The children with what stands between them. */
  entries: readonly (Placement | Gap)[];
  listens: ReadonlySet<string>;
  /** What people write into it together; only where a kind has it. */
  text: Y.Text | undefined;
  /** The page it is for; every page shows one without. */
  client: string | undefined;
}

export interface Order extends Command {
  /** Absent of what is said to no widget. */
  wid: number | undefined;
  name: string;
}

/** Which widgets stand on no other, in the order in which they were made. */
const WINDOWS: ReadonlySet<string> = new Set(['TopLevel', 'Page', 'Dialog', 'ColorDialog', 'FileDialog']);

export class Widgets {
  readonly roots: WidgetRoots;
  readonly #known = new Map<number, Widget>();
  readonly #hearers = new Map<number, Set<() => void>>();
  readonly #windowHearers = new Set<() => void>();
  readonly #infoHearers = new Set<() => void>();
  readonly #orderHearers = new Set<(orders: readonly Order[]) => void>();
  /** How many orders of each name there were when this page last looked. */
  #counted: Map<string, number> | undefined;
  #windows: readonly Widget[] | undefined;

  constructor(readonly doc: Y.Doc) {
    this.roots = widgetRoots(doc);
    this.roots.widgets.observeDeep(this.#widgetsChanged);
    this.roots.info.observeDeep(this.#infoChanged);
    this.roots.page.observeDeep(this.#pageChanged);
  }

  get title(): string {
    const title = this.roots.info.get('title');
    return typeof title === 'string' ? title : '';
  }

  get program(): Program {
    return programIn(this.roots.info);
  }

  /** Undefined when there is none of that number. */
  widget(wid: number): Widget | undefined {
    const known = this.#known.get(wid);
    if (known) return known;
    const map = mapIn(this.roots.widgets, String(wid));
    const read = map && widgetOf(wid, map);
    if (read) this.#known.set(wid, read);
    return read;
  }

  all(): Widget[] {
    const wids = [...this.roots.widgets.keys()].map(Number).filter(Number.isInteger).sort((one, other) => one - other);
    return wids.map((wid) => this.widget(wid)).filter((widget) => widget !== undefined);
  }

  windows(): readonly Widget[] {
    return (this.#windows ??= this.#findWindows());
  }

  onWidget(wid: number, listener: () => void): () => void {
    const hearers = this.#hearers.get(wid) ?? new Set();
    this.#hearers.set(wid, hearers.add(listener));
    return () => {
      hearers.delete(listener);
      if (hearers.size === 0) this.#hearers.delete(wid);
    };
  }

  onWindows(listener: () => void): () => void {
    return listening(this.#windowHearers, listener);
  }

  onInfo(listener: () => void): () => void {
    return listening(this.#infoHearers, listener);
  }

  /** Tells of what is to be done once, from now on: what was ordered before this call is for others. */
  onOrders(listener: (orders: readonly Order[]) => void): () => void {
    if (this.#orderHearers.size === 0) this.#counted = counts(this.#orders());
    return listening(this.#orderHearers, listener);
  }

  /** Tells of questions that come from now on. */
  onAsks(listener: (asks: readonly Ask[]) => void): () => void {
    const { asks } = this.roots;
    const told = ({ keysChanged, transaction }: Y.YMapEvent<unknown>): void => {
      if (transaction.local) return;
      const fresh = [...keysChanged].map((id) => ask(String(id), asks.get(String(id)))).filter((one) => one !== undefined);
      if (fresh.length > 0) listener(fresh);
    };
    asks.observe(told);
    return () => asks.unobserve(told);
  }

  destroy(): void {
    this.roots.widgets.unobserveDeep(this.#widgetsChanged);
    this.roots.info.unobserveDeep(this.#infoChanged);
    this.roots.page.unobserveDeep(this.#pageChanged);
    for (const hearers of [this.#hearers, this.#windowHearers, this.#infoHearers, this.#orderHearers]) hearers.clear();
  }

  readonly #widgetsChanged = (events: readonly Y.YEvent<Y.AbstractType<unknown>>[]): void => {
    const changed = new Set<number>();
    for (const event of events) {
      // What people type changes the text, which says so itself, and nothing that stands here.
      if (event.target instanceof Y.Text) continue;
      const keys = event.path.length > 0 ? [event.path[0]] : [...event.changes.keys.keys()];
      for (const key of keys) changed.add(Number(key));
    }
    if (changed.size === 0) return;
    // Of every one: whoever hears of it next reads it anew.
    const structural = [...changed].filter((wid) => this.#readAnew(wid)).length > 0;
    for (const wid of changed) tell(this.#hearers.get(wid));
    if (structural) this.#windows = undefined;
    if (structural) tell(this.#windowHearers);
    this.#tellOrders();
  };

  /** Tells whether the change may have made or taken a window: its kind is one, or its children are others. */
  #readAnew(wid: number): boolean {
    const before = this.#known.get(wid);
    this.#known.delete(wid);
    const now = this.widget(wid);
    if (!before || !now || WINDOWS.has(now.kind)) return true;
    return JSON.stringify(before.children) !== JSON.stringify(now.children);
  }

  readonly #infoChanged = (): void => tell(this.#infoHearers);

  readonly #pageChanged = (): void => this.#tellOrders();

  #tellOrders(): void {
    if (!this.#counted) return;
    const orders = this.#orders();
    const fresh = orders.filter((order) => order.n > (this.#counted?.get(keyOf(order)) ?? 0));
    this.#counted = counts(orders);
    if (fresh.length > 0) for (const listener of [...this.#orderHearers]) listener(fresh);
  }

  #orders(): Order[] {
    const said = ordersIn(this.roots.page, undefined);
    for (const wid of this.roots.widgets.keys()) {
      const map = mapIn(this.roots.widgets, wid);
      if (map?.has('commands')) said.push(...ordersIn(map, Number(wid)));
    }
    return said;
  }

  #findWindows(): readonly Widget[] {
    const all = this.all();
    const placed = new Set(all.flatMap(({ children }) => children.map(({ wid }) => wid)));
    return all.filter(({ wid, kind }) => WINDOWS.has(kind) && !placed.has(wid));
  }
}

function widgetOf(wid: number, map: Y.Map<unknown>): Widget {
  const [kind, client, text] = ['class', 'client', 'text'].map((key) => map.get(key));
  const entries = listIn(map, 'children').map((entry) => gap(entry) ?? placement(entry)).filter((entry) => entry !== undefined);
  return {
    wid,
    kind: typeof kind === 'string' ? kind : '',
    args: listIn(map, 'args'),
    state: objectIn(map, 'state'),
    children: entries.filter((entry) => typeof entry !== 'string'),
    entries,
    listens: new Set(Object.entries(objectIn(map, 'listens')).filter(([, on]) => on === true).map(([action]) => action)),
    text: text instanceof Y.Text ? text : undefined,
    client: typeof client === 'string' ? client : undefined,
  };
}

function ordersIn(map: Y.Map<unknown>, wid: number | undefined): Order[] {
  return Object.entries(objectIn(map, 'commands')).flatMap(([name, value]) => {
    const told = command(value);
    return told ? [{ ...told, wid, name }] : [];
  });
}

function keyOf({ wid, name }: Pick<Order, 'wid' | 'name'>): string {
  return `${wid ?? ''}/${name}`;
}

function counts(orders: readonly Order[]): Map<string, number> {
  return new Map(orders.map((order) => [keyOf(order), order.n]));
}

function listening<Listener>(all: Set<Listener>, listener: Listener): () => void {
  all.add(listener);
  return () => all.delete(listener);
}

function tell(hearers: Iterable<() => void> | undefined): void {
  for (const hearer of [...(hearers ?? [])]) hearer();
}
