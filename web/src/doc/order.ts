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

/**
 * Sorts cells given in the order of the array. A cell without a key stands behind the cell that precedes it in the
 * array; equal keys are told apart by id.
 */
export function sorted<Item extends Placed>(cells: readonly Item[]): Item[] {
  let previous = '';
  const ranked = cells.map((cell, position) => {
    const keyed = cell.key !== undefined;
    if (cell.key !== undefined) previous = cell.key;
    return { cell, key: previous, keyed, position };
  });
  ranked.sort((left, right) => {
    if (left.key !== right.key) return left.key < right.key ? -1 : 1;
    if (left.keyed !== right.keyed) return left.keyed ? -1 : 1;
    if (left.keyed) return left.cell.id < right.cell.id ? -1 : left.cell.id > right.cell.id ? 1 : 0;
    return left.position - right.position;
  });
  return ranked.map((entry) => entry.cell);
}

/**
 * The keys to write so that `moved` stands at `index` of `others`, which are sorted and do not contain it. Usually one
 * key; more when neighbours share a key or have none, for nothing fits between equal keys.
 */
export function keysToPlace(others: readonly Placed[], index: number, moved: string): Map<string, string> {
  const lower = others[index - 1];
  const upper = others[index];
  if (roomBetween(lower, upper)) return new Map([[moved, generateKeyBetween(lower?.key ?? null, upper?.key ?? null)]]);
  return respread(others, index, moved);
}

/** Undefined stands for an end of the list, where there is no neighbour. */
function before(lower: string | undefined, upper: string | undefined): boolean {
  return lower === undefined || upper === undefined || lower < upper;
}

/** Whether the library can make a neighbour of it; foreign clients may have written anything. */
function isKey(key: string): boolean {
  try {
    generateKeyBetween(key, null);
    generateKeyBetween(null, key);
    return true;
  } catch {
    return false;
  }
}

/** New keys for the smallest stretch around `index` that has room for them. */
function respread(others: readonly Placed[], index: number, moved: string): Map<string, string> {
  let from = index;
  let to = index;
  while (!roomBetween(others[from - 1], others[to])) {
    if (from > 0 && !isSound(others[from - 1])) from -= 1;
    else if (to < others.length) to += 1;
    else from -= 1;
  }
  const ids = [...others.slice(from, index).map((cell) => cell.id), moved, ...others.slice(index, to).map((cell) => cell.id)];
  const keys = generateNKeysBetween(others[from - 1]?.key ?? null, others[to]?.key ?? null, ids.length);
  return new Map(ids.map((id, position) => [id, keys[position] as string]));
}

function isSound(cell: Placed | undefined): boolean {
  return cell !== undefined && cell.key !== undefined && isKey(cell.key);
}

function roomBetween(lower: Placed | undefined, upper: Placed | undefined): boolean {
  const fits = (cell: Placed | undefined) => cell === undefined || isSound(cell);
  return fits(lower) && fits(upper) && before(lower?.key, upper?.key);
}
