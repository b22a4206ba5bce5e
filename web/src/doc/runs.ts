// What runs in a notebook: the last run of each cell and the kernel, read from the roots `runs` and `kernel`. Imports
// schema and the wire's words; changes nothing, because only the server writes there.
//
// Invariant: whatever stands in the document, a value given out has the shape of the wire's type, or is not there; a
// listener of one cell hears of that cell's run only.

import * as Y from 'yjs';

import type { KernelPhase, KernelStatus, Run, RunState } from '../wire/wire';
import { isObject, type JsonObject, type Roots } from './schema';

type Listener = () => void;
type AnyListener = (cells: ReadonlySet<string>) => void;

const STATES: readonly RunState[] = ['queued', 'running', 'ok', 'failed', 'cancelled', 'interrupted'];
const PHASES: readonly KernelPhase[] = ['stopped', 'preparing', 'starting', 'idle', 'busy', 'restarting', 'dead'];

const NO_KERNEL: KernelStatus = { state: 'stopped', since: 0 };

/** Keys of the root `kernel`. */
const STATUS = 'status';
const LOG = 'log';

export class Runs {
  readonly #runs: Y.Map<unknown>;
  readonly #kernel: Y.Map<unknown>;
  readonly #cells = new Map<string, Set<Listener>>();
  readonly #any = new Set<AnyListener>();
  readonly #kernelListeners = new Set<Listener>();
  /** Values read once, until they change: hundreds of cells ask. */
  readonly #read = new Map<string, Run | undefined>();
  #status: KernelStatus | undefined;
  #live: readonly Run[] | undefined;

  constructor({ runs, kernel }: Pick<Roots, 'runs' | 'kernel'>) {
    this.#runs = runs;
    this.#kernel = kernel;
    runs.observe(({ keysChanged }) => this.#changed(keysChanged as Set<string>));
    kernel.observeDeep(() => this.#kernelChanged());
  }

  /** The last run of a cell. */
  of(cell: string): Run | undefined {
    if (!this.#read.has(cell)) this.#read.set(cell, runOf(cell, this.#runs.get(cell)));
    return this.#read.get(cell);
  }

  /** Those that wait or go on, in the order in which they were asked for. */
  live(): readonly Run[] {
    this.#live ??= [...this.#runs.keys()]
      .map((cell) => this.of(cell))
      .filter((run) => run !== undefined)
      .filter(isLive)
      .sort((left, right) => left.queuedAt - right.queuedAt);
    return this.#live;
  }

  kernel(): KernelStatus {
    this.#status ??= statusOf(this.#kernel.get(STATUS));
    return this.#status;
  }

  /** What was said while the kernel's environment was made. */
  kernelLog(): string {
    const log = this.#kernel.get(LOG);
    return log instanceof Y.Text || typeof log === 'string' ? log.toString() : '';
  }

  /** Tells when the run of this cell changed. Returns how to stop. */
  onCell(cell: string, listener: Listener): Listener {
    let listeners = this.#cells.get(cell);
    if (!listeners) this.#cells.set(cell, (listeners = new Set()));
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  /** Tells when any run changed, and of which cells. */
  onAny(listener: AnyListener): Listener {
    this.#any.add(listener);
    return () => this.#any.delete(listener);
  }

  /** Tells when the kernel or its log changed. */
  onKernel(listener: Listener): Listener {
    this.#kernelListeners.add(listener);
    return () => this.#kernelListeners.delete(listener);
  }

  #changed(cells: ReadonlySet<string>): void {
    this.#live = undefined;
    for (const cell of cells) this.#read.delete(cell);
    for (const cell of cells) for (const listener of [...(this.#cells.get(cell) ?? [])]) listener();
    for (const listener of [...this.#any]) listener(cells);
  }

  #kernelChanged(): void {
    this.#status = undefined;
    for (const listener of [...this.#kernelListeners]) listener();
  }
}

/** Whether more is to come of it. */
export function isLive({ state }: Pick<Run, 'state'>): boolean {
  return state === 'queued' || state === 'running';
}

/** Whether there is a kernel, or one is on its way. */
export function isUp({ state }: Pick<KernelStatus, 'state'>): boolean {
  return state !== 'stopped' && state !== 'dead';
}

/** Whether it takes code. */
export function isReady({ state }: Pick<KernelStatus, 'state'>): boolean {
  return state === 'idle' || state === 'busy';
}

/** Whether what the run put out is of another source than the one that stands there now. */
export function isStale(run: Run, source: string): boolean {
  return run.sourceHash !== undefined && run.sourceHash !== sourceHash(source);
}

/** How long it has run, in milliseconds, or ran; undefined for one that never began. `now` is the server's time. */
export function elapsed({ startedAt, endedAt }: Run, now: number): number | undefined {
  return startedAt === undefined ? undefined : Math.max(0, (endedAt ?? now) - startedAt);
}

/** How many runs of its kind come before a waiting one; 0 for the one whose turn is next, or that waits no more. */
export function ahead(live: readonly Run[], run: Run, order: (cell: string) => number): number {
  if (run.state !== 'queued') return 0;
  const same = live.filter(({ kind }) => kind === run.kind);
  return same.filter((other) => other.runId !== run.runId && comesBefore(other, run, order)).length;
}

/** What was asked for in one go is queued in the order of the notebook. */
function comesBefore(other: Run, run: Run, order: (cell: string) => number): boolean {
  if (other.state === 'running') return true;
  return other.queuedAt < run.queuedAt || (other.queuedAt === run.queuedAt && order(other.cell) < order(run.cell));
}

/** As `vocabulary::source_hash` computes it: UTF-16 units, and FNV-1a over them. */
export function sourceHash(source: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < source.length; at += 1) hash = Math.imul(hash ^ source.charCodeAt(at), 0x01000193);
  return `${source.length}-${(hash >>> 0).toString(16).padStart(8, '0')}`;
}

function runOf(cell: string, value: unknown): Run | undefined {
  const plain = plainOf(value);
  if (!plain || typeof plain['runId'] !== 'string' || !STATES.includes(plain['state'] as RunState)) return undefined;
  if (!isObject(plain['by']) || typeof plain['by']['name'] !== 'string' || typeof plain['queuedAt'] !== 'number') return undefined;
  return { ...(plain as unknown as Run), cell, kind: plain['kind'] === 'prompt' ? 'prompt' : 'code' };
}

function statusOf(value: unknown): KernelStatus {
  const plain = plainOf(value);
  return plain && PHASES.includes(plain['state'] as KernelPhase) ? (plain as unknown as KernelStatus) : NO_KERNEL;
}

function plainOf(value: unknown): JsonObject | undefined {
  const plain: unknown = value instanceof Y.AbstractType ? value.toJSON() : value;
  return isObject(plain) ? plain : undefined;
}
