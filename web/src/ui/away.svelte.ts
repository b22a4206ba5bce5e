// Tells what others did while this person was away: the connection lost, the tab behind others, the browser closed.
//
// Invariant: an absence ends only when the document is in step with the server, so that nothing is told too early; the
// cells others changed stay marked until they were in sight.

import { nameOf } from '../doc/authors';
import { isObject } from '../doc/schema';
import { marksSince } from '../doc/written';
import { snapshotOf, stateOf, type Remembered } from '../state/absence';
import { joined, shares, touched, type Share, type Writers } from '../state/away';
import { keyOf } from '../state/people';
import { Visits } from '../state/visits';
import { others } from '../sync/presence';
import type { NotebookSession } from '../sync/session';
import { page } from './page.svelte';

/** Shorter than this nobody has been away: a look at another tab, a connection that was renewed. */
const SHORTEST_MS = { hidden: 20_000, offline: 5000, closed: 20_000 };

type Reason = keyof typeof SHORTEST_MS;

interface Absence extends Remembered {
  reason: Reason;
  since: number;
}

/** What is told, until it is dismissed. */
export interface Summary {
  list: readonly Share[];
  /** When this browser was here last, when that was not just now. */
  since: number | undefined;
}

export class Away {
  summary = $state.raw<Summary | undefined>();
  readonly #visits = new Visits(page.storage);
  readonly #address: string;
  readonly #stop: () => void;
  #absence: Absence | undefined;

  /** `fresh` are the cells that others changed and that were not in sight since; `kept` is what this browser had. */
  constructor(
    private readonly session: NotebookSession,
    private readonly fresh: Set<string>,
    kept: Remembered | undefined,
  ) {
    this.#address = session.settings.base + session.settings.id;
    // What this browser has kept is what was seen last.
    if (kept) this.#absence = { reason: 'closed', since: this.#visits.seenAt(this.#address) ?? 0, ...kept };
    const stopLink = session.provider.onProgress(() => this.#look());
    const changed = () => this.#look();
    document.addEventListener('visibilitychange', changed);
    window.addEventListener('pagehide', this.#leaving);
    this.#stop = () => {
      stopLink();
      document.removeEventListener('visibilitychange', changed);
      window.removeEventListener('pagehide', this.#leaving);
      this.#leaving();
    };
    this.#look();
  }

  destroy(): void {
    this.#stop();
  }

  dismiss(): void {
    this.summary = undefined;
    this.fresh.clear();
  }

  get #hidden(): boolean {
    return document.visibilityState === 'hidden';
  }

  get #synced(): boolean {
    return this.session.provider.progress.link.kind === 'synced';
  }

  readonly #leaving = (): void => this.#visits.saw(this.#address, Date.now());

  #look(): void {
    if (this.#hidden) this.#leaving();
    if (!this.#hidden && this.#synced) return this.#end();
    if (this.#hidden && this.#synced) this.#begin('hidden', Date.now());
    else if (this.session.provider.progress.link.kind === 'waiting') this.#begin('offline', Date.now());
  }

  #begin(reason: Reason, since: number): void {
    this.#absence ??= { reason, since, ...stateOf(this.session.notebook) };
  }

  #end(): void {
    const absence = this.#absence;
    this.#absence = undefined;
    if (!absence || Date.now() - absence.since < SHORTEST_MS[absence.reason]) return;
    const { notebook } = this.session;
    const list = shares(absence.before, snapshotOf(notebook), marksSince(notebook.roots, absence.version), this.#writers());
    if (list.length === 0) return;
    this.summary = {
      list: joined(this.summary?.list ?? [], list),
      since: this.summary?.since ?? (absence.reason === 'closed' && absence.since > 0 ? absence.since : undefined),
    };
    for (const id of touched(list)) this.fresh.add(id);
  }

  #writers(): Writers {
    const { awareness, doc, notebook } = this.session;
    const me = keyOf(page.person);
    const tabs = others(awareness).filter(({ id, name }) => id !== null && keyOf({ id, name }) === me);
    const mine = new Set([doc.clientID, ...this.#visits.clients(), ...tabs.map(({ client }) => client)]);
    return {
      isMine: (client) => mine.has(client),
      nameOf: (client) => (this.#isServer(client) ? undefined : (nameOf(notebook.roots.authors, client) ?? this.#present(client))),
      deletedBy: (cell) => notebook.tombstone(cell)?.by || undefined,
    };
  }

  /** Whoever wrote just now may be named by their presence only. */
  #present(client: number): string | undefined {
    return others(this.session.awareness).find((person) => person.client === client)?.name;
  }

  /** It writes for whoever asked it to, and the document does not say who. */
  #isServer(client: number): boolean {
    const author: unknown = this.session.notebook.roots.authors.get(String(client));
    return isObject(author) && author['kind'] === 'server';
  }
}
