// The word of state on random walks: sockets that die, servers that are killed before and after they wrote, clocks that
// jump, people who type. Whatever happened, what it says must be so.

import { expect, test } from 'vitest';
import { Awareness } from 'y-protocols/awareness';
import * as Y from 'yjs';

import { existingNowhereElse, word, type Facts } from '../../src/state/saved';
import { Provider } from '../../src/sync/provider';
import { TestClock, TestServer } from './wire';

/** Enough for each run to meet every word; `WALKS=5000` for a long night. */
const WALKS = Number(process.env['WALKS'] ?? 60);
const STEPS = 120;

/** A small generator of chance whose seed is in the failure. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

class Walk {
  readonly server = new TestServer();
  readonly clock = new TestClock();
  readonly doc = new Y.Doc();
  readonly awareness = new Awareness(this.doc);
  readonly provider = new Provider(this.doc, { connect: this.server.connect, clock: this.clock, awareness: this.awareness, known: new Set() });
  readonly taken: string[] = [];
  readonly words = new Set<string>();
  #typed = 0;

  constructor(private readonly random: () => number) {
    this.server.holdsAcknowledgements = true;
    this.provider.onProgress(() => this.check());
    this.provider.start();
  }

  get facts(): Facts {
    return { progress: this.provider.progress, offline: { state: 'failed', kept: 0, inherited: 0 } };
  }

  step(): void {
    const steps = Object.entries(this.steps);
    const [name, act] = steps[Math.floor(this.random() * steps.length)]!;
    this.taken.push(name);
    act();
    this.check();
  }

  readonly steps: { [name: string]: () => void } = {
    type: () => this.doc.getText('text').insert(0, String.fromCodePoint(97 + (this.#typed++ % 26))),
    typeMore: () => this.doc.getText('text').insert(0, String.fromCodePoint(97 + (this.#typed++ % 26))),
    erase: () => this.doc.getText('text').length > 0 && this.doc.getText('text').delete(0, 1),
    open: () => this.#line?.opened === false && this.#line.open(),
    up: () => this.#line?.toServer.splice(0, 1).forEach((frame) => this.server.received(this.#line!, frame)),
    down: () => this.#line?.toClient.splice(0, 1).forEach((frame) => this.#line!.events.received(frame)),
    settle: () => this.#line?.settle(),
    write: () => this.server.written(),
    crash: () => this.server.crash(),
    restore: () => this.server.restoreBackup(),
    cut: () => this.#line?.break(),
    lost: () => this.provider.networkLost(),
    pass: () => this.clock.pass(Math.floor(this.random() * 40_000)),
    sleep: () => (this.clock.jump(Math.floor(this.random() * 7_200_000) - 1_800_000), this.provider.awake()),
    rename: () => this.provider.reconnect(),
    back: () => this.provider.retryNow(),
  };

  /** The newest line, if it is still one. */
  get #line() {
    const line = this.server.all.at(-1);
    return line && this.server.lines.has(line) ? line : undefined;
  }

  check(): void {
    const said = word(this.facts);
    this.words.add(said.kind);
    if (said.kind === 'saved' && this.#missing(this.server.disk)) throw new Error('Saved was said of what is not on the disk');
    const { version, acknowledged } = this.provider.progress;
    if (acknowledged > version) throw new Error('more was acknowledged than was made');
    if (said.kind === 'offline' && said.changes === 0 && existingNowhereElse(this.facts) > 0) throw new Error('a change is passed over');
  }

  /** Whether something of this page's document is not in the other. */
  #missing(disk: Y.Doc): boolean {
    const before = Y.encodeStateAsUpdate(disk);
    Y.applyUpdate(disk, Y.encodeStateAsUpdate(this.doc));
    const after = Y.encodeStateAsUpdate(disk);
    return before.length !== after.length || before.some((byte, index) => byte !== after[index]);
  }

  /** The network is good and the disk writes: everything must come to rest as saved. */
  end(): void {
    this.clock.pass(40_000);
    this.provider.retryNow();
    const line = this.#line;
    if (!line) throw new Error('no attempt to connect is under way');
    if (!line.opened) line.open();
    line.settle();
    this.server.written();
    line.settle();
    this.check();
    expect(word(this.facts).kind).toBe('saved');
    expect(this.server.disk.getText('text').toString()).toBe(this.doc.getText('text').toString());
    this.provider.destroy();
    this.awareness.destroy();
    this.server.destroy();
  }
}

test('ln_61_saved_is_never_said_of_what_is_not_on_the_disk_on_any_of_many_random_walks', () => {
  const words = new Set<string>();
  for (let seed = 1; seed <= WALKS; seed += 1) {
    const walk = new Walk(chance(seed));
    try {
      for (let step = 0; step < STEPS; step += 1) walk.step();
      walk.end();
    } catch (cause) {
      throw new Error(`seed ${seed}: ${walk.taken.join(' ')}`, { cause });
    }
    walk.words.forEach((kind) => words.add(kind));
  }
  expect([...words].sort()).toEqual(['connecting', 'offline', 'saved', 'saving']);
});
