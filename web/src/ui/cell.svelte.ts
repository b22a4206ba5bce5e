// One cell as the screen reads it: each value on its own, so that typing redraws no output and output no text.

import { attachmentsOf, executionCountOf, foldingOf, kindOf, sourceOf, tellingOf, type Telling } from '../doc/cell';
import type { Notebook, Part } from '../doc/notebook';
import { OutputsReader } from '../doc/outputs';
import { isStale } from '../doc/runs';
import type { CellMap, JsonObject } from '../doc/schema';
import type { Run } from '../wire/wire';
import { Live } from './live.svelte';

export class CellModel {
  readonly #source: Live<string>;
  readonly #outputs: Live<JsonObject[]>;
  readonly #cell: Live<CellMap | undefined>;
  readonly #run: Live<Run | undefined>;

  constructor(
    private readonly notebook: Notebook,
    readonly id: string,
  ) {
    this.#cell = this.#live((cell) => cell, 'rest');
    this.#source = this.#live((cell) => (cell && sourceOf(cell)?.toString()) ?? '', 'source');
    this.#outputs = this.#liveOutputs();
    this.#run = new Live(() => this.notebook.runs.of(this.id), (changed) => this.notebook.runs.onCell(this.id, changed));
  }

  /** Absent once the server took the deleted cell out of the document. */
  get map(): CellMap | undefined {
    return this.#cell.value;
  }

  get source(): string {
    return this.#source.value;
  }

  get outputs(): JsonObject[] {
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

  /** Its last run. */
  get run(): Run | undefined {
    return this.#run.value;
  }

  /** What it put out is of a source that it has no more. */
  get stale(): boolean {
    const { run } = this;
    return run !== undefined && isStale(run, this.source);
  }

  /** Whether models are told it. */
  get telling(): Telling {
    return this.map ? tellingOf(this.map) : 'above';
  }

  get attachments(): ReturnType<typeof attachmentsOf> {
    return this.map ? attachmentsOf(this.map) : {};
  }

  /** While somebody is told of changes, what did not change keeps its value: a growing text redraws no picture beside it. */
  #liveOutputs(): Live<JsonObject[]> {
    const reader = new OutputsReader();
    return new Live(
      () => reader.read(this.notebook.cell(this.id)),
      (changed) => {
        reader.follow();
        const stop = this.notebook.onCell(this.id, (part, targets) => part === 'outputs' && (reader.forget(targets), changed()));
        const stopStructure = this.notebook.onStructure(changed);
        return () => (reader.leave(), stop(), stopStructure());
      },
    );
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
