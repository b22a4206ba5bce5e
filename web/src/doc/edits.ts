// Who typed last in which cell, and when, as far as this page was there to see it. Imports its siblings in doc/ and yjs.
//
// Invariant: only what happens while somebody watches has a time; what is merely loaded has none.

import * as Y from 'yjs';

import { cellId } from './cell';
import type { Notebook } from './notebook';
import type { CellMap } from './schema';

export interface Edit {
  /** The client that typed; who that is stands in the document. */
  client: number;
  /** Milliseconds since the Unix epoch. */
  at: number;
}

export class LastEdits {
  readonly #edits = new Map<string, Edit>();
  readonly #stop: () => void;

  /** `live` tells of a transaction whether it is happening now, rather than being read from somewhere. */
  constructor(
    private readonly notebook: Notebook,
    private readonly now: () => number,
    live: (transaction: Y.Transaction) => boolean,
  ) {
    const { cells } = notebook.roots;
    const observed = (events: Y.YEvent<Y.AbstractType<unknown>>[], transaction: Y.Transaction): void => {
      if (live(transaction)) for (const event of events) this.#note(event, transaction);
    };
    cells.observeDeep(observed);
    this.#stop = () => cells.unobserveDeep(observed);
  }

  of(cell: string): Edit | undefined {
    return this.#edits.get(cell);
  }

  destroy(): void {
    this.#stop();
  }

  #note(event: Y.YEvent<Y.AbstractType<unknown>>, transaction: Y.Transaction): void {
    const [position, key] = event.path;
    if (!(event.target instanceof Y.Text) || key !== 'source' || typeof position !== 'number') return;
    const client = typist(event, transaction);
    const cell = this.notebook.roots.cells.get(position) as CellMap | undefined;
    if (client !== undefined && cell instanceof Y.Map) this.#edits.set(cellId(cell), { client, at: this.now() });
  }
}

/** Who deleted a character is written nowhere; of deletions only one's own are known. */
function typist({ target }: Y.YEvent<Y.AbstractType<unknown>>, transaction: Y.Transaction): number | undefined {
  if (transaction.local) return transaction.doc.clientID;
  const wrote = ([client, clock]: [number, number]): boolean => clock > (transaction.beforeState.get(client) ?? 0) && hasNewIn(target, client, transaction);
  return [...transaction.afterState].find(wrote)?.[0];
}

/** Whether the client put something into the text in this transaction; its newest structs are the last of its list. */
function hasNewIn(text: Y.AbstractType<unknown>, client: number, { doc, beforeState }: Y.Transaction): boolean {
  const structs = doc.store.clients.get(client) ?? [];
  const before = beforeState.get(client) ?? 0;
  for (let index = structs.length - 1; index >= 0; index -= 1) {
    const struct = structs[index] as Y.Item | Y.GC;
    if (struct.id.clock + struct.length <= before) return false;
    if (struct instanceof Y.Item && struct.parent === text) return true;
  }
  return false;
}
