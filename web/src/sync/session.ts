// One open notebook with everything that keeps it in step: document, server, this browser's store, other tabs, presence.
//
// Invariant: nothing is drawn or edited before the document has content of its own history: what this browser kept, or
// what the server sent. Otherwise two beginnings of one notebook would be merged.

import { Awareness } from 'y-protocols/awareness';
import * as Y from 'yjs';

import { History } from '../doc/undo';
import { Notebook } from '../doc/notebook';
import { systemClock } from './clock';
import { databaseName, OfflineStore } from './offline';
import { Provider } from './provider';
import { webSocket } from './socket';
import { Tabs } from './tabs';

export interface SessionSettings {
  id: string;
  /** The address of the page's base, with a trailing slash. */
  base: string;
  /** Asked whenever something is signed with it. */
  name: () => string;
  /** Origins of this person's keystrokes. */
  typing: readonly unknown[];
}

export class NotebookSession {
  readonly awareness: Awareness;
  readonly notebook: Notebook;
  readonly history: History;
  readonly provider: Provider;
  readonly #tabs: Tabs;
  #stop: (() => void)[] = [];

  private constructor(
    readonly settings: SessionSettings,
    readonly offline: OfflineStore,
    readonly doc: Y.Doc,
    provider: (awareness: Awareness) => Provider,
  ) {
    this.awareness = new Awareness(doc);
    this.notebook = new Notebook(doc);
    this.provider = provider(this.awareness);
    this.history = new History(this.notebook, { name: settings.name, now: Date.now }, settings.typing);
    this.#tabs = new Tabs(doc, new BroadcastChannel(databaseName(settings.base, settings.id)), {
      online: () => this.provider.progress.link.kind === 'synced',
      received: this.provider,
      stored: offline.origin,
    });
    this.#watch();
  }

  /** Reads what this browser kept, then begins to talk to the server. */
  static async open(settings: SessionSettings): Promise<NotebookSession> {
    const doc = new Y.Doc();
    let provider: Provider | undefined;
    const offline = await OfflineStore.open(doc, {
      name: databaseName(settings.base, settings.id),
      factory: globalThis.indexedDB,
      received: () => provider,
    });
    const session = new NotebookSession(settings, offline, doc, (awareness) => {
      const connect = webSocket(() => socketAddress(settings));
      return (provider = new Provider(doc, { connect, clock: systemClock, awareness, known: new Set([offline.origin]) }));
    });
    provider?.start();
    return session;
  }

  destroy(): void {
    this.#stop.forEach((stop) => stop());
    this.#tabs.destroy();
    this.history.destroy();
    this.awareness.destroy();
    this.provider.destroy();
    this.offline.destroy();
    this.doc.destroy();
  }

  #watch(): void {
    const lost = () => this.provider.networkLost();
    const back = () => this.provider.retryNow();
    window.addEventListener('offline', lost);
    window.addEventListener('online', back);
    this.#stop = [
      () => window.removeEventListener('offline', lost),
      () => window.removeEventListener('online', back),
      this.provider.onProgress(({ acknowledged, savedAt }) => {
        if (savedAt !== undefined) this.offline.acknowledged(acknowledged);
      }),
    ];
  }
}

function socketAddress({ base, id, name }: SessionSettings): string {
  const address = new URL(`ws/${encodeURIComponent(id)}`, base);
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
  address.searchParams.set('name', name());
  return address.href;
}
