// Tells what others did while this person was away.
//
// Invariant: the cells others changed stay marked until they were in sight.

import { nameOf } from '../doc/authors';
import { isObject } from '../doc/schema';
import { marksSince } from '../doc/written';
import { snapshotOf } from '../state/absence';
import { joined, shares, touched, type Share, type Writers } from '../state/away';
import { keyOf } from '../state/people';
import { Visits } from '../state/visits';
import { others } from '../sync/presence';
import type { NotebookSession } from '../sync/session';
import type { Absence, Absences } from './absences';
import { page } from './page.svelte';

/** What is told, until it is dismissed. */
export interface Summary {
  list: readonly Share[];
  /** When this browser was here last, when that was not just now. */
  since: number | undefined;
}

export class Away {
  summary = $state.raw<Summary | undefined>();

  /** `fresh` are the cells that others changed and that were not in sight since. */
  constructor(
    private readonly session: NotebookSession,
    private readonly fresh: Set<string>,
    absences: Absences,
  ) {
    absences.onEnd((absence) => this.#tell(absence));
  }

  dismiss(): void {
    this.summary = undefined;
    this.fresh.clear();
  }

  #tell(absence: Absence): void {
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
    const mine = new Set([doc.clientID, ...new Visits(page.storage).clients(), ...tabs.map(({ client }) => client)]);
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
