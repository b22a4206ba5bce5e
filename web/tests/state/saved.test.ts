import { describe, expect, test } from 'vitest';

import { existingNowhereElse, isAlarming, OfflineTally, sentence, unsaved, word, type Facts } from '../../src/state/saved';
import type { Link } from '../../src/sync/provider';

const SYNCED: Link = { kind: 'synced' };
const WAITING: Link = { kind: 'waiting', retryAt: 5, closing: { code: 1006, reason: '' } };

function facts(link: Link, progress: Partial<Facts['progress']> = {}, offline: Partial<Facts['offline']> = {}): Facts {
  return {
    progress: { link, version: 0, acknowledged: 0, savedAt: undefined, attempted: true, confirmed: true, renewing: false, role: 'editor', ...progress },
    offline: { state: 'working', kept: 0, inherited: 0, ...offline },
  };
}

const say = (of: Facts) => sentence(word(of), (at) => `at ${at}`);

test('saved is said only when every change is acknowledged, in all combinations of a small world', () => {
  const links: Link[] = [{ kind: 'connecting' }, SYNCED, WAITING, { kind: 'stopped' }, { kind: 'refused', closing: { code: 4404, reason: '' } }];
  let combinations = 0;
  for (const link of links)
    for (const role of ['editor', 'viewer', undefined] as const)
      for (const confirmed of [true, false])
        for (const renewing of [true, false])
          for (const version of [0, 1, 2])
            for (const acknowledged of [0, 1, 2].filter((number) => number <= version))
              for (const kept of [0, 1, 2])
                for (const inherited of [0, 1])
                  for (const savedAt of [undefined, 9]) {
                    const of = facts(link, { version, acknowledged, savedAt, role, confirmed, renewing }, { kept, inherited });
                    const linked = link.kind === 'synced' ? confirmed || renewing : link.kind === 'connecting' && renewing;
                    const all = linked && role !== 'viewer' && acknowledged === version && inherited === 0 && savedAt !== undefined;
                    expect(word(of).kind === 'saved', JSON.stringify(of)).toBe(all);
                    const risky = existingNowhereElse(of) > 0;
                    expect(risky, JSON.stringify(of)).toBe(version > acknowledged && version > kept);
                    if (/kept in this browser/.test(say(of))) expect(unsaved(of)).toBeGreaterThan(existingNowhereElse(of));
                    // Whatever it says, changes that the server may not have are never passed over.
                    if (version > acknowledged + 0 || inherited > 0) expect(say(of), JSON.stringify(of)).not.toMatch(/Saved|nothing|^Read-only$|^Disconnected$/);
                    combinations += 1;
                  }
  expect(combinations).toBe(5 * 3 * 2 * 2 * 6 * 3 * 2 * 2);
});

test('p5_a_reader_is_told_so_and_that_what_was_changed_before_is_kept_here_only', () => {
  const reader = { role: 'viewer', confirmed: false } as const;
  expect(say(facts(SYNCED, reader))).toBe('Read-only');
  expect(say(facts(SYNCED, reader, { inherited: 3 }))).toBe('Read-only — 3 changes kept in this browser');
  expect(say(facts(SYNCED, { ...reader, version: 1 }, { state: 'failed' }))).toBe('Read-only — 1 change not kept anywhere yet');
  expect(say(facts(WAITING, reader))).toBe('Offline — read-only');
  expect(isAlarming(word(facts(SYNCED, reader)))).toBe(false);
  expect(isAlarming(word(facts(SYNCED, reader, { inherited: 3 })))).toBe(true);
});

test('a connection renewed on purpose does not change the word, and a change made meanwhile is not called saved', () => {
  const renewing = { version: 2, acknowledged: 2, savedAt: 7, renewing: true, confirmed: false };
  expect(say(facts({ kind: 'connecting' }, renewing))).toBe('Saved at 7');
  expect(say(facts(SYNCED, renewing))).toBe('Saved at 7');
  expect(say(facts({ kind: 'connecting' }, { ...renewing, version: 3 }))).toBe('Saving…');
  expect(say(facts(WAITING, renewing))).toBe('Offline — nothing unsaved');
});

test('after a reconnect nothing is called saved before the server has said so again: it may have lost its disk', () => {
  expect(say(facts(SYNCED, { version: 5, acknowledged: 5, savedAt: 7, confirmed: false }))).toBe('Saving…');
});

describe('the sentences', () => {
  test.each([
    ['Saved at 7', facts(SYNCED, { version: 3, acknowledged: 3, savedAt: 7 })],
    ['Saving…', facts(SYNCED, { version: 3, acknowledged: 2, savedAt: 7 })],
    ['Saving…', facts(SYNCED)],
    ['Connecting…', facts({ kind: 'connecting' }, { attempted: false })],
    ['Offline — nothing unsaved', facts({ kind: 'connecting' })],
    ['Offline — 14 changes kept in this browser', facts(WAITING, { version: 20, acknowledged: 6, savedAt: 7 }, { kept: 20 })],
    ['Offline — 1 change kept in this browser', facts(WAITING, { version: 1 }, { kept: 1 })],
    ['Offline — 12 changes kept in this browser', facts(WAITING, { version: 20, acknowledged: 6 }, { kept: 18 })],
    ['Offline — 2 changes not kept anywhere yet', facts(WAITING, { version: 20, acknowledged: 6 }, { kept: 18, state: 'late' })],
    ['Offline — keeping 1 change…', facts(WAITING, { version: 7, acknowledged: 6 }, { kept: 6 })],
    ['Offline — 14 changes not kept anywhere yet', facts(WAITING, { version: 14 }, { state: 'failed' })],
    ['Offline — 3 changes kept in this browser', facts(WAITING, {}, { inherited: 3 })],
    ['Offline — nothing unsaved', facts(WAITING, { version: 6, acknowledged: 6, savedAt: 7 })],
    ['Offline — 2 changes kept in this browser', facts({ kind: 'connecting' }, { version: 2, savedAt: 7 }, { kept: 2 })],
    ['Disconnected', facts({ kind: 'refused', closing: { code: 4401, reason: '' } })],
    ['Disconnected — keeping 2 changes…', facts({ kind: 'refused', closing: { code: 1008, reason: '' } }, { version: 2 })],
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
  expect(state).toEqual({ kind: 'offline', reader: false, changes: 1, unkept: 0, keeping: false, sentence: 'The message is too large.' });
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
