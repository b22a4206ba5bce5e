import { expect, test } from 'vitest';

import { eventsIn, placeIn } from '../../src/sync/eventLog';
import { EventFollower, type EventLog } from '../../src/sync/events';
import type { EventBody } from '../../src/wire/wire';
import { TestClock } from './wire';

/** A server with a log; `lose` ends the connection there is. */
class TestLog implements EventLog {
  readonly events: EventBody[] = [];
  away = false;
  opened = 0;
  open = 0;
  #told: ((event: EventBody) => void) | undefined;
  #closed: (() => void) | undefined;

  happen(): void {
    const event = { seq: this.events.length + 1, event: 'task:updated', ts: 0, data: {} };
    this.events.push(event);
    this.#told?.(event);
  }

  lose(): void {
    const closed = this.#closed;
    this.#told = this.#closed = undefined;
    closed?.();
  }

  async newest(): Promise<number> {
    return this.events.length;
  }

  async after(since: number): Promise<EventBody[]> {
    if (this.away) throw new Error('away');
    return this.events.filter(({ seq }) => seq > since);
  }

  follow(since: number | undefined, told: (event: EventBody) => void, closed: () => void): () => void {
    this.opened += 1;
    this.open += 1;
    this.events.filter(({ seq }) => seq > (since ?? this.events.length)).forEach(told);
    this.#told = told;
    this.#closed = closed;
    return () => {
      this.open -= 1;
      this.#told = this.#closed = undefined;
    };
  }
}

function following() {
  const log = new TestLog();
  const clock = new TestClock();
  const told: number[] = [];
  const caught: number[] = [];
  const follower = new EventFollower(log, clock, { told: ({ seq }) => told.push(seq), caughtUp: (missed) => caught.push(missed.length) });
  return { log, clock, told, caught, follower };
}

const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 8; turn += 1) await Promise.resolve();
};

test('ms_18_what_was_missed_is_told_once_in_order_and_counted', async () => {
  const { log, told, caught, follower } = following();
  log.happen();
  follower.start();
  await settled();
  log.happen();
  follower.rest();
  for (let count = 0; count < 14; count += 1) log.happen();
  expect(told).toEqual([2]);
  follower.start();
  await settled();
  expect(caught).toEqual([14]);
  log.happen();
  expect(told).toEqual(Array.from({ length: 16 }, (_, index) => index + 2));
});

test('ms_19_a_connection_that_goes_is_tried_again_after_a_pause_that_grows_and_never_twice_at_once', async () => {
  const { log, clock, caught, follower } = following();
  follower.start();
  await settled();
  log.away = true;
  log.lose();
  for (let time = 0; time < 6; time += 1) {
    clock.pass(20_000);
    await settled();
  }
  expect(log.opened).toBe(1);
  log.away = false;
  clock.pass(20_000);
  await settled();
  expect([log.opened, log.open, caught]).toEqual([2, 1, [0]]);
});

test('a follower that rests hears nothing, also of a reading that was under way', async () => {
  const { log, told, follower } = following();
  follower.start();
  follower.rest();
  await settled();
  log.happen();
  expect([told, log.open]).toEqual([[], 0]);
});

test('a stream tells its place without events, and its events with them', () => {
  expect(placeIn('id: 7\n\n')).toBe(7);
  expect(placeIn('')).toBeUndefined();
  const stream = 'id: 7\n\nid: 8\ndata: {"seq":8,"event":"task:created","ts":1,"data":{}}\n\n';
  expect([placeIn(stream), eventsIn(stream).map(({ seq }) => seq)]).toEqual([8, [8]]);
});
