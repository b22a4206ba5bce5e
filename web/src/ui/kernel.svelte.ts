// The kernel as the page shows it, and what this person asks of it.
//
// Invariant: what the kernel is, the document says; a request that is refused changes nothing and says why.

import { joined } from '../doc/output';
import { isReady, isUp } from '../doc/runs';
import type { KernelHelp } from '../editor/kernelHelp';
import { deedsFor, noticeOf, type KernelDeeds, type KernelNotice } from '../state/kernel';
import { reasonOf } from '../state/reason';
import { KernelCalls } from '../sync/kernel';
import { text } from '../text/text';
import type { KernelStatus, StartKernel } from '../wire/wire';
import { Live } from './live.svelte';
import type { NotebookModel } from './notebook.svelte';
import { page } from './page.svelte';
import { toasts } from './toasts.svelte';

export class KernelModel {
  readonly calls: KernelCalls;
  readonly #status: Live<KernelStatus>;
  readonly #log: Live<string>;
  /** The menu of the kernel is open. */
  open = $state(false);

  constructor(private readonly model: NotebookModel) {
    const { runs } = model.session.notebook;
    this.calls = new KernelCalls(page.rest, model.session.settings.id);
    this.#status = new Live(() => runs.kernel(), (changed) => runs.onKernel(changed));
    this.#log = new Live(() => runs.kernelLog(), (changed) => runs.onKernel(changed));
  }

  get status(): KernelStatus {
    return this.#status.value;
  }

  get log(): string {
    return this.#log.value;
  }

  get up(): boolean {
    return isUp(this.status);
  }

  /** It can be asked what it knows: there is one, it is not busy, and the server is there. */
  get answers(): boolean {
    const { session } = this.model;
    return session.notebook.runs.kernel().state === 'idle' && session.provider.progress.link.kind === 'synced';
  }

  get ready(): boolean {
    return isReady(this.status);
  }

  get deeds(): KernelDeeds {
    return deedsFor(this.status);
  }

  get notice(): KernelNotice | undefined {
    return noticeOf(this.status);
  }

  /** For editors of code. */
  readonly help: KernelHelp = {
    answers: () => this.answers,
    complete: (code, cursor, signal) => this.calls.complete(code, cursor, signal),
    inspect: async (code, cursor, signal) => {
      const { found, data } = await this.calls.inspect(code, cursor, signal);
      return found ? joined(data['text/plain']) : '';
    },
  };

  start(choice?: StartKernel): Promise<boolean> {
    return this.#ask(() => this.calls.start(choice));
  }

  interrupt(): Promise<boolean> {
    return this.#ask(() => this.calls.interrupt());
  }

  restart(runAll = false): Promise<boolean> {
    return this.#ask(() => this.calls.restart(runAll));
  }

  shutDown(): Promise<boolean> {
    return this.#ask(() => this.calls.shutDown());
  }

  async #ask(call: () => Promise<unknown>): Promise<boolean> {
    if (this.model.reading.refuses()) return false;
    if (!this.model.running.online) {
      toasts.update('runs', text.runs.offline);
      return false;
    }
    try {
      await call();
      return true;
    } catch (cause) {
      toasts.error(reasonOf(cause));
      return false;
    }
  }
}
