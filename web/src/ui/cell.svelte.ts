// One cell as the screen reads it: each value on its own, so that typing redraws no output and output no text.

import { attachmentsOf, executionCountOf, foldingOf, kindOf, outputsOf, sourceOf } from '../doc/cell';
import type { Notebook, Part } from '../doc/notebook';
import type { CellMap } from '../doc/schema';
import { Live } from './live.svelte';

export class CellModel {
  readonly #source: Live<string>;
  readonly #outputs: Live<ReturnType<typeof outputsOf>>;
  readonly #cell: Live<CellMap | undefined>;

  constructor(
    private readonly notebook: Notebook,
    readonly id: string,
  ) {
    this.#cell = this.#live((cell) => cell, 'rest');
    this.#source = this.#live((cell) => (cell && sourceOf(cell)?.toString()) ?? '', 'source');
    this.#outputs = this.#live((cell) => (cell ? outputsOf(cell) : []), 'outputs');
  }

  /** Absent once the server took the deleted cell out of the document. */
  get map(): CellMap | undefined {
    return this.#cell.value;
  }

  get source(): string {
    return this.#source.value;
  }

  get outputs(): ReturnType<typeof outputsOf> {
    return this.#outputs.value;
  }

  get kind(): ReturnType<typeof kindOf> {
    return this.map ? kindOf(this.map) : 'code';
  }

  get folding(): ReturnType<typeof foldingOf> {
    return this.map ? foldingOf(this.map) : { source: false, outputs: false };
  }

  get executionCount(): number | null {
    return this.map ? executionCountOf(this.map) : null;
  }

  get attachments(): ReturnType<typeof attachmentsOf> {
    return this.map ? attachmentsOf(this.map) : {};
  }

  #live<T>(read: (cell: CellMap | undefined) => T, part: Part): Live<T> {
    return new Live(
      () => read(this.notebook.cell(this.id)),
      (changed) => {
        const stopCell = this.notebook.onCell(this.id, (touched) => touched === part && changed());
        const stopStructure = part === 'rest' ? this.notebook.onStructure(changed) : () => undefined;
        return () => (stopCell(), stopStructure());
      },
    );
  }
}
