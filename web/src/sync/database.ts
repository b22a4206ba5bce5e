// The databases of this browser, one a notebook, and IndexedDB's requests as promises. Imports nothing.

export const UPDATES = 'updates';
export const UNSAVED = 'unsaved';

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

export function answer<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('IndexedDB refused a request.'));
  });
}

export function completion(transaction: IDBTransaction): Promise<void> {
  const completed = new Promise<void>((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new Error('IndexedDB gave a transaction up.'));
  });
  // Whoever waits hears of it; where a request has thrown before, nobody does.
  completed.catch(() => undefined);
  return completed;
}
