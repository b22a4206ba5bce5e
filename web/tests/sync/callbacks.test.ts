// What somebody does to widgets, on its way to the program.

import { expect, test } from 'vitest';

import { CallbackQueue, NotTold, type Callback } from '../../src/sync/callbacks';

interface Request {
  callbacks: Callback[];
  settle: (failure?: Error) => void;
}

function door() {
  const requests: Request[] = [];
  const texts: ((reached: boolean) => void)[] = [];
  let waitsForTexts = false;
  return {
    requests,
    texts,
    holdTexts: () => (waitsForTexts = true),
    send: (callbacks: readonly Callback[]) =>
      new Promise<void>((told, failed) => requests.push({ callbacks: [...callbacks].map((callback) => ({ ...callback })), settle: (failure) => (failure ? failed(failure) : told()) })),
    delivered: () => (waitsForTexts ? new Promise<boolean>((resolve) => texts.push(resolve)) : Promise.resolve(true)),
  };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const press = (wid: number): Callback => ({ wid, action: 'activated', args: [] });
const slide = (value: number): Callback => ({ wid: 9, action: 'activated', args: [value] });

test('callbacks leave in order, one request in flight, and those that wait go together', async () => {
  const way = door();
  const queue = new CallbackQueue(way);
  void queue.push(press(1));
  await turn();
  void queue.push(press(2));
  void queue.push(press(3));
  await turn();
  expect(way.requests.map(({ callbacks }) => callbacks.map(({ wid }) => wid))).toEqual([[1]]);
  way.requests[0]?.settle();
  await turn();
  expect(way.requests.map(({ callbacks }) => callbacks.map(({ wid }) => wid))).toEqual([[1], [2, 3]]);
});

test('of the values of one slider that wait only the newest goes, and each push learns that it was told', async () => {
  const way = door();
  const queue = new CallbackQueue(way);
  void queue.push(press(1));
  await turn();
  const pushes = [1, 2, 3].map((value) => queue.push(slide(value), { joins: true }));
  way.requests[0]?.settle();
  await turn();
  expect(way.requests[1]?.callbacks).toEqual([slide(3)]);
  way.requests[1]?.settle();
  await expect(Promise.all(pushes)).resolves.toHaveLength(3);
});

test('a press between two values of a slider keeps its place', async () => {
  const way = door();
  const queue = new CallbackQueue(way);
  void queue.push(press(1));
  await turn();
  void queue.push(slide(1), { joins: true });
  void queue.push(press(2));
  void queue.push(slide(2), { joins: true });
  way.requests[0]?.settle();
  await turn();
  expect(way.requests[1]?.callbacks).toEqual([slide(1), press(2), slide(2)]);
});

test('nothing leaves before the server has what was typed before it', async () => {
  const way = door();
  way.holdTexts();
  const queue = new CallbackQueue(way);
  void queue.push(press(1));
  await turn();
  expect(way.requests).toEqual([]);
  way.texts[0]?.(true);
  await turn();
  expect(way.requests).toHaveLength(1);
});

test('when one cannot be told those behind it are not told either, and the next press goes as usual', async () => {
  const way = door();
  const queue = new CallbackQueue(way);
  const first = queue.push(press(1));
  await turn();
  const second = queue.push(press(2));
  way.requests[0]?.settle(new Error('the program is gone'));
  await expect(first).rejects.toThrow('the program is gone');
  await expect(second).rejects.toThrow('the program is gone');
  void queue.push(press(3));
  await turn();
  expect(way.requests.at(-1)?.callbacks).toEqual([press(3)]);
});

test('a connection that goes before the text is there tells nothing to the program', async () => {
  const way = door();
  way.holdTexts();
  const queue = new CallbackQueue(way);
  const told = queue.push(press(1));
  await turn();
  way.texts[0]?.(false);
  await expect(told).rejects.toBeInstanceOf(NotTold);
  expect(way.requests).toEqual([]);
});
