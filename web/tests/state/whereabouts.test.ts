import { expect, test } from 'vitest';

import type { Facts } from '../../src/state/saved';
import { lines, type Surroundings } from '../../src/state/whereabouts';

const AROUND: Surroundings = { server: 'notes.example', tabs: 1, lasting: false, time: (at) => `at ${at}` };

function facts(progress: Partial<Facts['progress']> = {}, offline: Partial<Facts['offline']> = {}): Facts {
  return {
    progress: { link: { kind: 'synced' }, version: 0, acknowledged: 0, savedAt: 7, attempted: true, confirmed: true, renewing: false, role: 'editor', ...progress },
    offline: { state: 'working', kept: 0, inherited: 0, ...offline },
  };
}

const told = (of: Facts, around = AROUND) => Object.fromEntries(lines(of, around).map(({ term, value }) => [term, value]));

test('the facts behind the word are those of the connection, the store, the tabs and the role', () => {
  expect(told(facts())).toEqual({
    'You may': 'read and edit',
    'Last saved': 'at 7, on the server’s disk',
    'Waiting for the server': 'Nothing',
    'Kept here': 'In this browser until the server has it',
    Server: 'notes.example — connected',
    'Open in': 'this tab only',
  });
});

test('offline they tell how much waits, where it is, and whether the browser may throw it away', () => {
  const waiting = { link: { kind: 'waiting', retryAt: 9, closing: { code: 1006, reason: '' } }, version: 3, acknowledged: 1 } as const;
  const offline = facts(waiting, { kept: 3, inherited: 1 });
  expect(told(offline, { ...AROUND, tabs: 2 })).toMatchObject({ 'Waiting for the server': '3 changes', Server: 'notes.example — not reached, trying again', 'Open in': '2 tabs of this browser' });
  expect(told(offline)['Kept here']).toMatch(/may clear it when the disk is full/);
  expect(told(offline, { ...AROUND, lasting: true })['Kept here']).toMatch(/protected/);
  expect(told(facts(waiting, { state: 'failed', kept: 1 }))['Kept here']).toMatch(/^Nowhere/);
  expect(lines(facts(waiting, { state: 'failed', kept: 1 }), AROUND).find(({ term }) => term === 'Kept here')?.alarming).toBe(true);
});

test('p5_a_reader_is_told_of_saving_only_if_something_was_changed_before', () => {
  expect(Object.keys(told(facts({ role: 'viewer', savedAt: undefined })))).toEqual(['You may', 'Server', 'Open in']);
  expect(told(facts({ role: 'viewer' }, { inherited: 2 }))['Waiting for the server']).toBe('2 changes');
});

test('what is not known is not said', () => {
  expect(Object.keys(told(facts({ role: undefined, link: { kind: 'connecting' } })))).not.toContain('You may');
  expect(told(facts({ savedAt: undefined }))['Last saved']).toBe('Nothing yet since this page opened');
});
