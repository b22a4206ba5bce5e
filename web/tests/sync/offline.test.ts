import { IDBFactory } from 'fake-indexeddb';
import 'fake-indexeddb/auto';
import { afterEach, expect, test } from 'vitest';
import * as Y from 'yjs';

import { FromTab, OfflineStore, type OfflineSettings } from '../../src/sync/offline';
import { TestClock } from './wire';

const SERVER = Symbol('server');
const cleanup: (() => void)[] = [];
afterEach(() => cleanup.splice(0).forEach((action) => action()));

interface Tab {
  doc: Y.Doc;
  text: Y.Text;
  store: OfflineStore;
}

async function tab(factory: IDBFactory | undefined, settings: Partial<OfflineSettings> = {}): Promise<Tab> {
  const doc = new Y.Doc();
  const store = await OfflineStore.open(doc, { name: 'test', factory, received: () => SERVER, ...settings });
  cleanup.push(() => store.destroy());
  return { doc, text: doc.getText('text'), store };
}

/** Resolves when the store's progress fulfils a condition. */
function until(store: OfflineStore, condition: (progress: OfflineStore['progress']) => boolean): Promise<void> {
  return new Promise((resolve) => {
    const check = () => condition(store.progress) && (stop(), resolve());
    const stop = store.onProgress(check);
    check();
  });
}

test('what was typed is there when the page is opened again without a server', async () => {
  const factory = new IDBFactory();
  const first = await tab(factory);
  expect(first.store.hadContent).toBe(false);
  first.text.insert(0, 'kept');
  await until(first.store, ({ kept }) => kept === 1);
  first.store.destroy();
  const second = await tab(factory);
  expect(second.text.toString()).toBe('kept');
  expect(second.store.hadContent).toBe(true);
  expect(second.store.progress).toMatchObject({ inherited: 1, kept: 0 });
});

test('a change counts as kept only after its transaction has completed', async () => {
  const { text, store } = await tab(new IDBFactory());
  text.insert(0, 'x');
  expect(store.progress.kept).toBe(0);
  await until(store, ({ kept }) => kept === 1);
});

test('changes the server has acknowledged are not unsaved at the next visit', async () => {
  const factory = new IDBFactory();
  const first = await tab(factory);
  first.text.insert(0, 'a');
  first.text.insert(1, 'b');
  first.text.insert(2, 'c');
  await until(first.store, ({ kept }) => kept === 3);
  first.store.acknowledged(2);
  first.store.destroy();
  expect((await tab(factory)).store.progress.inherited).toBe(1);
});

test('an acknowledgement that comes before the change is stored is not forgotten', async () => {
  const factory = new IDBFactory();
  const first = await tab(factory);
  first.text.insert(0, 'a');
  first.store.acknowledged(1);
  await until(first.store, ({ kept }) => kept === 1);
  first.text.insert(1, 'b');
  await until(first.store, ({ kept }) => kept === 2);
  first.store.destroy();
  expect((await tab(factory)).store.progress.inherited).toBe(1);
});

test('changes of an earlier visit are forgotten once the server has acknowledged this one', async () => {
  const factory = new IDBFactory();
  const first = await tab(factory);
  first.text.insert(0, 'a');
  await until(first.store, ({ kept }) => kept === 1);
  first.store.destroy();
  const second = await tab(factory);
  second.store.acknowledged(0);
  expect(second.store.progress.inherited).toBe(0);
  second.text.insert(0, 'b');
  await until(second.store, ({ kept }) => kept === 1);
  second.store.destroy();
  expect((await tab(factory)).store.progress.inherited).toBe(1);
});

test('what came from the server is kept and is not counted as unsaved', async () => {
  const factory = new IDBFactory();
  const first = await tab(factory);
  first.doc.transact(() => first.text.insert(0, 'theirs'), SERVER);
  first.text.insert(0, 'mine ');
  await until(first.store, ({ kept }) => kept === 1);
  first.store.destroy();
  const second = await tab(factory);
  expect(second.text.toString()).toBe('mine theirs');
  expect(second.store.progress.inherited).toBe(1);
});

test('many records are merged into one, and nothing is lost by it, with another tab writing too', async () => {
  const factory = new IDBFactory();
  const first = await tab(factory);
  const other = await tab(factory);
  for (let index = 0; index < 420; index += 1) {
    first.text.insert(first.text.length, `${index} `);
    await until(first.store, ({ kept }) => kept === index + 1);
    if (index % 100 === 0) other.text.insert(0, '#');
  }
  await until(other.store, ({ kept }) => kept === 5);
  first.store.destroy();
  other.store.destroy();
  const third = await tab(factory);
  const words = third.text.toString();
  expect(words.match(/#/g)?.length).toBe(5);
  expect(words.replaceAll('#', '')).toBe(Array.from({ length: 420 }, (_, index) => `${index} `).join(''));
});

test('without storage the document works and says that nothing is kept', async () => {
  const { text, store } = await tab(undefined);
  text.insert(0, 'x');
  expect(store.progress).toEqual({ state: 'failed', kept: 0, inherited: 0 });
  store.acknowledged(1);
  expect(store.unacknowledged).toEqual([]);
});

/** A disk that refuses while `full`, as a browser does whose quota is used up. */
function fullDisk(): { full: boolean } {
  const disk = { full: true };
  const add = IDBObjectStore.prototype.add;
  IDBObjectStore.prototype.add = function (this: IDBObjectStore, ...args) {
    if (!disk.full) return add.apply(this, args);
    this.transaction.abort();
    throw new DOMException('The quota has been exceeded.', 'QuotaExceededError');
  };
  cleanup.push(() => (IDBObjectStore.prototype.add = add));
  return disk;
}

test('a store that refuses says so, keeps nothing, and keeps all of it once there is room', async () => {
  const factory = new IDBFactory();
  const clock = new TestClock();
  const { doc, text, store } = await tab(factory, { clock });
  const disk = fullDisk();
  text.insert(0, 'a');
  await until(store, ({ state }) => state === 'failed');
  text.insert(1, 'b');
  doc.transact(() => text.insert(2, ' theirs'), SERVER);
  expect(store.progress).toMatchObject({ state: 'failed', kept: 0 });
  clock.pass(10_000);
  await until(store, ({ state }) => state === 'failed');
  disk.full = false;
  clock.pass(10_000);
  await until(store, ({ state, kept }) => state === 'working' && kept === 2);
  store.destroy();
  const next = await tab(factory);
  expect(next.text.toString()).toBe('ab theirs');
  expect(next.store.progress.inherited).toBe(2);
});

test('a store that was cleared under the page is written again, the whole of it', async () => {
  const factory = new IDBFactory();
  const clock = new TestClock();
  const opened: IDBDatabase[] = [];
  const spied = new Proxy(factory, {
    get: (target, key) => (key === 'open' ? (...args: [string, number]) => {
      const opening = target.open(...args);
      opening.addEventListener('success', () => opened.push(opening.result));
      return opening;
    } : Reflect.get(target, key)),
  });
  const { doc, text, store } = await tab(spied, { clock });
  doc.transact(() => text.insert(0, 'theirs '), SERVER);
  text.insert(7, 'saved ');
  text.insert(13, 'mine');
  await until(store, ({ kept }) => kept === 2);
  store.acknowledged(1);
  // What a browser does when somebody clears the data of this site.
  const database = opened.at(-1)!;
  database.close();
  await new Promise((resolve) => (factory.deleteDatabase('test').onsuccess = resolve));
  database.onclose?.(new Event('close'));
  expect(store.progress).toMatchObject({ state: 'failed', kept: 1 });
  clock.pass(10_000);
  await until(store, ({ state, kept }) => state === 'working' && kept === 2);
  store.destroy();
  const next = await tab(factory);
  expect(next.text.toString()).toBe('theirs saved mine');
  expect(next.store.progress.inherited).toBe(1);
});

test('a tab that does not lead leaves it to the leader to write what the server sends, and makes up for it when it leads', async () => {
  const factory = new IDBFactory();
  let leads = false;
  const first = await tab(factory, { leads: () => leads });
  first.doc.transact(() => first.text.insert(0, 'theirs '), SERVER);
  first.text.insert(7, 'mine');
  await until(first.store, ({ kept }) => kept === 1);
  const between = await tab(factory);
  // What it typed builds on what nobody has written yet.
  expect(between.text.toString()).toBe('');
  between.store.destroy();
  leads = true;
  first.store.complete();
  first.text.insert(11, '!');
  await until(first.store, ({ kept }) => kept === 2);
  first.store.destroy();
  expect((await tab(factory)).text.toString()).toBe('theirs mine!');
});

test('what another tab has stored counts as kept and is not written a second time', async () => {
  const factory = new IDBFactory();
  const author = await tab(factory);
  author.text.insert(0, 'x');
  await until(author.store, ({ kept }) => kept === 1);
  const [change] = author.store.unacknowledged;
  const other = await tab(new IDBFactory());
  Y.applyUpdate(other.doc, change!.update, new FromTab(change!.key));
  expect(other.store.progress.kept).toBe(1);
  const heard: unknown[] = [];
  other.store.onChanges((changes) => heard.push(changes));
  other.text.insert(1, 'y');
  await until(other.store, ({ kept }) => kept === 2);
  expect(heard).toHaveLength(1);
  // The one who heard of the acknowledgement takes the mark away, whoever made it.
  const heir = await tab(factory);
  Y.applyUpdate(heir.doc, change!.update, new FromTab(change!.key));
  expect(heir.store.progress).toMatchObject({ inherited: 1, kept: 0 });
  heir.store.acknowledged(0);
  heir.store.destroy();
  expect((await tab(factory)).store.progress.inherited).toBe(0);
});

test('of what another tab could not store this one stores what it hears', async () => {
  const broken = await tab(undefined);
  const told: Y.Doc = new Y.Doc();
  broken.store.onChanges((changes) => changes.forEach(({ update, key }) => Y.applyUpdate(told, update, new FromTab(key))));
  broken.text.insert(0, 'nowhere yet');
  expect(told.getText('text').toString()).toBe('nowhere yet');
  const factory = new IDBFactory();
  const whole = await tab(factory);
  const [change] = broken.store.unacknowledged;
  Y.applyUpdate(whole.doc, change!.update, new FromTab(change!.key));
  await until(whole.store, ({ kept }) => kept === 1);
});
