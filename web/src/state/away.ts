// What others did to the cells while this person was away: who added, edited, moved, deleted which. Pure.
//
// Invariant: nothing this person did themselves, in any tab, is told; what nobody can be named for is somebody's.

import type { Mark, Written } from '../doc/written';
import type { Snapshot } from './absence';

export const DEEDS = ['added', 'edited', 'moved', 'deleted'] as const;
export type Deed = (typeof DEEDS)[number];

/** The cells one person did something to; `name` is undefined of somebody unknown. */
export interface Share {
  name: string | undefined;
  deeds: { readonly [deed in Deed]: readonly string[] };
}

/** What is known of those who wrote. */
export interface Writers {
  isMine: (client: number) => boolean;
  nameOf: (client: number) => string | undefined;
  /** Who put the cell into the bin, as it says there. */
  deletedBy: (cell: string) => string | undefined;
}

/** Those who did most come first, somebody unknown last. */
export function shares(before: Snapshot, after: Snapshot, marks: readonly Mark[], writers: Writers): Share[] {
  const found = new Found(marks, writers);
  for (const id of after.keys()) if (!before.has(id)) found.note('added', id, ['cell']);
  for (const id of before.keys()) if (!after.has(id)) found.noteDeleted(id);
  for (const [id, written] of after) if (before.has(id) && before.get(id) !== written) found.note('edited', id, ['source', 'rest', 'cell']);
  for (const id of displaced([...before.keys()].filter((key) => after.has(key)), [...after.keys()])) found.note('moved', id, ['place']);
  return sorted(found.shares());
}

/** Two times of absence told as one: what was added and edited then was added. */
export function joined(one: readonly Share[], other: readonly Share[]): Share[] {
  const gone = new Set([...one, ...other].flatMap(({ deeds }) => deeds.deleted));
  const names = new Set([...one, ...other].map(({ name }) => name));
  const all = (name: string | undefined, deed: Deed): string[] => [...one, ...other].filter((share) => share.name === name).flatMap(({ deeds }) => deeds[deed]);
  const made = [...names].map((name) => {
    const added = unique(all(name, 'added')).filter((id) => !gone.has(id));
    const kept = (deed: Deed) => unique(all(name, deed)).filter((id) => !gone.has(id) && !added.includes(id));
    return { name, deeds: { added, edited: kept('edited'), moved: kept('moved'), deleted: unique(all(name, 'deleted')) } };
  });
  return sorted(made.filter((share) => total(share) > 0));
}

/** The cells to look at: all that are still there. */
export function touched(list: readonly Share[]): string[] {
  return unique(list.flatMap(({ deeds }) => [...deeds.added, ...deeds.edited, ...deeds.moved]));
}

class Found {
  readonly #shares = new Map<string | undefined, { [deed in Deed]: string[] }>();
  readonly #marks = new Map<string, Mark[]>();

  constructor(
    marks: readonly Mark[],
    private readonly writers: Writers,
  ) {
    for (const mark of marks) this.#marks.set(mark.cell, [...(this.#marks.get(mark.cell) ?? []), mark]);
  }

  shares(): Share[] {
    return [...this.#shares].map(([name, deeds]) => ({ name, deeds }));
  }

  /** By everybody else who wrote such a thing; by somebody, when nothing tells and it was not this person. */
  note(deed: Deed, cell: string, kinds: readonly Written[]): void {
    const clients = this.#clients(cell, kinds);
    const foreign = clients.filter((client) => !this.writers.isMine(client));
    if (clients.length > 0 && foreign.length === 0) return;
    const names = foreign.map((client) => this.writers.nameOf(client));
    for (const name of unique(names.length > 0 ? names : [undefined])) this.#add(name, deed, cell);
  }

  noteDeleted(cell: string): void {
    const clients = this.#clients(cell, ['bin']);
    if (clients.some((client) => this.writers.isMine(client))) return;
    this.#add(this.writers.deletedBy(cell) ?? clients.map((client) => this.writers.nameOf(client)).find((name) => name !== undefined), 'deleted', cell);
  }

  #clients(cell: string, kinds: readonly Written[]): number[] {
    return (this.#marks.get(cell) ?? []).filter(({ what }) => kinds.includes(what)).map(({ client }) => client);
  }

  #add(name: string | undefined, deed: Deed, cell: string): void {
    let deeds = this.#shares.get(name);
    if (!deeds) this.#shares.set(name, (deeds = { added: [], edited: [], moved: [], deleted: [] }));
    deeds[deed].push(cell);
  }
}

/** Those of `before` that others passed: the fewest that, taken out, leave the rest in the same order. */
function displaced(before: readonly string[], after: readonly string[]): string[] {
  const place = new Map(after.map((id, index) => [id, index]));
  const places = before.map((id) => place.get(id) ?? 0);
  const staying = new Set(longestRise(places));
  return before.filter((_, index) => !staying.has(index));
}

/** The indices of the longest rising run of numbers. */
function longestRise(numbers: readonly number[]): number[] {
  const tails: number[] = [];
  const from: number[] = [];
  numbers.forEach((number, index) => {
    let low = 0;
    let high = tails.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((numbers[tails[middle] ?? 0] ?? 0) < number) low = middle + 1;
      else high = middle;
    }
    from[index] = low > 0 ? (tails[low - 1] ?? -1) : -1;
    tails[low] = index;
  });
  const run: number[] = [];
  for (let index = tails.at(-1) ?? -1; index >= 0; index = from[index] ?? -1) run.unshift(index);
  return run;
}

function sorted(list: readonly Share[]): Share[] {
  return list.toSorted((left, right) => Number(left.name === undefined) - Number(right.name === undefined) || total(right) - total(left));
}

function total({ deeds }: Share): number {
  return DEEDS.reduce((sum, deed) => sum + deeds[deed].length, 0);
}

function unique<Value>(values: readonly Value[]): Value[] {
  return [...new Set(values)];
}
