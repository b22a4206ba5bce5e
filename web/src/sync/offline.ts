// A notebook kept in this browser: its updates in IndexedDB, and how many of them the server has not yet said to have.
//
//   store `updates`   what was typed and received, in order; now and then merged into one
//   store `unsaved`   one record a change made here, until the server has it on disk
//
// Invariant: `kept` counts a change only after the transaction that holds it has completed; a change and its mark in
// `unsaved` are written in one transaction. Imports yjs only.

import * as Y from 'yjs';

const UPDATES = 'updates';
const UNSAVED = 'unsaved';
/** Above this many records, reading them all at the next opening would be felt. */
const MERGE_ABOVE = 400;

export type KeptState =
  /** Nothing has gone wrong so far. */
  | 'working'
  /** Private window, full disk, or storage forbidden: changes are not kept here. */
  | 'failed';

export interface OfflineProgress {
  state: KeptState;
  /** Counts the changes handed over since the page opened that are now really stored. */
  kept: number;
  /** Changes of earlier visits that the server had not acknowledged when the page opened. */
  inherited: number;
}

interface Waiting {
  update: Uint8Array;
  /** The server must still get it. */
  unsaved: boolean;
}

/** Keeps one document. Changes with an origin in `received` came from the server and are not counted as unsaved. */
export class OfflineStore {
  readonly origin = Symbol('coscribe:offline');
  #database: IDBDatabase | undefined;
  #state: KeptState = 'working';
  #kept = 0;
  #inherited = 0;
  #inheritedUpTo = 0;
  #waiting: Waiting[] = [];
  #writing = false;
  #records = 0;
  /** Keys in `unsaved`, by the order in which the changes were made. */
  #unsavedKeys: number[] = [];
  #acknowledged = 0;
  #forgotten = 0;
  readonly #listeners = new Set<() => void>();

  private constructor(
    private readonly doc: Y.Doc,
    private readonly received: () => unknown,
  ) {
    doc.on('update', this.#updated);
  }

  /**
   * Reads what is kept into the document and keeps what follows. Never fails: without storage the state is `failed`
   * and the document simply is what the server sends.
   */
  static async open(doc: Y.Doc, settings: { name: string; factory: IDBFactory | undefined; received: () => unknown }): Promise<OfflineStore> {
    const store = new OfflineStore(doc, settings.received);
    try {
      store.#database = await openDatabase(settings.factory, settings.name);
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

  onProgress(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The server has everything up to the `version`th change of this page, and all that was kept from before. */
  acknowledged(version: number): void {
    this.#acknowledged = Math.max(this.#acknowledged, version);
    if (this.#inherited > 0) this.#forgetInherited();
    this.#forgetAcknowledged();
  }

  destroy(): void {
    this.doc.off('update', this.#updated);
    this.#listeners.clear();
    this.#database?.close();
    this.#database = undefined;
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
    this.doc.transact(() => updates.forEach((update) => Y.applyUpdate(this.doc, update, this.origin)), this.origin);
    if (this.#records > MERGE_ABOVE) await this.#merge();
  }

  readonly #updated = (update: Uint8Array, origin: unknown): void => {
    if (origin === this.origin) return;
    this.#waiting.push({ update, unsaved: origin !== this.received() });
    this.#write();
  };

  /** One transaction at a time takes all that waits: a burst of typing is one write. */
  #write(): void {
    if (this.#writing || this.#waiting.length === 0 || this.#database === undefined || this.#state === 'failed') return;
    const batch = this.#waiting;
    this.#waiting = [];
    this.#writing = true;
    this.#store(this.#database, batch).then(
      (keys) => this.#stored(batch, keys),
      (cause: unknown) => this.#failed(cause),
    );
  }

  async #store(database: IDBDatabase, batch: Waiting[]): Promise<number[]> {
    const writing = database.transaction([UPDATES, UNSAVED], 'readwrite');
    const done = completion(writing);
    writing.objectStore(UPDATES).add(Y.mergeUpdates(batch.map((entry) => entry.update)));
    const unsaved = batch.filter((entry) => entry.unsaved);
    const keys = unsaved.map(() => answer(writing.objectStore(UNSAVED).add(1) as IDBRequest<number>));
    await done;
    return Promise.all(keys);
  }

  #stored(batch: Waiting[], keys: number[]): void {
    this.#writing = false;
    this.#records += 1;
    this.#kept += batch.filter((entry) => entry.unsaved).length;
    this.#unsavedKeys.push(...keys);
    this.#forgetAcknowledged();
    this.#tell();
    if (this.#records > MERGE_ABOVE) this.#merge().catch((cause: unknown) => this.#failed(cause));
    this.#write();
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
    this.#delete(IDBKeyRange.upperBound(this.#inheritedUpTo));
    this.#tell();
  }

  /** The first changes of this page are the first keys; some may not be stored yet and are forgotten once they are. */
  #forgetAcknowledged(): void {
    const count = Math.min(this.#acknowledged - this.#forgotten, this.#unsavedKeys.length);
    if (count <= 0) return;
    const gone = this.#unsavedKeys.splice(0, count);
    this.#forgotten += count;
    for (const key of gone) this.#delete(IDBKeyRange.only(key));
  }

  #delete(range: IDBKeyRange): void {
    const writing = this.#database?.transaction(UNSAVED, 'readwrite');
    writing?.objectStore(UNSAVED).delete(range);
    // A mark that stays makes a later visit count a change too many; nothing typed depends on it.
    if (writing) completion(writing).catch((cause: unknown) => console.warn('A mark of an unsaved change was not removed.', cause));
  }

  #failed(cause: unknown): void {
    console.warn('This browser does not keep the notebook.', cause);
    this.#writing = false;
    this.#state = 'failed';
    this.#waiting = [];
    this.#tell();
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

/** The name of a notebook's database: different servers and base paths of one origin are kept apart. */
export function databaseName(base: string, notebook: string): string {
  return `coscribe:${base}:${notebook}`;
}

export function openDatabase(factory: IDBFactory | undefined, name: string): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    if (factory === undefined) return reject(new Error('This browser has no IndexedDB.'));
    const opening = factory.open(name, 1);
    opening.onupgradeneeded = () => {
      opening.result.createObjectStore(UPDATES, { autoIncrement: true });
      opening.result.createObjectStore(UNSAVED, { autoIncrement: true });
    };
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error ?? new Error(`The database ${name} did not open.`));
    opening.onblocked = () => reject(new Error(`The database ${name} is held by another version of this page.`));
  });
}

function answer<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('IndexedDB refused a request.'));
  });
}

function completion(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new Error('IndexedDB gave a transaction up.'));
  });
}
