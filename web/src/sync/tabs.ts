// Tabs of one browser that have the same notebook open: they tell each other what is typed while the server cannot, and
// are counted.
//
// Invariant: what a tab has already is no news to it, so nothing circles; and it takes only what the server does not bring
// it anyway. Imports yjs and its siblings in sync/ only.

import * as Y from 'yjs';

import { FromTab, type Change, type OfflineStore } from './offline';

/** What BroadcastChannel offers; another in tests. */
export interface Channel {
  postMessage(message: unknown): void;
  addEventListener(kind: 'message', listener: (event: { data: unknown }) => void): void;
  close(): void;
}

type Message =
  /** Typed in a tab of this browser, and perhaps not on the server. */
  | { kind: 'changes'; changes: readonly Change[] }
  /** A tab that has just lost the server, or was just opened, asks for the changes of the others. */
  | { kind: 'wanted' }
  | { kind: 'count'; asker: string }
  | { kind: 'here'; asker: string; tab: string };

export class Tabs {
  readonly #tab = crypto.getRandomValues(new Uint32Array(2)).join('-');
  readonly #stop: () => void;
  readonly #counts = new Set<(tab: string) => void>();
  #online = false;

  constructor(
    private readonly doc: Y.Doc,
    private readonly channel: Channel,
    private readonly store: Pick<OfflineStore, 'unacknowledged' | 'onChanges'>,
  ) {
    channel.addEventListener('message', ({ data }) => this.#heard(data as Message));
    this.#stop = store.onChanges((changes) => {
      if (!this.#online) this.#tell({ kind: 'changes', changes });
    });
    this.#tell({ kind: 'wanted' });
  }

  /** Whether the server carries changes to the other tabs. Whoever loses it tells the others what it had not yet. */
  set online(online: boolean) {
    if (online === this.#online) return;
    this.#online = online;
    if (online) return;
    this.#tellAll();
    this.#tell({ kind: 'wanted' });
  }

  /** Tells of the number of tabs, this one included, as they answer. Returns how to stop. */
  count(listener: (tabs: number) => void): () => void {
    const tabs = new Set([this.#tab]);
    const heard = (tab: string) => (tabs.add(tab), listener(tabs.size));
    this.#counts.add(heard);
    listener(tabs.size);
    this.#tell({ kind: 'count', asker: this.#tab });
    return () => this.#counts.delete(heard);
  }

  destroy(): void {
    this.#stop();
    this.channel.close();
  }

  #heard(message: Message): void {
    switch (message.kind) {
      case 'changes':
        if (!this.#online) for (const { update, key } of message.changes) Y.applyUpdate(this.doc, update, new FromTab(key));
        return;
      case 'wanted':
        if (!this.#online) this.#tellAll();
        return;
      case 'count':
        return this.#tell({ kind: 'here', asker: message.asker, tab: this.#tab });
      case 'here':
        if (message.asker === this.#tab) for (const heard of [...this.#counts]) heard(message.tab);
    }
  }

  #tellAll(): void {
    const changes = this.store.unacknowledged;
    if (changes.length > 0) this.#tell({ kind: 'changes', changes: [...changes] });
  }

  #tell(message: Message): void {
    this.channel.postMessage(message);
  }
}
