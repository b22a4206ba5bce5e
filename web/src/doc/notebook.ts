// A notebook read from its document: which cells stand where, what lies in the bin, what it is called; and who is told
// of what changed. Changes nothing (that is edit.ts).
//
// Invariant: a listener of one cell hears of that cell only, so that nothing else is drawn again (LN-18).

import * as Y from 'yjs';

import { cellId } from './cell';
import { isKey, sorted, type Placed } from './order';
import { Runs } from './runs';
import { isObject, roots, type CellMap, type JsonObject, type Roots, type Tombstone } from './schema';

type Listener = () => void;

/** What of a cell changed: its text, its outputs, or anything else. */
export type Part = 'source' | 'outputs' | 'rest';
/** `changed`: what was changed itself, such as the text of one of several outputs. */
type CellListener = (part: Part, changed: readonly Y.AbstractType<unknown>[]) => void;
type Touched = Map<Part, Y.AbstractType<unknown>[]>;
type AnyCellListener = (id: string, part: Part) => void;

/** A deleted cell, with its text when it is still in the document. */
export interface Deleted {
  id: string;
  tombstone: Tombstone;
  /** Absent once the server took the cell out; then only the server can bring it back. */
  cell: CellMap | undefined;
}

export class Notebook {
  readonly roots: Roots;
  /** What runs, and on what. */
  readonly runs: Runs;
  readonly #structure = new Set<Listener>();
  readonly #details = new Set<Listener>();
  readonly #cells = new Map<string, Set<CellListener>>();
  readonly #anyCell = new Set<AnyCellListener>();
  #byId: Map<string, CellMap> | undefined;
  #shown: string[] | undefined;
  #placed: readonly Placed[] | undefined;

  constructor(readonly doc: Y.Doc) {
    this.roots = roots(doc);
    this.runs = new Runs(this.roots);
    const structural = () => this.#structureChanged();
    this.roots.cells.observeDeep((events) => this.#cellsChanged(events));
    this.roots.order.observe(structural);
    this.roots.bin.observe(structural);
    this.roots.meta.observeDeep(() => notify(this.#details));
  }

  /** Ids of the cells in the order people see, those in the bin left out. */
  ids(): readonly string[] {
    this.#shown ??= this.placed().map((cell) => cell.id).filter((id) => !this.roots.bin.has(id));
    return this.#shown;
  }

  /** All cells in order, those in the bin too: they keep their place for whoever types in them. */
  placed(): readonly Placed[] {
    this.#placed ??= sorted([...this.#index().keys()].map((id) => ({ id, key: keyOf(this.roots, id) })));
    return this.#placed;
  }

  cell(id: string): CellMap | undefined {
    return this.#index().get(id);
  }

  tombstone(id: string): Tombstone | undefined {
    return this.roots.bin.get(id);
  }

  /** The bin, last deleted first. */
  deleted(): Deleted[] {
    return [...this.roots.bin.entries()]
      .map(([id, tombstone]) => ({ id, tombstone, cell: this.cell(id) }))
      .filter(({ cell, tombstone }) => cell !== undefined || isObject(tombstone.json))
      .sort((left, right) => right.tombstone.at - left.tombstone.at);
  }

  /** "" until it has one. */
  title(): string {
    const title = this.metadata()['title'];
    return typeof title === 'string' ? title : '';
  }

  metadata(): JsonObject {
    const metadata = this.roots.meta.get('metadata');
    return metadata instanceof Y.Map ? metadata.toJSON() : isObject(metadata) ? metadata : {};
  }

  /** The language of code cells as its kernel names it, in lower case: "python" unless said otherwise. */
  language(): string {
    const metadata = this.metadata();
    const info = metadata['language_info'];
    const kernel = metadata['kernelspec'];
    const name = (isObject(info) && info['name']) || (isObject(kernel) && kernel['language']);
    return typeof name === 'string' && name !== '' ? name.toLowerCase() : 'python';
  }

  /** The name of the kernelspec it asks for. */
  kernelspec(): string | undefined {
    const spec = this.metadata()['kernelspec'];
    const name = isObject(spec) ? spec['name'] : undefined;
    return typeof name === 'string' && name !== '' ? name : undefined;
  }

  /** Tells when a cell came, went or moved. Returns how to stop. */
  onStructure(listener: Listener): Listener {
    return subscribe(this.#structure, listener);
  }

  /** Tells when title or notebook metadata changed. */
  onDetails(listener: Listener): Listener {
    return subscribe(this.#details, listener);
  }

  /** Tells when this one cell changed, and what of it. */
  onCell(id: string, listener: CellListener): Listener {
    let listeners = this.#cells.get(id);
    if (!listeners) this.#cells.set(id, (listeners = new Set()));
    return subscribe(listeners, listener);
  }

  /** Tells of every cell that changed; for what is made of all of them. */
  onAnyCell(listener: AnyCellListener): Listener {
    return subscribe(this.#anyCell, listener);
  }

  #index(): Map<string, CellMap> {
    this.#byId ??= indexed(this.roots.cells);
    return this.#byId;
  }

  #cellsChanged(events: Y.YEvent<Y.AbstractType<unknown>>[]): void {
    const touched = new Map<string, Touched>();
    for (const event of events) {
      const [position] = event.path;
      if (typeof position !== 'number') {
        this.#byId = undefined;
        continue;
      }
      const id = cellId(this.roots.cells.get(position));
      const parts: Touched = touched.get(id) ?? new Map<Part, Y.AbstractType<unknown>[]>();
      touched.set(id, parts);
      for (const part of partsOf(event)) parts.set(part, [...(parts.get(part) ?? []), event.target]);
    }
    if (this.#byId === undefined) this.#structureChanged();
    for (const [id, parts] of touched) this.#tellCell(id, parts);
  }

  #tellCell(id: string, parts: Touched): void {
    for (const listener of [...(this.#cells.get(id) ?? [])]) parts.forEach((changed, part) => listener(part, changed));
    for (const listener of [...this.#anyCell]) parts.forEach((_, part) => listener(id, part));
  }

  #structureChanged(): void {
    this.#shown = this.#placed = undefined;
    notify(this.#structure);
  }
}

function keyOf(roots: Roots, id: string): string | undefined {
  const key: unknown = roots.order.get(id);
  return isKey(key) ? key : undefined;
}

/** Of two cells with one id the first counts; the server merges them. */
function indexed(cells: Y.Array<CellMap>): Map<string, CellMap> {
  const index = new Map<string, CellMap>();
  for (const cell of cells.toArray()) {
    if (!(cell instanceof Y.Map)) continue;
    const id = cellId(cell);
    if (id !== '' && !index.has(id)) index.set(id, cell);
  }
  return index;
}

function partsOf(event: Y.YEvent<Y.AbstractType<unknown>>): Part[] {
  const key = event.path[1];
  if (key === 'source' || key === 'outputs') return [key];
  const changed = event instanceof Y.YMapEvent && key === undefined ? [...event.keysChanged] : [];
  const whole = changed.filter((name) => name === 'source' || name === 'outputs');
  return [...(whole as Part[]), 'rest'];
}

function notify(listeners: Set<Listener>): void {
  for (const listener of [...listeners]) listener();
}

function subscribe<Told>(listeners: Set<Told>, listener: Told): Listener {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
