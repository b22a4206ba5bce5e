// The REST calls about what runs in one notebook. Imports rest and the wire's types.
//
// Invariant: no call carries a source; what runs is what stands in the document.

import type { Run, RunCells, RunList } from '../wire/wire';
import type { Rest } from './rest';

/** Whoever asks for a run sits in front of it: a server that says nothing for so long is as good as none. */
const PATIENCE_MS = 15_000;

export class RunCalls {
  readonly #notebook: string;

  constructor(
    private readonly rest: Rest,
    notebook: string,
  ) {
    this.#notebook = `api/notebooks/${encodeURIComponent(notebook)}`;
  }

  /** Several cells, one after the other. */
  run(which: RunCells): Promise<RunList> {
    return this.#post('run', which);
  }

  cancel(cell: string): Promise<Run> {
    return this.#post(`cells/${encodeURIComponent(cell)}/cancel`);
  }

  cancelAll(): Promise<RunList> {
    return this.#post('cancel');
  }

  /** Types the line that the program in the cell waits for. */
  input(cell: string, value: string): Promise<Run> {
    return this.#post(`cells/${encodeURIComponent(cell)}/input`, { value });
  }

  #post<T>(path: string, body?: unknown): Promise<T> {
    return this.rest.json('POST', `${this.#notebook}/${path}`, body, AbortSignal.timeout(PATIENCE_MS));
  }
}
