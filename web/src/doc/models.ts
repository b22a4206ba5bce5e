// The widgets of the kernel as they stand in the document's root `models`. Imports its siblings; changes nothing, because
// only the server writes there.
//
// Invariant: whatever stands in the document, a value given out has the shape of its type, or is not there; a listener is
// told of what changed, key by key.

import * as Y from 'yjs';

import { WIDGET } from './output';
import { isObject, type JsonObject, type Roots } from './schema';

/** A content that lies beside the document. */
export interface Elsewhere {
  sha256: string;
}

/** A binary part of a value: where in it, and what. */
export interface Part {
  path: readonly (string | number)[];
  base64?: string;
  blob?: Elsewhere;
}

/** One key of a state. */
export interface Entry {
  /** Later changes have larger numbers. */
  seq: number;
  value?: unknown;
  /** Where the value is instead, if it is large. */
  blob?: Elsewhere;
  parts: readonly Part[];
}

export interface Model {
  module: string;
  name: string;
  version: string;
  /** Its kernel is gone. */
  ended: boolean;
  state: ReadonlyMap<string, Entry>;
}

/** A message of a widget's own. */
export interface ModelMessage {
  content: unknown;
  buffers: readonly string[];
}

/** What changed of one model: all of it, or some keys; and what it said. */
export interface ModelChange {
  whole: boolean;
  keys: Set<string>;
  said: boolean;
}

type Listener = (changes: ReadonlyMap<string, ModelChange>) => void;

const STATE = 'state';
const SAID = 'said';
const REFERENCE = 'IPY_MODEL_';
/** Ties between widgets: nothing shows them, and they do their work in the page. */
const LINKS: readonly string[] = ['LinkModel', 'DirectionalLinkModel'];

const known = new WeakMap<Y.Map<unknown>, KernelModels>();

/** The widgets of a notebook, read by one for all who draw them. */
export function modelsOf({ models }: Pick<Roots, 'models'>): KernelModels {
  const there = known.get(models) ?? new KernelModels({ models });
  known.set(models, there);
  return there;
}

export class KernelModels {
  readonly #root: Y.Map<unknown>;
  readonly #listeners = new Set<Listener>();

  constructor({ models }: Pick<Roots, 'models'>) {
    this.#root = models;
    models.observeDeep((events) => this.#changed(events));
  }

  get(id: string): Model | undefined {
    const map = this.#root.get(id);
    const state = this.#state(id);
    if (!(map instanceof Y.Map) || !state) return undefined;
    const text = (key: string) => (typeof map.get(key) === 'string' ? (map.get(key) as string) : '');
    const entries = [...state.entries()].flatMap(([key, value]) => {
      const entry = entryOf(value);
      return entry ? [[key, entry] as const] : [];
    });
    return { module: text('module'), name: text('name'), version: text('version'), ended: map.get('ended') === true, state: new Map(entries) };
  }

  /** What a widget said last. */
  said(id: string): readonly ModelMessage[] {
    const map = this.#root.get(id);
    const said: unknown = map instanceof Y.Map ? map.get(SAID) : undefined;
    const messages = isObject(said) && Array.isArray(said['messages']) ? said['messages'].filter(isObject) : [];
    return messages.map(({ content, buffers }) => ({ content, buffers: Array.isArray(buffers) ? buffers.filter((buffer) => typeof buffer === 'string') : [] }));
  }

  /** All that drawing a widget takes: itself, what its state names, and the ties among them. */
  neededBy(id: string): Set<string> {
    const needed = new Set<string>();
    this.#add(id, needed);
    for (let before = -1; before !== needed.size; ) {
      before = needed.size;
      for (const link of this.#links()) if (this.#named(link).some((end) => needed.has(end))) this.#add(link, needed);
    }
    return needed;
  }

  /** Whether after a change a widget may need others than before. */
  mayNeedOthers(changes: ReadonlyMap<string, ModelChange>): boolean {
    return [...changes].some(([id, { whole, keys }]) => whole || [...keys].some((key) => this.#namedByKey(id, key)));
  }

  /** Tells what changed. Returns how to stop. */
  onChange(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #add(id: string, needed: Set<string>): void {
    const waiting = [id];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (needed.has(next) || !this.#root.has(next)) continue;
      needed.add(next);
      waiting.push(...this.#named(next));
    }
  }

  #links(): string[] {
    return [...this.#root.entries()].filter(([, map]) => map instanceof Y.Map && LINKS.includes(String(map.get('name')))).map(([id]) => id);
  }

  #named(id: string): string[] {
    return [...(this.#state(id)?.values() ?? [])].flatMap(namedBy);
  }

  #namedByKey(id: string, key: string): boolean {
    return namedBy(this.#state(id)?.get(key)).length > 0;
  }

  #state(id: string): Y.Map<unknown> | undefined {
    const map = this.#root.get(id);
    const state: unknown = map instanceof Y.Map ? map.get(STATE) : undefined;
    return state instanceof Y.Map ? state : undefined;
  }

  #changed(events: Y.YEvent<Y.AbstractType<unknown>>[]): void {
    const changes = new Map<string, ModelChange>();
    const of = (id: string): ModelChange => {
      const change = changes.get(id) ?? { whole: false, keys: new Set(), said: false };
      changes.set(id, change);
      return change;
    };
    for (const event of events) {
      const [id, part] = event.path;
      const keys = [...event.keys.keys()];
      if (typeof id !== 'string') keys.forEach((key) => (of(key).whole = true));
      else if (part === STATE) keys.forEach((key) => of(id).keys.add(key));
      else for (const key of keys) key === SAID ? (of(id).said = true) : (of(id).whole = true);
    }
    this.#listeners.forEach((listener) => listener(changes));
  }
}

function entryOf(value: unknown): Entry | undefined {
  if (!isObject(value) || typeof value['seq'] !== 'number') return undefined;
  const blob = elsewhere(value['blob']);
  const parts = Array.isArray(value['buffers']) ? value['buffers'].filter(isObject).flatMap(partOf) : [];
  return { seq: value['seq'], parts, ...('value' in value ? { value: value['value'] } : {}), ...(blob ? { blob } : {}) };
}

function partOf({ path, base64, blob }: JsonObject): Part[] {
  if (!Array.isArray(path)) return [];
  const there = elsewhere(blob);
  if (there) return [{ path: path as (string | number)[], blob: there }];
  return typeof base64 === 'string' ? [{ path: path as (string | number)[], base64 }] : [];
}

function elsewhere(blob: unknown): Elsewhere | undefined {
  return isObject(blob) && typeof blob['sha256'] === 'string' ? { sha256: blob['sha256'] } : undefined;
}

function namedBy(entry: unknown): string[] {
  if (!isObject(entry)) return [];
  const refs = Array.isArray(entry['refs']) ? entry['refs'].filter((id) => typeof id === 'string') : [];
  return [...references(entry['value']), ...refs];
}

/** The widgets that a value names: as a part of a state, or as what an output shows. */
function references(value: unknown): string[] {
  if (typeof value === 'string') return value.startsWith(REFERENCE) ? [value.slice(REFERENCE.length)] : [];
  if (Array.isArray(value)) return value.flatMap(references);
  if (!isObject(value)) return [];
  const view = value[WIDGET];
  const shown = isObject(view) && typeof view['model_id'] === 'string' ? [view['model_id']] : [];
  return [...shown, ...Object.values(value).flatMap(references)];
}
