// What this person runs and stops, and what the page shows of all runs.
//
// Invariant: a run is asked for only when everything typed here before is on the server's disk; requests reach the
// server in the order of the key presses. What a run is, the document says; `asked` only bridges the way there.

import { SvelteMap } from 'svelte/reactivity';

import { kindOf } from '../doc/cell';
import { ahead, isLive, type Runs } from '../doc/runs';
import { reasonOf } from '../state/reason';
import { announcement } from '../state/runs';
import { delivered } from '../sync/delivered';
import { RunCalls } from '../sync/runs';
import { text } from '../text/text';
import type { Run, RunCells } from '../wire/wire';
import { announcer } from './announcer.svelte';
import type { CellModel } from './cell.svelte';
import { Live } from './live.svelte';
import type { NotebookModel } from './notebook.svelte';
import { page } from './page.svelte';
import { toasts } from './toasts.svelte';

/** The way of a request: sent, and answered with a run that the document does not show yet. */
interface Asked {
  /** Of the run, as the server has answered; undefined before. */
  queuedAt: number | undefined;
}

export class Running {
  readonly #calls: RunCalls;
  readonly #asked = new SvelteMap<string, Asked>();
  readonly #live: Live<readonly Run[]>;
  /** Runs that this person began and whose end they are told, by cell. */
  readonly #own = new Map<string, string>();
  /** Requests go one after the other. */
  #last: Promise<unknown> = Promise.resolve();
  readonly #stop: () => void;

  constructor(private readonly model: NotebookModel) {
    const { session } = model;
    this.#calls = new RunCalls(page.rest, session.settings.id);
    this.#live = new Live(() => this.runs.live(), (changed) => this.runs.onAny(changed));
    this.#stop = this.runs.onAny((cells) => this.#changed(cells));
  }

  destroy(): void {
    this.#stop();
  }

  get runs(): Runs {
    return this.model.session.notebook.runs;
  }

  /** Something waits or runs. */
  get any(): boolean {
    return this.#live.value.length > 0;
  }

  /** Whether the server is there to run anything. */
  get online(): boolean {
    return this.model.facts.progress.link.kind === 'synced';
  }

  /** This person has asked for it, and the document does not show it yet. */
  isAsked(cell: string): boolean {
    return this.#asked.has(cell);
  }

  /** It waits or runs, or this person has just asked for it. */
  isGoing({ id, run }: Pick<CellModel, 'id' | 'run'>): boolean {
    return this.isAsked(id) || (run !== undefined && isLive(run));
  }

  /** How many come before a waiting run. */
  ahead(run: Run): number {
    return ahead(this.#live.value, run, (cell) => this.model.numberOf(cell));
  }

  /** Runs cells; those that only can be read are passed over. */
  run(cells: readonly string[]): void {
    const wanted = cells.filter((cell) => this.#runs(cell));
    if (wanted.length > 0) this.#ask({ cells: wanted }, wanted);
  }

  runAbove(cell: string): void {
    const { ids } = this.model;
    this.#askIfAny({ above: cell }, ids.slice(0, ids.indexOf(cell)));
  }

  runBelow(cell: string): void {
    const { ids } = this.model;
    this.#askIfAny({ below: cell }, ids.slice(ids.indexOf(cell)));
  }

  runAll(): void {
    this.#askIfAny({ all: true }, this.model.ids);
  }

  /** Stops cells that wait or run. */
  stop(cells: readonly string[]): void {
    const stopping = cells.filter((cell) => this.#isLive(cell));
    if (stopping.length === 0 || !this.#may()) return;
    this.#next(async () => {
      for (const cell of stopping) if (this.#isLive(cell)) await this.#calls.cancel(cell);
    });
  }

  stopAll(): void {
    if (!this.#may()) return;
    if (!this.any && this.#asked.size === 0) toasts.show(text.runs.nothingRuns);
    else this.#next(() => this.#calls.cancelAll());
  }

  /** Types the line that the program in the cell waits for; false when it was not taken. */
  async input(cell: string, value: string): Promise<boolean> {
    if (!this.#may()) return false;
    return this.#next(() => this.#calls.input(cell, value));
  }

  #runs(cell: string): boolean {
    const map = this.model.session.notebook.cell(cell);
    return map !== undefined && /^(?:code|prompt)$/.test(kindOf(map));
  }

  #isLive(cell: string): boolean {
    const run = this.runs.of(cell);
    return this.#asked.has(cell) || (run !== undefined && isLive(run));
  }

  #askIfAny(which: RunCells, among: readonly string[]): void {
    const wanted = among.filter((cell) => this.#runs(cell));
    if (wanted.length > 0) this.#ask(which, wanted);
    else toasts.show(text.runs.nothingToRun);
  }

  /** Asks for the runs of `cells`, which `which` names to the server. */
  #ask(which: RunCells, cells: readonly string[]): void {
    if (!this.#may()) return;
    const fresh = cells.filter((cell) => !this.#isLive(cell));
    if (fresh.length === 0) return;
    fresh.forEach((cell) => this.#asked.set(cell, { queuedAt: undefined }));
    const arrived = delivered(this.model.session.provider);
    const asked = this.#next(async () => {
      if (!(await arrived)) throw new Error(text.runs.notDelivered);
      const { runs } = await this.#calls.run(which);
      runs.forEach((run) => this.#accepted(run));
    });
    // Whatever the answer did not name, is not to come.
    void asked.then(() => fresh.filter((cell) => this.#asked.get(cell)?.queuedAt === undefined).forEach((cell) => this.#asked.delete(cell)));
  }

  #accepted(run: Run): void {
    this.#own.set(run.cell, run.runId);
    // The document may have shown it before the server's answer came.
    const shown = this.runs.of(run.cell);
    if (shown?.runId === run.runId) this.#tell(shown);
    if (this.#asked.has(run.cell)) this.#asked.set(run.cell, { queuedAt: run.queuedAt });
    this.#settle(run.cell);
  }

  /** The document shows what was asked for. */
  #settle(cell: string): void {
    const asked = this.#asked.get(cell)?.queuedAt;
    const shown = this.runs.of(cell)?.queuedAt;
    if (asked !== undefined && shown !== undefined && shown >= asked) this.#asked.delete(cell);
  }

  #may(): boolean {
    if (this.model.reading.refuses()) return false;
    if (!this.online) toasts.update('runs', text.runs.offline);
    return this.online;
  }

  /** After what was asked before; says why it did not come about. */
  #next(call: () => Promise<unknown>): Promise<boolean> {
    const done = this.#last.then(call).then(
      () => true,
      (cause: unknown) => {
        toasts.error(reasonOf(cause));
        return false;
      },
    );
    this.#last = done;
    return done;
  }

  #changed(cells: ReadonlySet<string>): void {
    for (const cell of cells) {
      this.#settle(cell);
      const run = this.runs.of(cell);
      if (run && run.runId === this.#own.get(cell)) this.#tell(run);
      else this.#own.delete(cell);
    }
  }

  /** Of one's own runs: each line wanted, each failure, and the end of all; in a long row of cells no more. */
  #tell(run: Run): void {
    const over = !isLive(run);
    if (over) this.#own.delete(run.cell);
    const alone = this.#own.size <= (over ? 0 : 1);
    if (!alone && run.state !== 'failed' && !run.input) return;
    const said = announcement(run, this.model.numberOf(run.cell), page.rest.time.now());
    if (said !== '') announcer.say(said);
    if (run.state === 'failed') this.#point(run);
  }

  /** A failure out of sight is pointed to. */
  #point(run: Run): void {
    const box = document.getElementById(`cell-${run.cell}`)?.getBoundingClientRect();
    if (box && box.bottom > 0 && box.top < window.innerHeight) return;
    const show = { label: text.runs.show, run: () => this.model.show(run.cell, false) };
    toasts.show(announcement(run, this.model.numberOf(run.cell), page.rest.time.now()), show);
  }
}
