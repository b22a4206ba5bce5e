import { IDBFactory } from 'fake-indexeddb';
import 'fake-indexeddb/auto';
import { afterEach, expect, test } from 'vitest';
import * as Y from 'yjs';

import { OfflineStore } from '../../src/sync/offline';
import { Tabs, type Channel } from '../../src/sync/tabs';

const SERVER = Symbol('server');
const cleanup: (() => void)[] = [];
afterEach(() => cleanup.splice(0).forEach((action) => action()));

interface Tab {
  doc: Y.Doc;
  text: Y.Text;
  store: OfflineStore;
}

async function tab(factory: IDBFactory | undefined): Promise<Tab> {
  const doc = new Y.Doc();
  const store = await OfflineStore.open(doc, { name: 'test', factory, received: () => SERVER });
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
});

test('tabs of one browser share what is typed while the server is away', () => {
  const [left, right] = channels();
  const ana = new Y.Doc();
  const ben = new Y.Doc();
  const offline = { online: () => false, received: SERVER, stored: Symbol('stored') };
  const tabs = [new Tabs(ana, left, offline), new Tabs(ben, right, offline)];
  ana.getText('text').insert(0, 'both');
  ben.getText('text').insert(4, ' tabs');
  expect(ana.getText('text').toString()).toBe('both tabs');
  tabs.forEach((tab) => tab.destroy());
});

test('a tab that is online leaves it to the server', () => {
  const [left, right] = channels();
  const sent: unknown[] = [];
  right.addEventListener('message', ({ data }) => sent.push(data));
  const doc = new Y.Doc();
  new Tabs(doc, left, { online: () => true, received: SERVER, stored: Symbol('stored') });
  doc.getText('text').insert(0, 'x');
  expect(sent).toEqual([]);
});

/** Two ends of one channel. */
function channels(): [Channel, Channel] {
  const listeners: ((event: { data: unknown }) => void)[][] = [[], []];
  const end = (mine: number): Channel => ({
    postMessage: (data) => listeners[1 - mine]!.forEach((listener) => listener({ data })),
    addEventListener: (_kind, listener) => void listeners[mine]!.push(listener),
    close: () => void (listeners[mine] = []),
  });
  return [end(0), end(1)];
}
