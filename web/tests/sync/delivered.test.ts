// A run waits until the server has what was typed before it was asked for.

import { expect, test } from 'vitest';

import { delivered } from '../../src/sync/delivered';
import type { Link, Progress } from '../../src/sync/provider';
import { ServerTime } from '../../src/sync/serverTime';

class Provider {
  listeners = new Set<(progress: Progress) => void>();
  progress: Progress = { link: { kind: 'synced' }, version: 0, acknowledged: 0, savedAt: undefined, attempted: true, confirmed: true, renewing: false, role: 'editor' };

  onProgress(listener: (progress: Progress) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  become(change: Partial<Progress>): void {
    this.progress = { ...this.progress, ...change };
    for (const listener of [...this.listeners]) listener(this.progress);
  }
}

async function answered(promise: Promise<boolean>): Promise<boolean | 'pending'> {
  return Promise.race([promise, new Promise<'pending'>((resolve) => setImmediate(() => resolve('pending')))]);
}

test('with nothing on its way there is nothing to wait for', async () => {
  expect(await answered(delivered(new Provider()))).toBe(true);
});

test('what was typed before is waited for, what is typed afterwards is not', async () => {
  const provider = new Provider();
  provider.become({ version: 3, acknowledged: 1 });
  const waiting = delivered(provider);
  provider.become({ version: 9, acknowledged: 2 });
  expect(await answered(waiting)).toBe('pending');
  provider.become({ acknowledged: 3 });
  expect(await answered(waiting)).toBe(true);
  expect(provider.listeners.size).toBe(0);
});

test('a connection that goes first is told', async () => {
  const provider = new Provider();
  provider.become({ version: 1 });
  const waiting = delivered(provider);
  const link: Link = { kind: 'waiting', retryAt: 0, closing: { code: 1006, reason: '' } };
  provider.become({ link });
  expect(await answered(waiting)).toBe(false);
  expect(await answered(delivered(provider))).toBe(false);
});

test('a clock that differs is told by the answers, and a way of a second is no difference', () => {
  const here = Date.UTC(2026, 0, 1, 12, 0, 0);
  const time = new ServerTime(() => here);
  time.heard(new Date(here - 1_000).toUTCString());
  expect(time.now()).toBe(here);
  time.heard(new Date(here - 3_600_000).toUTCString());
  expect(time.now()).toBe(here - 3_600_000);
  for (const nothing of [null, 'soon']) time.heard(nothing);
  expect(time.now()).toBe(here - 3_600_000);
});

test('a connection that is replaced on purpose is waited for', async () => {
  const provider = new Provider();
  provider.become({ version: 1, acknowledged: 0, link: { kind: 'connecting' }, renewing: true });
  const waiting = delivered(provider);
  expect(await answered(waiting)).toBe('pending');
  provider.become({ link: { kind: 'synced' }, renewing: false, acknowledged: 1 });
  expect(await answered(waiting)).toBe(true);
});
