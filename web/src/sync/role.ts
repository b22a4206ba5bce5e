// What the server let this browser do with a notebook, remembered: without a network nobody else can tell.
//
// Invariant: reading never throws; what cannot be read is not known.

import type { Role } from '../wire/wire';

export class RememberedRole {
  readonly #key: string;

  constructor(
    private readonly storage: Pick<Storage, 'getItem' | 'setItem'> | undefined,
    /** The name of the notebook's database. */
    name: string,
  ) {
    this.#key = `coscribe:role:${name}`;
  }

  get(): Role | undefined {
    try {
      const kept = this.storage?.getItem(this.#key);
      return kept === 'viewer' || kept === 'editor' ? kept : undefined;
    } catch {
      return undefined;
    }
  }

  set(role: Role): void {
    if (role === this.get()) return;
    try {
      this.storage?.setItem(this.#key, role);
    } catch (cause) {
      console.warn('What may be done with this notebook was not remembered.', cause);
    }
  }
}
