// One open document with everything that keeps it in step, whatever it means: server, this browser's store, other tabs,
// presence. What the document means is for those who build on it.
//
// Invariant: nothing is drawn or edited before the document has content of its own history: what this browser kept, or
// what the server sent. Otherwise two beginnings of one document would be merged. Whoever may only read has a document
// that takes no change of theirs.

import { Awareness } from 'y-protocols/awareness';

import { GuardedDoc } from '../doc/guard';
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

export interface DocumentSettings {
  /** The name of the document on the server: a notebook's id, or `project:` and a project's. */
  document: string;
  /** The address of the page's base, with a trailing slash. */
  base: string;
  /** Asked whenever something is signed with it. */
  name: () => string;
  /** Where small things are remembered. */
  storage: Pick<Storage, 'getItem' | 'setItem'> | undefined;
}

/** What an open document consists of. */
export interface Parts {
  doc: GuardedDoc;
  offline: OfflineStore;
  provider: Provider;
  awareness: Awareness;
  role: RememberedRole;
  leader: Leader;
}

/** Reads what this browser kept. The provider is ready and says nothing yet. */
export async function openDocument(settings: DocumentSettings): Promise<Parts> {
  const name = databaseName(settings.base, settings.document);
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
  return { doc, offline, provider, awareness, role, leader };
}

export class DocumentSession {
  readonly doc: GuardedDoc;
  readonly offline: OfflineStore;
  readonly provider: Provider;
  readonly awareness: Awareness;
  readonly tabs: Tabs;
  readonly persistence = new Persistence(globalThis.navigator?.storage);
  readonly #leader: Leader;
  readonly #role: RememberedRole;
  #stop: (() => void)[] = [];

  protected constructor({ document, base }: Pick<DocumentSettings, 'document' | 'base'>, parts: Parts) {
    this.doc = parts.doc;
    this.offline = parts.offline;
    this.provider = parts.provider;
    this.awareness = parts.awareness;
    this.#role = parts.role;
    this.#leader = parts.leader;
    this.tabs = new Tabs(this.doc, new BroadcastChannel(databaseName(base, document)), this.offline);
    this.#watch();
  }

  destroy(): void {
    this.#stop.forEach((stop) => stop());
    this.tabs.destroy();
    this.#leader.destroy();
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
function socketAddress({ base, document, name }: DocumentSettings): () => string {
  const tab = crypto.getRandomValues(new Uint32Array(4)).join('-');
  return () => {
    const address = new URL(`ws/${encodeURIComponent(document)}`, base);
    address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
    address.searchParams.set('name', name());
    address.searchParams.set('tab', tab);
    return address.href;
  };
}
