// What stands around a session: the remembered role, waking, lasting storage, later versions of the page.

import { expect, test } from 'vitest';

import { RememberedRole } from '../../src/sync/role';
import { Persistence } from '../../src/sync/storage';
import { Upgrade } from '../../src/sync/upgrade';
import { onTimeJump } from '../../src/sync/wake';
import { TestClock } from './wire';

function memory(): Pick<Storage, 'getItem' | 'setItem'> & { map: Map<string, string> } {
  const map = new Map<string, string>();
  return { map, getItem: (key) => map.get(key) ?? null, setItem: (key, value) => void map.set(key, value) };
}

test('p5_a_role_is_remembered_for_each_notebook_and_what_cannot_be_read_is_not_known', () => {
  const storage = memory();
  new RememberedRole(storage, 'one').set('viewer');
  expect(new RememberedRole(storage, 'one').get()).toBe('viewer');
  expect(new RememberedRole(storage, 'other').get()).toBeUndefined();
  storage.map.set('coscribe:role:one', 'owner');
  expect(new RememberedRole(storage, 'one').get()).toBeUndefined();
  const forbidden = { getItem: () => { throw new Error('forbidden'); }, setItem: () => { throw new Error('forbidden'); } };
  const role = new RememberedRole(forbidden, 'one');
  role.set('viewer');
  expect(role.get()).toBeUndefined();
  expect(new RememberedRole(undefined, 'one').get()).toBeUndefined();
});

test('a jump of the clock is noticed at the next tick, and the even passing of time is not', () => {
  const clock = new TestClock();
  let jumps = 0;
  const stop = onTimeJump(clock, () => (jumps += 1));
  clock.pass(600_000);
  expect(jumps).toBe(0);
  clock.jump(3_600_000);
  clock.pass(5_000);
  expect(jumps).toBe(1);
  clock.jump(-7_200_000);
  clock.pass(5_000);
  expect(jumps).toBe(2);
  clock.pass(60_000);
  stop();
  clock.jump(3_600_000);
  clock.pass(60_000);
  expect(jumps).toBe(2);
});

test('the browser is asked to keep what it stores once, and not when it has promised already', async () => {
  let asked = 0;
  const browser = (promised: boolean) => ({ persisted: () => Promise.resolve(promised), persist: () => Promise.resolve((asked += 1) > 0) });
  const fresh = new Persistence(browser(false));
  await Promise.resolve();
  expect(fresh.granted).toBe(false);
  fresh.ask();
  fresh.ask();
  await Promise.resolve();
  expect([asked, fresh.granted]).toEqual([1, true]);
  const promised = new Persistence(browser(true));
  await Promise.resolve();
  promised.ask();
  expect(asked).toBe(1);
  new Persistence(undefined).ask();
});

test('a later version is offered once, the own one never, and the server is asked at most once a minute', async () => {
  const heard: ((event: { data: unknown }) => void)[] = [];
  let updates = 0;
  let offers = 0;
  const registration = { update: () => Promise.resolve(void (updates += 1)) };
  const workers = {
    addEventListener: (_kind: string, listener: (event: { data: unknown }) => void) => heard.push(listener),
    register: () => Promise.resolve(registration),
  } as unknown as ServiceWorkerContainer;
  const clock = new TestClock();
  const upgrade = new Upgrade('v1', { workers, locks: undefined, now: () => clock.now() }, () => (offers += 1));
  await upgrade.register(new URL('http://notes.example/service-worker.js'));
  const say = (data: unknown) => heard.forEach((listener) => listener({ data }));
  for (const data of [undefined, null, 'x', {}, { kind: 'other' }, { kind: 'version', version: 'v1' }]) say(data);
  expect(offers).toBe(0);
  say({ kind: 'version', version: 'v2' });
  say({ kind: 'version', version: 'v3' });
  upgrade.missed();
  expect(offers).toBe(1);
  upgrade.ask();
  expect(updates).toBe(0);
  clock.pass(60_000);
  upgrade.ask();
  upgrade.ask();
  expect(updates).toBe(1);
});
