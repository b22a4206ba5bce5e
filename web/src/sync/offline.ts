// A notebook kept in this browser: its updates in IndexedDB, and how many of them the server has not yet said to have.
//
//   store `updates`   what was typed and received, in order; now and then merged into one
//   store `unsaved`   one record a change made in this browser, until the server has it on disk
//
// Each tab writes what is typed in it; what the server sends is written by the one tab that leads.
// Invariant: `kept` counts a change only after the transaction that holds it has completed; a change and its mark in
// `unsaved` are written in one transaction. Imports yjs and its siblings in sync/ only.

import * as Y from 'yjs';

import { systemClock, type Clock } from './clock';
import { answer, completion, openDatabase, UNSAVED, UPDATES } from './database';

/** Above this many records, reading them all at the next opening would be felt. */
const MERGE_ABOVE = 400;
/** A full disk may be cleared, a profile unlocked: worth another attempt, and not worth many. */
const RETRY_MS = 10_000;
/** Writing takes some milliseconds. */
const LATE_MS = 1_000;

export type KeptState =
  /** Nothing has gone wrong, or not since the last attempt. */
  | 'working'
  /** A write takes longer than anybody should be told that all is well. */
  | 'late'
  /** Private window, full disk, or storage forbidden: changes are not kept here. */
  | 'failed';

export interface OfflineProgress {
  state: KeptState;
  /** Counts the changes handed over since the page opened that are now really stored. */
  kept: number;
  /** Changes of earlier visits that the server had not acknowledged when the page opened. */
  inherited: number;
}

/** A change made in this browser that the server may not have. */
export interface Change {
  update: Uint8Array;
  /** Its mark in the store; undefined while it is not stored. */
  key: number | undefined;
}

/** The origin of a change that another tab of this browser made, and has stored if there is a key. */
export class FromTab {
  constructor(readonly key: number | undefined) {}
}

export interface OfflineSettings {
  name: string;
  factory: IDBFactory | undefined;
  /** The origin of what came from the server. */
  received: () => unknown;
  /** Whether this tab writes what the server sends; always, unless told otherwise. */
  leads?: () => boolean;
  clock?: Clock;
}

/** What waits to be written: a change made here, or something the server has anyway. */
type Waiting = { change: Change } | { update: Uint8Array };

/** Keeps one document. */
export class OfflineStore {
  readonly origin = Symbol('coscribe:offline');
  #database: IDBDatabase | undefined;
  #destroyed = false;
  #state: KeptState = 'working';
  #kept = 0;
  #inherited = 0;
  #inheritedUpTo = 0;
  #waiting: Waiting[] = [];
  #writing = false;
  #records = 0;
  /** Something the server sent was not written: a state of the whole document will make up for it. */
  #incomplete = false;
  /** Changes of this page that the server has not acknowledged, in the order in which they were made. */
  #unacknowledged: Change[] = [];
  #acknowledged = 0;
  #callOffRetry: (() => void) | undefined;
  #callOffLate: (() => void) | undefined;
  readonly #clock: Clock;
  readonly #listeners = new Set<() => void>();
  readonly #changeListeners = new Set<(changes: readonly Change[]) => void>();

  private constructor(
    private readonly doc: Y.Doc,
    private readonly settings: OfflineSettings,
  ) {
    this.#clock = settings.clock ?? systemClock;
    doc.on('update', this.#updated);
  }

  /**
   * Reads what is kept into the document and keeps what follows. Never fails: without storage the state is `failed`
   * and the document simply is what the server sends.
   */
  static async open(doc: Y.Doc, settings: OfflineSettings): Promise<OfflineStore> {
    const store = new OfflineStore(doc, settings);
    try {
      await store.#open();
      await store.#load();
      store.#write();
    } catch (cause) {
      store.#failed(cause);
    }
    return store;
  }

  get progress(): OfflineProgress {
    return { state: this.#state, kept: this.#kept, inherited: this.#inherited };
  }

  /** Whether anything was kept of this document before: only then can it be shown without the server. */
  get hadContent(): boolean {
    return this.#records > 0;
  }

  /** What the server may not have of what was done in this page, oldest first. */
  get unacknowledged(): readonly Change[] {
    return this.#unacknowledged;
  }

  onProgress(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Tells of changes made in this tab: each once it is stored, or as soon as it is clear that it cannot be. */
  onChanges(listener: (changes: readonly Change[]) => void): () => void {
    this.#changeListeners.add(listener);
    return () => this.#changeListeners.delete(listener);
  }

  /** The server has everything up to the `version`th change of this page, and all that was kept from before. */
  acknowledged(version: number): void {
    if (this.#inherited > 0) this.#forgetInherited();
    const gone = this.#unacknowledged.splice(0, Math.max(0, version - this.#acknowledged));
    this.#acknowledged = Math.max(this.#acknowledged, version);
    for (const { key } of gone) if (key !== undefined) this.#unmark(IDBKeyRange.only(key));
  }

  /** Writes what was left to another tab: that one is gone, or it may be long until the server can say it again. */
  complete(): void {
    if (this.#incomplete && this.#state !== 'failed') this.#completeStore();
  }

  /** Forgets all that is kept of the document. The document itself stays as it is. */
  async clear(): Promise<void> {
    const database = this.#database;
    if (database === undefined) return;
    const writing = database.transaction([UPDATES, UNSAVED], 'readwrite');
    const done = completion(writing);
    writing.objectStore(UPDATES).clear();
    writing.objectStore(UNSAVED).clear();
    await done;
  }

  destroy(): void {
    this.#destroyed = true;
    this.#callOffRetry?.();
    this.#callOffLate?.();
    this.doc.off('update', this.#updated);
    this.#listeners.clear();
    this.#changeListeners.clear();
    this.#database?.close();
    this.#database = undefined;
  }

  async #open(): Promise<void> {
    const database = await openDatabase(this.settings.factory, this.settings.name);
    // Its data were cleared, or a newer page wants to change its shape: what was kept is kept no longer.
    database.onclose = () => this.#lost();
    database.onversionchange = () => (database.close(), this.#lost());
    if (this.#destroyed) database.close();
    else this.#database = database;
  }

  async #load(): Promise<void> {
    const database = this.#database as IDBDatabase;
    const reading = database.transaction([UPDATES, UNSAVED], 'readonly');
    const [updates, unsaved] = await Promise.all([
      answer(reading.objectStore(UPDATES).getAll() as IDBRequest<Uint8Array[]>),
      answer(reading.objectStore(UNSAVED).getAllKeys() as IDBRequest<number[]>),
    ]);
    this.#records = updates.length;
    this.#inherited = unsaved.length;
    this.#inheritedUpTo = unsaved.at(-1) ?? 0;
    this.#apply(updates);
    if (this.#records > MERGE_ABOVE) await this.#merge();
  }

  /** Unheard: as long as somebody listens, Yjs writes out again all that is applied. */
  #apply(updates: readonly Uint8Array[]): void {
    this.doc.off('update', this.#updated);
    try {
      this.doc.transact(() => updates.forEach((update) => Y.applyUpdate(this.doc, update, this.origin)), this.origin);
    } finally {
      this.doc.on('update', this.#updated);
    }
  }

  readonly #updated = (update: Uint8Array, origin: unknown): void => {
    if (origin === this.origin) return;
    if (origin === this.settings.received()) return this.#received(update);
    const change: Change = { update, key: origin instanceof FromTab ? origin.key : undefined };
    this.#unacknowledged.push(change);
    if (change.key === undefined) this.#keep({ change });
    else this.#kept += 1;
  };

  #received(update: Uint8Array): void {
    if (this.#state !== 'failed' && (this.settings.leads?.() ?? true)) this.#keep({ update });
    else this.#incomplete = true;
  }

  #keep(entry: Waiting): void {
    this.#waiting.push(entry);
    if (this.#state === 'failed') this.#tellChanges([entry]);
    this.#write();
  }

  /** One transaction at a time takes all that waits: a burst of typing is one write. */
  #write(): void {
    if (this.#writing || this.#waiting.length === 0 || this.#database === undefined || this.#state === 'failed') return;
    const batch = this.#waiting;
    this.#waiting = [];
    this.#writing = true;
    this.#callOffLate = this.#clock.after(LATE_MS, () => this.#enter('late'));
    this.#store(this.#database, batch).then(
      () => this.#stored(batch),
      (cause: unknown) => this.#notStored(batch, cause),
    );
  }

  /** Changes that the server acknowledged meanwhile get no mark. */
  async #store(database: IDBDatabase, batch: Waiting[]): Promise<void> {
    const writing = database.transaction([UPDATES, UNSAVED], 'readwrite');
    const done = completion(writing);
    writing.objectStore(UPDATES).add(Y.mergeUpdates(batch.map(updateOf)));
    const pending = new Set(this.#unacknowledged);
    const marked = changesIn(batch).filter((change) => pending.has(change));
    const keys = Promise.all(marked.map(() => answer(writing.objectStore(UNSAVED).add(1) as IDBRequest<number>)));
    // Refused requests end the transaction too, whose failure is the one that is looked at.
    keys.catch(() => undefined);
    await done;
    for (const [index, key] of (await keys).entries()) (marked[index] as Change).key = key;
  }

  #stored(batch: Waiting[]): void {
    this.#writing = false;
    this.#callOffLate?.();
    this.#state = 'working';
    this.#records += 1;
    this.#kept += changesIn(batch).length;
    this.#unmarkAcknowledged(changesIn(batch));
    this.#tellChanges(batch);
    this.#tell();
    if (this.#records > MERGE_ABOVE) this.#merge().catch((cause: unknown) => this.#failed(cause));
    if (this.#incomplete && (this.settings.leads?.() ?? true)) this.#completeStore();
    this.#write();
  }

  /** Acknowledged while they were being written. */
  #unmarkAcknowledged(changes: readonly Change[]): void {
    const pending = new Set(this.#unacknowledged);
    for (const change of changes) {
      if (change.key !== undefined && !pending.has(change)) this.#unmark(IDBKeyRange.only(change.key));
    }
  }

  #notStored(batch: Waiting[], cause: unknown): void {
    if (this.#destroyed) return;
    this.#writing = false;
    this.#callOffLate?.();
    this.#waiting = [...batch, ...this.#waiting];
    this.#failed(cause);
  }

  #completeStore(): void {
    this.#incomplete = false;
    this.#keep({ update: Y.encodeStateAsUpdate(this.doc) });
  }

  /** In one transaction, so that another tab of this browser that writes meanwhile loses nothing. */
  async #merge(): Promise<void> {
    const database = this.#database;
    if (database === undefined) return;
    this.#records = 1;
    const writing = database.transaction(UPDATES, 'readwrite');
    const done = completion(writing);
    const store = writing.objectStore(UPDATES);
    const updates = await answer(store.getAll() as IDBRequest<Uint8Array[]>);
    store.clear();
    store.add(Y.mergeUpdates(updates));
    await done;
  }

  #forgetInherited(): void {
    this.#inherited = 0;
    this.#unmark(IDBKeyRange.upperBound(this.#inheritedUpTo));
    this.#tell();
  }

  #unmark(range: IDBKeyRange): void {
    // A mark that stays makes a later visit count a change too many; nothing typed depends on it.
    const passedOver = (cause: unknown) => console.warn('A mark of an unsaved change was not removed.', cause);
    try {
      const writing = this.#database?.transaction(UNSAVED, 'readwrite');
      writing?.objectStore(UNSAVED).delete(range);
      if (writing) completion(writing).catch(passedOver);
    } catch (cause) {
      passedOver(cause);
    }
  }

  /** The database is gone, and with it what was kept there; all of it is written again once there is one. */
  #lost(): void {
    if (this.#destroyed || this.#database === undefined) return;
    this.#database = undefined;
    this.#inherited = 0;
    this.#kept = this.#acknowledged;
    for (const change of this.#unacknowledged) change.key = undefined;
    this.#waiting = this.#unacknowledged.map((change) => ({ change }));
    this.#failed(new Error('The database was closed.'));
  }

  #failed(cause: unknown): void {
    if (this.#destroyed) return;
    console.warn('This browser does not keep the notebook.', cause);
    this.#state = 'failed';
    this.#incomplete = true;
    // What the server has need not wait here for a disk that may never come.
    this.#waiting = this.#waiting.filter((entry) => 'change' in entry);
    this.#tellChanges(this.#waiting);
    this.#tell();
    this.#callOffRetry?.();
    if (this.settings.factory !== undefined) this.#callOffRetry = this.#clock.after(RETRY_MS, () => void this.#retry());
  }

  async #retry(): Promise<void> {
    try {
      if (this.#database === undefined) await this.#open();
      if (this.#destroyed) return;
      this.#state = 'working';
      this.#completeStore();
    } catch (cause) {
      this.#failed(cause);
    }
  }

  #tellChanges(entries: readonly Waiting[]): void {
    const changes = changesIn(entries);
    if (changes.length > 0) for (const listener of [...this.#changeListeners]) listener(changes);
  }

  #enter(state: KeptState): void {
    this.#state = state;
    this.#tell();
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

function updateOf(entry: Waiting): Uint8Array {
  return 'change' in entry ? entry.change.update : entry.update;
}

function changesIn(entries: readonly Waiting[]): Change[] {
  return entries.flatMap((entry) => ('change' in entry ? [entry.change] : []));
}
