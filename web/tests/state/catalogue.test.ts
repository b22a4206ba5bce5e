import { expect, test } from 'vitest';

import { Catalogue } from '../../src/state/catalogue';
import type { FeedEvents } from '../../src/sync/feed';
import { Refusal } from '../../src/sync/rest';
import type { EventBody, NotebookSummary } from '../../src/wire/wire';
import { TestClock } from '../sync/wire';

const notebook = (id: string, about: Partial<NotebookSummary> = {}): NotebookSummary => ({ id, title: id, createdAt: 0, updatedAt: 0, cellCount: 1, ...about });

/** A server whose answers wait until they are given. */
class TestList {
  notebooks: NotebookSummary[] = [notebook('a')];
  refusal: Refusal | undefined;
  readings = 0;
  atOnce = 0;
  mostAtOnce = 0;
  feeds: FeedEvents[] = [];
  open = 0;
  readonly clock = new TestClock();
  readonly catalogue = new Catalogue({
    list: async () => {
      this.readings += 1;
      this.mostAtOnce = Math.max(this.mostAtOnce, (this.atOnce += 1));
      for (let turn = 0; turn < 6; turn += 1) await Promise.resolve();
      this.atOnce -= 1;
      if (this.refusal) throw this.refusal;
      return this.notebooks.map((one) => ({ ...one }));
    },
    feed: (events) => {
      this.feeds.push(events);
      this.open += 1;
      return { close: () => (this.open -= 1) };
    },
    clock: this.clock,
  });

  get feed(): FeedEvents {
    return this.feeds.at(-1) as FeedEvents;
  }

  fail(): void {
    this.refusal = new Refusal(0, 'not_reached', 'The server is not reached.');
    this.feed.closed();
  }

  tell(event: Partial<EventBody>): void {
    this.feed.told({ seq: 1, ts: 5, event: 'notebook:updated', data: {}, ...event });
  }

  /** Lets all that was promised come about, and the pauses between readings pass. */
  async settle(): Promise<void> {
    for (let round = 0; round < 6; round += 1) {
      for (let turn = 0; turn < 12; turn += 1) await Promise.resolve();
      this.clock.pass(250);
    }
  }
}

async function started(): Promise<TestList> {
  const list = new TestList();
  list.catalogue.start();
  list.feed.opened();
  await list.settle();
  return list;
}

test('the list is read again once the feed has opened, so nothing in between is missed', async () => {
  const list = new TestList();
  list.catalogue.start();
  await list.settle();
  expect(list.catalogue.all?.length).toBe(1);
  list.notebooks.push(notebook('b'));
  list.feed.opened();
  await list.settle();
  expect(list.catalogue.all?.map(({ id }) => id)).toEqual(['a', 'b']);
});

test('ms_18_a_gap_and_every_event_of_notebooks_make_it_read_the_list', async () => {
  for (const event of ['events:gap', 'notebook:created', 'notebook:deleted', 'cell:added']) {
    const list = await started();
    list.notebooks = [notebook('a'), notebook('fresh')];
    list.tell({ event, notebook: 'a' });
    await list.settle();
    expect(list.catalogue.all?.length, event).toBe(2);
  }
});

test('a storm of events is few readings', async () => {
  const list = await started();
  const before = list.readings;
  for (let number = 0; number < 1000; number += 1) list.tell({ event: 'notebook:created', notebook: `n${number}` });
  await list.settle();
  expect(list.readings - before).toBe(2);
});

test('two readings never overlap, so an older answer never comes after a newer one', async () => {
  const list = await started();
  // The second waits for its turn; the third begins at once, and is under way when that turn comes.
  void list.catalogue.read();
  void list.catalogue.read();
  for (let turn = 0; turn < 12; turn += 1) await Promise.resolve();
  void list.catalogue.read();
  list.clock.pass(250);
  await list.settle();
  expect(list.mostAtOnce).toBe(1);
});

test('typing in a notebook tells who and when without reading the list', async () => {
  const list = await started();
  const before = list.readings;
  list.tell({ event: 'cell:edited', notebook: 'a', ts: 77, actor: { name: 'Ana', kind: 'human' } });
  expect(list.catalogue.all).toMatchObject([{ updatedAt: 77, updatedBy: { name: 'Ana' } }]);
  list.tell({ event: 'cell:edited', notebook: 'a', ts: 99, actor: { name: 'Coscribe', kind: 'server' } });
  expect(list.catalogue.all).toMatchObject([{ updatedAt: 77 }]);
  await list.settle();
  expect(list.readings).toBe(before);
});

test('ms_18_without_the_server_it_says_so_keeps_what_it_knew_and_comes_back_by_itself', async () => {
  const list = await started();
  for (let attempt = 1; attempt < 8; attempt += 1) {
    list.fail();
    await list.settle();
    expect(list.catalogue.standing).toEqual({ kind: 'away' });
    expect(list.catalogue.all?.length).toBe(1);
    list.clock.pass(10_000);
    expect(list.feeds.length).toBe(1 + attempt);
  }
  list.refusal = undefined;
  list.notebooks = [notebook('b')];
  list.feed.opened();
  await list.settle();
  expect(list.catalogue.standing).toEqual({ kind: 'live' });
  expect(list.catalogue.all).toMatchObject([{ id: 'b' }]);
});

test('a lost feed alone does not make the list say that the server is gone', async () => {
  const list = await started();
  list.feed.closed();
  await list.settle();
  expect(list.catalogue.standing).toEqual({ kind: 'live' });
  expect(list.open).toBe(1);
});

test('a feed that never opens is given up for another', async () => {
  const list = new TestList();
  list.catalogue.start();
  await list.settle();
  list.clock.pass(16_000);
  expect([list.feeds.length, list.open]).toEqual([2, 1]);
});

test('a server that asks for a sign-in is not called unreachable', async () => {
  const list = new TestList();
  list.refusal = new Refusal(401, 'unauthorized', 'Bring the token.');
  list.catalogue.start();
  await list.settle();
  expect(list.catalogue.standing).toEqual({ kind: 'refused', signIn: true, sentence: 'Bring the token.' });
  expect(list.catalogue.all).toBe(undefined);
});

test('ms_36_an_own_change_shows_at_once_and_goes_back_when_it_is_refused', async () => {
  const list = await started();
  let answer: (() => void) | undefined;
  const renaming = list.catalogue.act('a', { title: 'New' }, () => new Promise<void>((resolve) => (answer = resolve)));
  expect(list.catalogue.all).toMatchObject([{ title: 'New' }]);
  // A reading that began before the server knew of it does not undo what is shown.
  await list.catalogue.read();
  expect(list.catalogue.all).toMatchObject([{ title: 'New' }]);
  list.notebooks = [notebook('a', { title: 'New' })];
  answer?.();
  await list.settle();
  await renaming;
  expect(list.catalogue.all).toMatchObject([{ title: 'New' }]);

  const refused = list.catalogue.act('a', { title: 'Bad' }, () => Promise.reject(new Error('no')));
  expect(list.catalogue.all).toMatchObject([{ title: 'Bad' }]);
  await expect(refused).rejects.toThrow('no');
  expect(list.catalogue.all).toMatchObject([{ title: 'New' }]);
});

test('nobody who looks holds no connection', async () => {
  const list = await started();
  expect(list.open).toBe(1);
  list.catalogue.rest();
  expect(list.open).toBe(0);
  list.clock.pass(60_000);
  expect(list.open).toBe(0);
  list.catalogue.start();
  expect(list.open).toBe(1);
});
