// One open notebook with everything that keeps it in step: document, server, this browser's store, other tabs, presence.
//
// Invariant: nothing is drawn or edited before the document has content of its own history: what this browser kept, or
// what the server sent. Otherwise two beginnings of one notebook would be merged. Whoever may only read has a document
// that takes no change of theirs.

import { Awareness } from 'y-protocols/awareness';

import { GuardedDoc } from '../doc/guard';
import { keepOwnWords } from '../doc/earlier';
import { LastEdits } from '../doc/edits';
import { History } from '../doc/undo';
import { Notebook } from '../doc/notebook';
import { systemClock } from './clock';
import { databaseName } from './database';
import { Leader } from './leader';
import { OfflineStore } from './offline';
import { Provider, type Progress } from './provider';
import { RememberedRole } from './role';
import { webSocket } from './socket';
import { Persistence } from './storage';
import { Tabs } from './tabs';
import { onWake } from './wake';

export interface SessionSettings {
  id: string;
  /** The address of the page's base, with a trailing slash. */
  base: string;
  /** Asked whenever something is signed with it. */
  name: () => string;
  /** Origins of this person's keystrokes. */
  typing: readonly unknown[];
  /** Where small things are remembered. */
  storage: Pick<Storage, 'getItem' | 'setItem'> | undefined;
}

export class NotebookSession {
  readonly awareness: Awareness;
  readonly notebook: Notebook;
  readonly history: History;
  /** Who typed where while this page was open. */
  readonly edits: LastEdits;
  readonly tabs: Tabs;
  readonly persistence = new Persistence(globalThis.navigator?.storage);
  readonly #leader: Leader;
  readonly #role: RememberedRole;
  #stop: (() => void)[] = [];

  private constructor(
    readonly settings: SessionSettings,
    readonly doc: GuardedDoc,
    readonly offline: OfflineStore,
    readonly provider: Provider,
    { awareness, role, leader }: { awareness: Awareness; role: RememberedRole; leader: Leader },
  ) {
    this.awareness = awareness;
    this.#role = role;
    this.#leader = leader;
    this.notebook = new Notebook(doc);
    this.history = new History(this.notebook, { name: settings.name, now: Date.now }, settings.typing);
    this.edits = new LastEdits(this.notebook, Date.now, ({ local, origin }) => local || (origin === provider && provider.progress.link.kind === 'synced'));
    this.tabs = new Tabs(doc, new BroadcastChannel(databaseName(settings.base, settings.id)), offline);
    this.#watch();
  }

  /** Reads what this browser kept, then begins to talk to the server. */
  static async open(settings: SessionSettings): Promise<NotebookSession> {
    const name = databaseName(settings.base, settings.id);
    const doc = new GuardedDoc();
    const role = new RememberedRole(settings.storage, name);
    let provider: Provider | undefined;
    let offline: OfflineStore | undefined;
    const leader = new Leader(globalThis.navigator?.locks, name, () => offline?.complete());
    offline = await OfflineStore.open(doc, {
      name,
      factory: globalThis.indexedDB,
      received: () => provider,
      leads: () => leader.leads,
    });
    const awareness = new Awareness(doc);
    const connect = webSocket(socketAddress(settings));
    provider = new Provider(doc, { connect, clock: systemClock, awareness, known: new Set([offline.origin]), role: role.get() });
    const session = new NotebookSession(settings, doc, offline, provider, { awareness, role, leader });
    provider.start();
    return session;
  }

  destroy(): void {
    this.#stop.forEach((stop) => stop());
    this.tabs.destroy();
    this.#leader.destroy();
    this.history.destroy();
    this.edits.destroy();
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
    this.#progressed(this.provider.progress);
    this.#stop = [
      () => window.removeEventListener('offline', lost),
      () => window.removeEventListener('online', back),
      keepOwnWords(this.notebook),
      onWake(systemClock, () => this.provider.awake()),
      this.provider.onProgress((progress) => this.#progressed(progress)),
      this.offline.onChanges(() => {
        if (this.provider.progress.link.kind !== 'synced') this.persistence.ask();
      }),
    ];
  }

  #progressed({ acknowledged, savedAt, role, link }: Progress): void {
    const online = link.kind === 'synced';
    this.doc.readOnly = role === 'viewer';
    if (role !== undefined) this.#role.set(role);
    if (savedAt !== undefined) this.offline.acknowledged(acknowledged);
    if (!online) this.offline.complete();
    this.tabs.online = online;
  }
}

/** The secret of this one page lets the server replace its old connection at once when a new one comes. */
function socketAddress({ base, id, name }: SessionSettings): () => string {
  const tab = crypto.getRandomValues(new Uint32Array(4)).join('-');
  return () => {
    const address = new URL(`ws/${encodeURIComponent(id)}`, base);
    address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
    address.searchParams.set('name', name());
    address.searchParams.set('tab', tab);
    return address.href;
  };
}
