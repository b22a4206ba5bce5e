import { afterEach, expect, test } from 'vitest';
import { Awareness } from 'y-protocols/awareness';
import * as Y from 'yjs';

import { Provider } from '../../src/sync/provider';
import type { Role } from '../../src/wire/wire';
import { TestClock, TestServer } from './wire';

const KEPT = Symbol('kept');
const cleanup: (() => void)[] = [];
afterEach(() => cleanup.splice(0).forEach((action) => action()));

interface Client {
  doc: Y.Doc;
  text: Y.Text;
  awareness: Awareness;
  provider: Provider;
  clock: TestClock;
}

function client(server: TestServer, clock = new TestClock(), role?: Role): Client {
  const doc = new Y.Doc();
  const awareness = new Awareness(doc);
  const provider = new Provider(doc, { connect: server.connect, clock, awareness, known: new Set([KEPT]), role });
  cleanup.push(() => (provider.destroy(), awareness.destroy()));
  return { doc, text: doc.getText('text'), awareness, provider, clock };
}

function server(): TestServer {
  const made = new TestServer();
  cleanup.push(() => made.destroy());
  return made;
}

function connect(somebody: Client, to: TestServer): void {
  somebody.provider.start();
  to.line.open();
  to.line.settle();
}

test('after both sides have told what they have the link is synced and everything acknowledged', () => {
  const here = server();
  here.doc.getText('text').insert(0, 'from the server');
  const ana = client(here);
  ana.text.insert(0, 'typed before ');
  connect(ana, here);
  expect(ana.provider.progress.link.kind).toBe('synced');
  expect(here.doc.getText('text').toString()).toBe(ana.text.toString());
  expect(ana.provider.progress).toMatchObject({ version: 1, acknowledged: 1, savedAt: ana.clock.time });
});

test('a change is acknowledged only when the server says that the disk has it', () => {
  const here = server();
  const ana = client(here);
  connect(ana, here);
  here.holdsAcknowledgements = true;
  ana.text.insert(0, 'x');
  ana.text.insert(1, 'y');
  here.line.settle();
  expect(here.doc.getText('text').toString()).toBe('xy');
  expect(ana.provider.progress).toMatchObject({ version: 2, acknowledged: 0 });
  here.written();
  here.line.settle();
  expect(ana.provider.progress).toMatchObject({ version: 2, acknowledged: 2 });
});

test('what was typed while the link was broken arrives once it is back, and is not doubled', () => {
  const here = server();
  const ana = client(here);
  connect(ana, here);
  ana.text.insert(0, 'a');
  here.line.break();
  ana.text.insert(1, 'b');
  ana.text.insert(2, 'c');
  expect(ana.provider.progress).toMatchObject({ link: { kind: 'waiting' }, version: 3, acknowledged: 0 });
  ana.clock.pass(1000);
  here.line.open();
  here.line.settle();
  expect(here.doc.getText('text').toString()).toBe('abc');
  expect(ana.provider.progress).toMatchObject({ link: { kind: 'synced' }, version: 3, acknowledged: 3 });
});

test('no lone update is sent before the server has told what it has', () => {
  const here = server();
  const ana = client(here);
  ana.provider.start();
  ana.text.insert(0, 'early');
  here.line.events.opened();
  here.line.settle();
  expect(here.seen).not.toContain('update');
});

test('what this browser had kept is no new change', () => {
  const here = server();
  const ana = client(here);
  ana.doc.transact(() => ana.text.insert(0, 'kept'), KEPT);
  expect(ana.provider.progress.version).toBe(0);
  connect(ana, here);
  expect(here.doc.getText('text').toString()).toBe('kept');
});

test('an acknowledgement of an unheard version changes nothing', () => {
  const here = server();
  const ana = client(here);
  connect(ana, here);
  ana.provider.progress;
  here.line.toClient.push(Uint8Array.of(102, 1, 99), Uint8Array.of(), Uint8Array.of(0), Uint8Array.of(0, 2, 200), Uint8Array.of(7, 1));
  here.line.settle();
  expect(ana.provider.progress).toMatchObject({ link: { kind: 'synced' }, version: 0, acknowledged: 0 });
});

test('a link on which nothing is said for 35 seconds is given up and made anew', () => {
  const here = server();
  const ana = client(here);
  connect(ana, here);
  const first = here.line;
  ana.clock.pass(34_000);
  expect(ana.provider.progress.link.kind).toBe('synced');
  ana.clock.pass(1_500);
  expect(first.closedByClient).toBe(true);
  expect(here.all.length).toBe(2);
});

test('a word of the server keeps the link', () => {
  const here = server();
  const ana = client(here);
  connect(ana, here);
  for (let minute = 0; minute < 10; minute += 1) {
    ana.clock.pass(15_000);
    here.line.toClient.push(Uint8Array.of(1, 1, 0));
    here.line.settle();
  }
  expect(here.all.length).toBe(1);
});

test('pauses between attempts grow to ten seconds, with jitter, and a success resets them', () => {
  const here = server();
  const ana = client(here);
  ana.provider.start();
  const pauses = Array.from({ length: 8 }, () => {
    here.line.break();
    const { link } = ana.provider.progress;
    const pause = link.kind === 'waiting' ? link.retryAt - ana.clock.time : 0;
    ana.clock.pass(pause);
    return pause;
  });
  expect(pauses).toEqual([250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
  here.line.open();
  here.line.settle();
  here.line.break();
  expect(ana.provider.progress.link).toMatchObject({ retryAt: ana.clock.time + 250 });
});

test('a server that takes the handshake but never acknowledges is offered the change ever more slowly', () => {
  const here = server();
  here.holdsAcknowledgements = true;
  const ana = client(here);
  ana.provider.start();
  const pauses = Array.from({ length: 4 }, () => {
    here.line.open();
    here.line.settle();
    expect(ana.provider.progress.link.kind).toBe('synced');
    here.line.break({ code: 1009, reason: 'Too large.' });
    const { link } = ana.provider.progress;
    const pause = link.kind === 'waiting' ? link.retryAt - ana.clock.time : 0;
    ana.clock.pass(pause);
    return pause;
  });
  expect(pauses).toEqual([250, 500, 1000, 2000]);
});

test('a refusal is not tried again by itself, and is when a person asks', () => {
  const here = server();
  const ana = client(here);
  connect(ana, here);
  here.line.break({ code: 4404, reason: 'This notebook was deleted.' });
  ana.clock.pass(600_000);
  expect(here.all.length).toBe(1);
  expect(ana.provider.progress.link).toEqual({ kind: 'refused', closing: { code: 4404, reason: 'This notebook was deleted.' } });
  ana.provider.retryNow();
  expect(here.all.length).toBe(2);
});

test('the browser saying that the network is gone ends the link at once, and its return makes one new socket', () => {
  const here = server();
  const ana = client(here);
  connect(ana, here);
  ana.provider.networkLost();
  expect(ana.provider.progress.link.kind).toBe('waiting');
  ana.provider.retryNow();
  ana.provider.retryNow();
  expect(here.all.length).toBe(2);
  ana.clock.pass(5_000);
  expect(here.all.length).toBe(2);
});

test('frames of a socket that was given up are not heard', () => {
  const here = server();
  const ana = client(here);
  connect(ana, here);
  const old = here.line;
  ana.provider.networkLost();
  here.doc.getText('text').insert(0, 'late');
  old.toClient.push(Uint8Array.of(102, 1, 0));
  old.settle();
  old.events.closed({ code: 4404, reason: 'late' });
  expect(ana.provider.progress.link.kind).toBe('waiting');
});

test('presence is announced again at once after a reconnect, with a higher clock', () => {
  const here = server();
  const ana = client(here);
  ana.awareness.setLocalStateField('user', { name: 'Ana' });
  connect(ana, here);
  const before = here.presence.meta.get(ana.doc.clientID)!.clock;
  here.line.break();
  ana.clock.pass(1000);
  here.line.open();
  here.line.settle();
  expect(here.presence.meta.get(ana.doc.clientID)!.clock).toBeGreaterThan(before);
  expect(here.presence.getStates().get(ana.doc.clientID)).toMatchObject({ user: { name: 'Ana' } });
});

test('others vanish when the link breaks, and what they tell is not sent back', () => {
  const here = server();
  const clock = new TestClock();
  const ana = client(here, clock);
  connect(ana, here);
  const anas = here.line;
  const ben = client(here, clock);
  connect(ben, here);
  const bens = here.line;
  ben.awareness.setLocalStateField('user', { name: 'Ben' });
  bens.settle();
  anas.settle();
  expect(ana.awareness.getStates().get(ben.doc.clientID)).toMatchObject({ user: { name: 'Ben' } });
  here.seen.length = 0;
  anas.settle();
  expect(here.seen).toEqual([]);
  anas.break();
  expect([...ana.awareness.getStates().keys()]).toEqual([ana.doc.clientID]);
});

test('two people typing at one place see the same text', () => {
  const here = server();
  const ana = client(here);
  connect(ana, here);
  const anas = here.line;
  const ben = client(here);
  connect(ben, here);
  const bens = here.line;
  for (let index = 0; index < 20; index += 1) {
    ana.text.insert(ana.text.length, 'a');
    ben.text.insert(0, '🙂');
    if (index % 3 === 0) anas.settle();
    if (index % 4 === 0) bens.settle();
  }
  for (let round = 0; round < 3; round += 1) {
    anas.settle();
    bens.settle();
  }
  expect(ana.text.toString()).toBe(ben.text.toString());
  expect([...ana.text.toString()].sort().join('')).toBe('a'.repeat(20) + '🙂'.repeat(20));
});

test('p5_a_viewer_is_in_step_without_being_asked_sends_no_change_and_is_acknowledged_none', () => {
  const here = server();
  here.role = 'viewer';
  here.doc.getText('text').insert(0, 'read me');
  const ana = client(here);
  ana.awareness.setLocalStateField('user', { name: 'Ana' });
  connect(ana, here);
  expect(ana.provider.progress).toMatchObject({ link: { kind: 'synced' }, role: 'viewer', savedAt: undefined });
  expect(ana.text.toString()).toBe('read me');
  expect(here.presence.getStates().get(ana.doc.clientID)).toMatchObject({ user: { name: 'Ana' } });
  // Past every guard of the page, say by a script in the console.
  ana.text.insert(0, 'forged ');
  here.line.settle();
  expect(here.seen).not.toContain('update');
  expect(ana.provider.progress).toMatchObject({ version: 1, acknowledged: 0 });
});

test('p5_what_an_editor_did_offline_stays_unsaved_when_it_comes_back_as_a_viewer_and_is_sent_once_it_may_edit_again', () => {
  const here = server();
  const ana = client(here);
  connect(ana, here);
  expect(ana.provider.progress.role).toBe('editor');
  here.line.break();
  ana.text.insert(0, 'offline');
  here.role = 'viewer';
  ana.clock.pass(1_000);
  here.line.open();
  here.line.settle();
  expect(ana.provider.progress).toMatchObject({ link: { kind: 'synced' }, role: 'viewer', version: 1, acknowledged: 0 });
  expect(here.doc.getText('text').toString()).toBe('');
  here.line.break();
  here.role = 'editor';
  ana.clock.pass(1_000);
  here.line.open();
  here.line.settle();
  expect(ana.provider.progress).toMatchObject({ role: 'editor', version: 1, acknowledged: 1 });
  expect(here.doc.getText('text').toString()).toBe('offline');
});

test('the role of an earlier visit holds until the server says another', () => {
  const here = server();
  const ana = client(here, new TestClock(), 'viewer');
  expect(ana.provider.progress.role).toBe('viewer');
  connect(ana, here);
  expect(ana.provider.progress.role).toBe('editor');
});

test('a viewer whose link breaks comes back without ever longer pauses', () => {
  const here = server();
  here.role = 'viewer';
  const ana = client(here);
  connect(ana, here);
  for (let time = 0; time < 5; time += 1) {
    here.line.break();
    const { link } = ana.provider.progress;
    expect(link.kind === 'waiting' && link.retryAt - ana.clock.time).toBe(250);
    ana.clock.pass(250);
    here.line.open();
    here.line.settle();
  }
});

test('a server killed between writing and acknowledging is asked again, and the change is there once', () => {
  const here = server();
  const ana = client(here);
  connect(ana, here);
  here.holdsAcknowledgements = true;
  ana.text.insert(0, 'x');
  here.line.settle();
  here.written();
  // Its answer is on its way when the line breaks.
  here.crash();
  expect(here.doc.getText('text').toString()).toBe('x');
  expect(ana.provider.progress).toMatchObject({ version: 1, acknowledged: 0, confirmed: false });
  here.holdsAcknowledgements = false;
  ana.clock.pass(1_000);
  here.line.open();
  here.line.settle();
  expect(ana.provider.progress).toMatchObject({ version: 1, acknowledged: 1, confirmed: true });
  expect(here.doc.getText('text').toString()).toBe('x');
});

test('a server that came back with an older disk is believed only after it has acknowledged again', () => {
  const here = server();
  const ana = client(here);
  connect(ana, here);
  here.written();
  ana.text.insert(0, 'x');
  here.line.settle();
  expect(ana.provider.progress).toMatchObject({ acknowledged: 1, confirmed: true });
  here.crash();
  here.holdsAcknowledgements = true;
  ana.clock.pass(1_000);
  here.line.open();
  here.line.settle();
  expect(ana.provider.progress).toMatchObject({ link: { kind: 'synced' }, acknowledged: 1, confirmed: false });
  here.written();
  here.line.settle();
  expect(ana.provider.progress.confirmed).toBe(true);
  expect(here.disk.getText('text').toString()).toBe('x');
});

test('a new name makes a new connection, which is called renewing until it is confirmed or takes too long', () => {
  const here = server();
  const ana = client(here);
  connect(ana, here);
  const seen: boolean[] = [];
  ana.provider.onProgress(({ link, renewing }) => seen.push(link.kind === 'synced' || renewing));
  ana.provider.reconnect();
  here.line.open();
  here.line.settle();
  expect(ana.provider.progress).toMatchObject({ link: { kind: 'synced' }, confirmed: true, renewing: false });
  expect(seen).not.toContain(false);
  ana.provider.reconnect();
  ana.clock.pass(2_900);
  expect(ana.provider.progress.renewing).toBe(true);
  ana.clock.pass(200);
  expect(ana.provider.progress).toMatchObject({ link: { kind: 'connecting' }, renewing: false });
});

test('a connection that fails while it is renewed is offline at once', () => {
  const here = server();
  const ana = client(here);
  connect(ana, here);
  ana.provider.reconnect();
  here.line.break();
  expect(ana.provider.progress).toMatchObject({ link: { kind: 'waiting' }, renewing: false });
});

test('after a sleep a link that was silent for too long is made anew at once, and one that was not is kept', () => {
  const here = server();
  const ana = client(here);
  connect(ana, here);
  ana.clock.jump(10_000);
  ana.provider.awake();
  expect(here.all.length).toBe(1);
  ana.clock.jump(3_600_000);
  ana.provider.awake();
  expect(here.all.length).toBe(2);
  expect(here.all[0]!.closedByClient).toBe(true);
  // The clock is set back by two hours: one attempt too many, and no more.
  here.line.open();
  here.line.settle();
  ana.clock.jump(-7_200_000);
  ana.provider.awake();
  expect(here.all.length).toBe(3);
  here.line.open();
  here.line.settle();
  ana.provider.awake();
  expect(here.all.length).toBe(3);
});

test('a link that waits tries at once when the page wakes', () => {
  const here = server();
  const ana = client(here);
  ana.provider.start();
  for (let time = 0; time < 6; time += 1) {
    here.line.break();
    ana.clock.pass(10_000);
  }
  here.line.break();
  const before = here.all.length;
  ana.provider.awake();
  expect(here.all.length).toBe(before + 1);
});
