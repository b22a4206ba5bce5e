import { IDBFactory } from 'fake-indexeddb';
import 'fake-indexeddb/auto';
import { afterEach, expect, test } from 'vitest';
import { Awareness } from 'y-protocols/awareness';
import * as Y from 'yjs';

import { existingNowhereElse, unsaved } from '../../src/state/saved';
import { OfflineStore } from '../../src/sync/offline';
import { Provider } from '../../src/sync/provider';
import { Tabs, type Channel } from '../../src/sync/tabs';
import { TestClock, TestServer } from './wire';

const cleanup: (() => void)[] = [];
afterEach(() => cleanup.splice(0).forEach((action) => action()));

/** One browser: its store, and a channel between its tabs that delivers when the test says so, as a queue. */
class Browser {
  readonly factory = new IDBFactory();
  readonly messages: unknown[] = [];
  readonly #listeners = new Map<Channel, (event: { data: unknown }) => void>();
  #waiting: (() => void)[] = [];

  channel(): Channel {
    const channel: Channel = {
      postMessage: (data) => {
        this.messages.push(data);
        for (const [other, listener] of this.#listeners) if (other !== channel) this.#waiting.push(() => this.#listeners.has(other) && listener({ data: structuredClone(data) }));
      },
      addEventListener: (_kind, listener) => void this.#listeners.set(channel, listener),
      close: () => void this.#listeners.delete(channel),
    };
    return channel;
  }

  deliver(): void {
    while (this.#waiting.length > 0) this.#waiting.splice(0).forEach((pass) => pass());
  }
}

async function tab(browser: Browser, server: TestServer, factory: IDBFactory = browser.factory) {
  const doc = new Y.Doc();
  let provider: Provider | undefined;
  const store = await OfflineStore.open(doc, { name: 'test', factory, received: () => provider });
  const awareness = new Awareness(doc);
  const clock = new TestClock();
  const link = (provider = new Provider(doc, { connect: server.connect, clock, awareness, known: new Set([store.origin]) }));
  const tabs = new Tabs(doc, browser.channel(), store);
  link.onProgress(({ link: { kind }, acknowledged, savedAt }) => {
    if (savedAt !== undefined) store.acknowledged(acknowledged);
    tabs.online = kind === 'synced';
  });
  const facts = () => ({ progress: link.progress, offline: store.progress });
  const close = () => (tabs.destroy(), link.destroy(), awareness.destroy(), store.destroy());
  cleanup.push(close);
  return {
    text: doc.getText('text'),
    store,
    tabs,
    provider: link,
    close,
    get unsaved() {
      return unsaved(facts());
    },
    get atRisk() {
      return existingNowhereElse(facts());
    },
    connect() {
      link.start();
      link.retryNow();
      server.line.open();
      server.line.settle();
    },
    kept: (count: number) =>
      new Promise<void>((resolve) => {
        const check = () => store.progress.kept >= count && (stop(), resolve());
        const stop = store.onProgress(check);
        check();
      }),
  };
}

function server(): TestServer {
  const made = new TestServer();
  cleanup.push(() => made.destroy());
  return made;
}

test('what is typed in one tab without a network is in the other, counted there as kept, and written once', async () => {
  const browser = new Browser();
  const here = server();
  const [one, other] = [await tab(browser, here), await tab(browser, here)];
  one.text.insert(0, 'a');
  one.text.insert(1, 'b');
  await one.kept(2);
  browser.deliver();
  expect(other.text.toString()).toBe('ab');
  expect([one.unsaved, other.unsaved]).toEqual([2, 2]);
  expect([one.atRisk, other.atRisk]).toEqual([0, 0]);
  other.text.insert(2, 'c');
  await other.kept(3);
  browser.deliver();
  expect(one.text.toString()).toBe('abc');
  expect([one.unsaved, other.unsaved]).toEqual([3, 3]);
  one.close();
  other.close();
  const next = await tab(browser, here);
  expect(next.text.toString()).toBe('abc');
  expect(next.unsaved).toBe(3);
});

test('a tab that closes takes nothing along: the other sends what it had typed, and nothing stays counted', async () => {
  const browser = new Browser();
  const here = server();
  const [one, other] = [await tab(browser, here), await tab(browser, here)];
  one.text.insert(0, 'typed in the one that closes');
  await one.kept(1);
  browser.deliver();
  one.close();
  other.connect();
  expect(here.doc.getText('text').toString()).toBe('typed in the one that closes');
  expect(other.unsaved).toBe(0);
  other.close();
  expect((await tab(browser, here)).unsaved).toBe(0);
});

test('a tab that believed itself online tells what the server did not get when it loses the link', async () => {
  const browser = new Browser();
  const here = server();
  const [one, other] = [await tab(browser, here), await tab(browser, here)];
  one.connect();
  // Half open: it goes into a line that nobody reads.
  one.text.insert(0, 'into the void');
  await one.kept(1);
  browser.deliver();
  expect(other.text.toString()).toBe('');
  one.provider.networkLost();
  browser.deliver();
  expect(other.text.toString()).toBe('into the void');
});

test('a tab that loses its link asks the others for what they have', async () => {
  const browser = new Browser();
  const here = server();
  const one = await tab(browser, here);
  const other = await tab(browser, here);
  other.connect();
  one.text.insert(0, 'typed while the other was online');
  await one.kept(1);
  browser.deliver();
  expect(other.text.toString()).toBe('');
  other.provider.networkLost();
  browser.deliver();
  expect(other.text.toString()).toBe('typed while the other was online');
});

test('tabs that are online leave it to the server: nothing is told and nothing is sent twice', async () => {
  const browser = new Browser();
  const here = server();
  const one = await tab(browser, here);
  one.connect();
  const first = here.line;
  const other = await tab(browser, here);
  other.connect();
  const second = here.line;
  browser.messages.length = 0;
  here.seen.length = 0;
  one.text.insert(0, 'x');
  await one.kept(1);
  first.settle();
  second.settle();
  browser.deliver();
  expect(other.text.toString()).toBe('x');
  expect(browser.messages).toEqual([]);
  expect(here.seen.filter((kind) => kind === 'update')).toHaveLength(1);
});

test('without a store changes go from tab to tab and count as existing nowhere else', async () => {
  const browser = new Browser();
  const here = server();
  const other = await tab(browser, here);
  const refusing = { open: () => { throw new DOMException('Refused.', 'SecurityError'); } } as unknown as IDBFactory;
  const broken = await tab(browser, here, refusing);
  broken.text.insert(0, 'x');
  expect(broken.atRisk).toBe(1);
  browser.deliver();
  expect(other.text.toString()).toBe('x');
  await other.kept(1);
  expect(other.atRisk).toBe(0);
});

test('tabs are counted as they answer', async () => {
  const browser = new Browser();
  const here = server();
  const [one, , third] = [await tab(browser, here), await tab(browser, here), await tab(browser, here)];
  const counted: number[] = [];
  const stop = one.tabs.count((tabs) => counted.push(tabs));
  browser.deliver();
  expect(counted).toEqual([1, 2, 3]);
  stop();
  third.close();
  const again: number[] = [];
  one.tabs.count((tabs) => again.push(tabs));
  browser.deliver();
  expect(again.at(-1)).toBe(2);
});

test('three tabs that type, lose the network and come back in any order agree, and nothing is doubled', async () => {
  const browser = new Browser();
  const here = server();
  const tabs = [await tab(browser, here), await tab(browser, here), await tab(browser, here)];
  let typed = 0;
  for (let round = 0; round < 12; round += 1) {
    for (const [index, each] of tabs.entries()) {
      each.text.insert(each.text.length, String(index));
      typed += 1;
      if ((round + index) % 4 === 0) browser.deliver();
      if ((round + index) % 5 === 0) each.connect();
      if ((round + index) % 7 === 0) each.provider.networkLost();
    }
  }
  await Promise.all(tabs.map((each) => each.kept(12)));
  for (const each of tabs) each.provider.networkLost();
  browser.deliver();
  for (const each of tabs) each.connect();
  here.lines.forEach((line) => line.settle());
  expect(here.doc.getText('text').length).toBe(typed);
  expect(new Set(tabs.map(({ text }) => text.toString()))).toEqual(new Set([here.doc.getText('text').toString()]));
  expect(tabs.map((each) => each.unsaved)).toEqual([0, 0, 0]);
});
