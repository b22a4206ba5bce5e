// The projects of the server, kept true while somebody looks: read when told of changes, and changed from here at once.
//
// Invariant: what this page changes shows at once and goes back when the server refuses; of two readings the later one
// counts. Imports sync and the wire.

import type { Clock } from '../sync/clock';
import type { ProjectSummary } from '../wire/wire';

/** A script that makes a thousand tasks makes the page read the list a few times a second, not a thousand. */
const BETWEEN_READINGS_MS = 250;

interface Expected {
  id: string;
  change: Partial<ProjectSummary>;
}

export class Projects {
  #known: readonly ProjectSummary[] | undefined;
  #expected: readonly Expected[] = [];
  #reading: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  readonly #listeners = new Set<() => void>();

  constructor(
    private readonly list: () => Promise<ProjectSummary[]>,
    private readonly clock: Pick<Clock, 'after'>,
  ) {}

  /** Those there are and those in the bin; undefined until the server has told. */
  get all(): readonly ProjectSummary[] | undefined {
    const changes = (id: string) => this.#expected.filter((expected) => expected.id === id).map(({ change }) => change);
    return this.#known?.map((project) => Object.assign({}, project, ...changes(project.id)) as ProjectSummary);
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves when a reading that began after this call is over, whether or not the server answered. */
  read(): Promise<void> {
    if (!this.#reading) return this.#begin();
    this.#next ??= this.#reading.then(() => this.#wait()).then(() => {
      this.#next = undefined;
      return this.#reading ?? this.#begin();
    });
    return this.#next;
  }

  /** Does something to a project that shows as `change` from now on, unless it fails. */
  async act<Result>(id: string, change: Partial<ProjectSummary>, action: () => Promise<Result>): Promise<Result> {
    const expected = { id, change };
    this.#expected = [...this.#expected, expected];
    this.#tell();
    try {
      const result = await action();
      await this.read();
      return result;
    } finally {
      this.#expected = this.#expected.filter((other) => other !== expected);
      this.#tell();
    }
  }

  #begin(): Promise<void> {
    this.#reading = this.list().then(
      (projects) => {
        this.#known = projects;
        this.#tell();
      },
      // The list of notebooks beside it says that the server is away.
      (cause: unknown) => console.warn('The list of projects could not be read.', cause),
    ).finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  #wait(): Promise<void> {
    return new Promise((resolve) => void this.clock.after(BETWEEN_READINGS_MS, resolve));
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
