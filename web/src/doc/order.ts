// In which order cells stand, and the keys that say so. Pure.
//
// Invariant: the order is a function of the document alone, so two replicas with the same document show the same
// order, ties and missing keys included.

import { generateKeyBetween, generateNKeysBetween } from 'fractional-indexing';

/** A cell with its place: `key` is its fractional index, absent when a Jupyter client made the cell. */
export interface Placed {
  id: string;
  key: string | undefined;
}

/** Whether a value can be an order key; anything else from a client counts as no key, on the server too. */
export function isKey(value: unknown): value is string {
  if (typeof value !== 'string') return false;
  try {
    generateKeyBetween(value, null);
    return true;
  } catch {
    return false;
  }
}

/**
 * Sorts cells given in the order of the array: by key, then by id. A cell without a key follows the cell with one that
 * precedes it in the array.
 */
export function sorted<Item extends Placed>(cells: readonly Item[]): Item[] {
  const followers = new Map<string | undefined, Item[]>();
  const keyed: Item[] = [];
  let leader: string | undefined;
  for (const cell of cells) {
    if (cell.key === undefined) {
      followers.set(leader, [...(followers.get(leader) ?? []), cell]);
    } else {
      leader = cell.id;
      keyed.push(cell);
    }
  }
  keyed.sort((left, right) => compare(left.key ?? '', right.key ?? '') || compare(left.id, right.id));
  return [...(followers.get(undefined) ?? []), ...keyed.flatMap((cell) => [cell, ...(followers.get(cell.id) ?? [])])];
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

/**
 * The keys to write so that `moved` stand, in their order, at `index` of `others`, which are sorted and contain none of
 * them. Usually one key for each; more when neighbours share a key or have none, for nothing fits between equal keys.
 */
export function keysToPlace(others: readonly Placed[], index: number, moved: readonly string[]): Map<string, string> {
  const lower = others[index - 1];
  const upper = others[index];
  if (roomBetween(lower, upper)) return keysBetween(lower, upper, moved);
  return respread(others, index, moved);
}

/** Undefined stands for an end of the list, where there is no neighbour. */
function before(lower: string | undefined, upper: string | undefined): boolean {
  return lower === undefined || upper === undefined || lower < upper;
}

/** New keys for the smallest stretch around `index` that has room for them. */
function respread(others: readonly Placed[], index: number, moved: readonly string[]): Map<string, string> {
  let from = index;
  let to = index;
  while (!roomBetween(others[from - 1], others[to])) {
    if (from > 0 && !isSound(others[from - 1])) from -= 1;
    else if (to < others.length) to += 1;
    else from -= 1;
  }
  const ids = [...others.slice(from, index).map((cell) => cell.id), ...moved, ...others.slice(index, to).map((cell) => cell.id)];
  return keysBetween(others[from - 1], others[to], ids);
}

function keysBetween(lower: Placed | undefined, upper: Placed | undefined, ids: readonly string[]): Map<string, string> {
  const keys = generateNKeysBetween(lower?.key ?? null, upper?.key ?? null, ids.length);
  return new Map(ids.map((id, position) => [id, keys[position] as string]));
}

function isSound(cell: Placed | undefined): boolean {
  return cell?.key !== undefined;
}

function roomBetween(lower: Placed | undefined, upper: Placed | undefined): boolean {
  const fits = (cell: Placed | undefined) => cell === undefined || isSound(cell);
  return fits(lower) && fits(upper) && before(lower?.key, upper?.key);
}
