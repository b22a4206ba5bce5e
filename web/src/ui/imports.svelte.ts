// The imports of this visit, as the page draws them. They go on while somebody looks at a notebook.

import { Imports, type ImportEntry } from '../state/imports';
import { page } from './page.svelte';

class ImportList {
  entries = $state.raw<readonly ImportEntry[]>([]);
  #limit: Promise<number | undefined> | undefined;
  readonly #imports = new Imports({
    import: (file, settings) => page.rest.import(file, settings),
    remove: (id) => page.rest.remove(id),
    largest: () => this.#largest(),
  });

  constructor() {
    this.#imports.onChange(() => (this.entries = this.#imports.entries));
  }

  add(files: readonly File[]): void {
    this.#imports.add(files);
  }

  cancel(key: number): void {
    this.#imports.cancel(key);
  }

  again(key: number): void {
    this.#imports.again(key);
  }

  clear(): void {
    this.#imports.clear();
  }

  /** Asked once; when it was not told, the server itself refuses what is too large. */
  #largest(): Promise<number | undefined> {
    this.#limit ??= page.rest.limits().then(
      ({ importBytes }) => importBytes,
      () => (this.#limit = undefined),
    );
    return this.#limit;
  }
}

export const imports = new ImportList();
