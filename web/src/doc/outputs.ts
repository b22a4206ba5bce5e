// The outputs of one cell as plain values, read again and again while they grow. Imports cell and schema.
//
// Invariant: while it follows, an output that did not change is the very same value as before; what it is told of too
// late, because nobody follows, it does not remember.

import * as Y from 'yjs';

import { outputsOf } from './cell';
import { isObject, type CellMap, type JsonObject } from './schema';

export class OutputsReader {
  /** Undefined while it does not follow. */
  #known: WeakMap<object, JsonObject> | undefined;

  /** From now on it is told of every change, by `forget`. */
  follow(): void {
    this.#known = new WeakMap();
  }

  leave(): void {
    this.#known = undefined;
  }

  /** These were changed: with them what they are part of. */
  forget(changed: readonly Y.AbstractType<unknown>[]): void {
    for (const target of changed) {
      for (let type: Y.AbstractType<unknown> | null = target; type !== null; type = type.parent as Y.AbstractType<unknown> | null) this.#known?.delete(type);
    }
  }

  read(cell: CellMap | undefined): JsonObject[] {
    if (!cell) return [];
    const known = this.#known;
    const outputs: unknown = cell.get('outputs');
    if (!known || !(outputs instanceof Y.Array)) return outputsOf(cell);
    return outputs.map((output: unknown) => (output instanceof Y.AbstractType ? plain(output, known) : output)).filter(isObject);
  }
}

function plain(output: Y.AbstractType<unknown>, known: WeakMap<object, JsonObject>): unknown {
  const value: unknown = known.get(output) ?? output.toJSON();
  if (isObject(value)) known.set(output, value);
  return value;
}
