// Notices when this person is away from the notebook: the connection lost, the tab behind others, the browser closed.
//
// Invariant: the first look at a notebook is no absence; one that began lasts until the page is seen and in step with the
// server again, so that nothing is told too early; what ends before anybody listens is kept for them.

import { stateOf, type Remembered } from '../state/absence';
import { Visits } from '../state/visits';
import type { NotebookSession } from '../sync/session';
import { page } from './page.svelte';

/** Shorter than this nobody has been away: a look at another tab, a connection that was renewed. */
const SHORTEST_MS = { hidden: 20_000, offline: 5000, closed: 20_000 };

export interface Absence extends Remembered {
  reason: keyof typeof SHORTEST_MS;
  since: number;
}

export class Absences {
  readonly #visits = new Visits(page.storage);
  readonly #address: string;
  readonly #done = new AbortController();
  readonly #stopLink: () => void;
  #current: Absence | undefined;
  #began = false;
  #ended: Absence[] = [];
  #tell: ((absence: Absence) => void) | undefined;

  constructor(private readonly session: NotebookSession) {
    const { settings, provider, offline, notebook } = session;
    this.#address = settings.base + settings.id;
    // What this browser has kept is what was seen last.
    if (offline.hadContent) this.#current = { reason: 'closed', since: this.#visits.seenAt(this.#address) ?? 0, ...stateOf(notebook) };
    this.#stopLink = provider.onProgress(() => this.#look());
    const { signal } = this.#done;
    document.addEventListener('visibilitychange', () => this.#look(), { signal });
    window.addEventListener('pagehide', () => this.#leaving(), { signal });
    this.#look();
  }

  /** Every absence that ended, also those before the call. */
  onEnd(tell: (absence: Absence) => void): void {
    this.#tell = tell;
    this.#ended.splice(0).forEach(tell);
  }

  destroy(): void {
    this.#stopLink();
    this.#done.abort();
    this.#leaving();
  }

  #leaving(): void {
    this.#visits.saw(this.#address, Date.now());
  }

  #look(): void {
    const hidden = document.visibilityState === 'hidden';
    const link = this.session.provider.progress.link.kind;
    if (hidden) this.#leaving();
    if (link === 'synced') this.#began = true;
    if (link === 'synced' && !hidden) this.#end();
    else if (link === 'synced') this.#begin('hidden');
    else if (link === 'waiting' && this.#began) this.#begin('offline');
  }

  #begin(reason: Absence['reason']): void {
    this.#current ??= { reason, since: Date.now(), ...stateOf(this.session.notebook) };
  }

  #end(): void {
    const absence = this.#current;
    this.#current = undefined;
    if (!absence || Date.now() - absence.since < SHORTEST_MS[absence.reason]) return;
    if (this.#tell) this.#tell(absence);
    else this.#ended.push(absence);
  }
}
