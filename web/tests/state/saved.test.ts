import { describe, expect, test } from 'vitest';

import { existingNowhereElse, OfflineTally, sentence, word, type Facts } from '../../src/state/saved';
import type { Link } from '../../src/sync/provider';

const SYNCED: Link = { kind: 'synced' };
const WAITING: Link = { kind: 'waiting', retryAt: 5, closing: { code: 1006, reason: '' } };

function facts(link: Link, progress: Partial<Facts['progress']> = {}, offline: Partial<Facts['offline']> = {}): Facts {
  return {
    progress: { link, version: 0, acknowledged: 0, savedAt: undefined, ...progress },
    offline: { state: 'working', kept: 0, inherited: 0, ...offline },
    readOnly: false,
  };
}

const say = (of: Facts) => sentence(word(of), (at) => `at ${at}`);

test('saved is said only when every change is acknowledged, in all combinations of a small world', () => {
  const links: Link[] = [{ kind: 'connecting' }, SYNCED, WAITING, { kind: 'stopped' }, { kind: 'refused', closing: { code: 4404, reason: '' } }];
  let combinations = 0;
  for (const link of links)
    for (const version of [0, 1, 2])
      for (const acknowledged of [0, 1, 2].filter((number) => number <= version))
        for (const kept of [0, 1, 2])
          for (const inherited of [0, 1])
            for (const savedAt of [undefined, 9]) {
              const of = facts(link, { version, acknowledged, savedAt }, { kept, inherited });
              const all = link.kind === 'synced' && acknowledged === version && inherited === 0 && savedAt !== undefined;
              expect(word(of).kind === 'saved', JSON.stringify(of)).toBe(all);
              const risky = existingNowhereElse(of) > 0;
              expect(risky, JSON.stringify(of)).toBe(version > acknowledged && version > kept);
              if (/kept in this browser/.test(say(of))) expect(risky).toBe(false);
              combinations += 1;
            }
  expect(combinations).toBe(5 * 6 * 3 * 2 * 2);
});

describe('the sentences', () => {
  test.each([
    ['Saved at 7', facts(SYNCED, { version: 3, acknowledged: 3, savedAt: 7 })],
    ['Saving…', facts(SYNCED, { version: 3, acknowledged: 2, savedAt: 7 })],
    ['Saving…', facts(SYNCED)],
    ['Connecting…', facts({ kind: 'connecting' })],
    ['Offline — 14 changes kept in this browser', facts(WAITING, { version: 20, acknowledged: 6, savedAt: 7 }, { kept: 20 })],
    ['Offline — 1 change kept in this browser', facts(WAITING, { version: 1 }, { kept: 1 })],
    ['Offline — 2 changes not kept anywhere yet', facts(WAITING, { version: 20, acknowledged: 6 }, { kept: 18 })],
    ['Offline — 14 changes not kept anywhere yet', facts(WAITING, { version: 14 }, { state: 'failed' })],
    ['Offline — 3 changes kept in this browser', facts(WAITING, {}, { inherited: 3 })],
    ['Offline — nothing unsaved', facts(WAITING, { version: 6, acknowledged: 6, savedAt: 7 })],
    ['Offline — 2 changes kept in this browser', facts({ kind: 'connecting' }, { version: 2, savedAt: 7 }, { kept: 2 })],
    ['Read-only', { ...facts(SYNCED), readOnly: true }],
    ['Disconnected', facts({ kind: 'refused', closing: { code: 4401, reason: '' } })],
    ['Disconnected — 2 changes not saved', facts({ kind: 'refused', closing: { code: 1008, reason: '' } }, { version: 2 })],
  ])('%s', (expected, of) => expect(say(of)).toBe(expected));
});

test('close codes lead to what can be done about them', () => {
  const reasons = [4401, 4403, 4404, 4409, 4499].map((code) => {
    const state = word(facts({ kind: 'refused', closing: { code, reason: 'Because.' } }));
    return state.kind === 'refused' ? [state.reason, state.sentence] : [];
  });
  expect(reasons.map(([reason]) => reason)).toEqual(['signIn', 'forbidden', 'missing', 'history', 'other']);
  expect(reasons.every(([, because]) => because === 'Because.')).toBe(true);
});

test('a sentence with which the server ended the connection is passed on', () => {
  const state = word(facts({ kind: 'waiting', retryAt: 5, closing: { code: 1009, reason: 'The message is too large.' } }, { version: 1 }, { kept: 1 }));
  expect(state).toEqual({ kind: 'offline', changes: 1, unkept: 0, sentence: 'The message is too large.' });
});

test('after an offline time the number of changes that were synced is told once', () => {
  const tally = new OfflineTally();
  const at = (of: Facts) => tally.next(word(of));
  expect(at(facts(SYNCED, { version: 1, acknowledged: 1, savedAt: 1 }))).toBe(0);
  expect(at(facts(WAITING, { version: 15, acknowledged: 1, savedAt: 1 }))).toBe(0);
  expect(at(facts(SYNCED, { version: 15, acknowledged: 1, savedAt: 1 }))).toBe(0);
  expect(at(facts(SYNCED, { version: 15, acknowledged: 15, savedAt: 2 }))).toBe(14);
  expect(at(facts(SYNCED, { version: 16, acknowledged: 16, savedAt: 3 }))).toBe(0);
});
