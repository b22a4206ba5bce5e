// Who is in which cell. Pure.
//
// Invariant: cells nobody is in get one and the same array, so that nothing of them is drawn again when somebody moves.

import type { Person } from '../sync/presence';

const NOBODY: readonly Person[] = [];

export class Occupants {
  readonly #inCell = new Map<string, readonly Person[]>();

  constructor(readonly everybody: readonly Person[]) {
    for (const person of everybody) if (person.cell !== null) this.#inCell.set(person.cell, [...this.in(person.cell), person]);
  }

  in(cell: string): readonly Person[] {
    return this.#inCell.get(cell) ?? NOBODY;
  }
}
