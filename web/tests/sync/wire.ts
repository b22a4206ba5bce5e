// A server and its sockets without a network or a clock: frames wait in queues until the test lets them pass.

import { Awareness, applyAwarenessUpdate, encodeAwarenessUpdate } from 'y-protocols/awareness';
import * as Y from 'yjs';

import type { Clock } from '../../src/sync/clock';
import type { Role } from '../../src/wire/wire';
import { decode, encodeAnswer, encodeAwareness, encodeDenied, encodeEcho, encodeStateVector, encodeUpdate } from '../../src/sync/protocol';
import type { Closing, Connect, SocketEvents } from '../../src/sync/socket';

/** Time that passes when the test says so. */
export class TestClock implements Clock {
  time = 1_000_000;
  #timers: { at: number; action: () => void }[] = [];

  now(): number {
    return this.time;
  }

  random(): number {
    return 0.5;
  }

  after(ms: number, action: () => void): () => void {
    const timer = { at: this.time + ms, action };
    this.#timers.push(timer);
    return () => (this.#timers = this.#timers.filter((other) => other.action !== action));
  }

  /** The machine slept, or somebody set the clock: time has passed and no timer has run. */
  jump(ms: number): void {
    this.time += ms;
    this.#timers = this.#timers.map(({ at, action }) => ({ at: at + ms, action }));
  }

  pass(ms: number): void {
    const end = this.time + ms;
    for (;;) {
      const due = this.#timers.filter((timer) => timer.at <= end).sort((left, right) => left.at - right.at)[0];
      if (!due) break;
      this.#timers.splice(this.#timers.indexOf(due), 1);
      this.time = due.at;
      due.action();
    }
    this.time = end;
  }
}

/** One socket as the server has it. */
export class Line {
  toServer: Uint8Array[] = [];
  toClient: Uint8Array[] = [];
  closedByClient = false;
  opened = false;

  constructor(
    private readonly server: TestServer,
    readonly events: SocketEvents,
  ) {}

  open(): void {
    this.opened = true;
    this.events.opened();
    this.toClient.push(this.server.role === 'viewer' ? encodeDenied('Read only.') : encodeStateVector(Y.encodeStateVector(this.server.doc)));
  }

  /** Lets everything that waits pass, in both directions, until nothing waits. */
  settle(): void {
    while (this.toServer.length + this.toClient.length > 0) {
      const up = this.toServer.splice(0);
      up.forEach((frame) => this.server.received(this, frame));
      const down = this.toClient.splice(0);
      down.forEach((frame) => this.events.received(frame));
    }
  }

  break(closing: Closing = { code: 1006, reason: '' }): void {
    this.server.lines.delete(this);
    this.events.closed(closing);
  }
}

/** A server that keeps what it gets; with `holdsAcknowledgements` they wait until the disk has written. */
export class TestServer {
  doc = new Y.Doc();
  /** What clients that come from now on may do. */
  role: Role = 'editor';
  /** What a crash leaves. */
  #disk = Y.encodeStateAsUpdate(new Y.Doc());
  readonly presence = new Awareness(new Y.Doc());
  readonly lines = new Set<Line>();
  /** Every line ever asked for. */
  readonly all: Line[] = [];
  readonly seen: string[] = [];
  holdsAcknowledgements = false;
  #held: (() => void)[] = [];

  readonly connect: Connect = (events) => {
    const line = new Line(this, events);
    this.lines.add(line);
    this.all.push(line);
    return {
      send: (frame) => void line.toServer.push(frame),
      close: () => {
        line.closedByClient = true;
        this.lines.delete(line);
      },
    };
  };

  /** The one line that is open. */
  get line(): Line {
    const line = this.all.at(-1);
    if (!line) throw new Error('nobody has connected');
    return line;
  }

  received(line: Line, frame: Uint8Array): void {
    const message = decode(frame);
    this.seen.push(message?.kind ?? 'unreadable');
    switch (message?.kind) {
      case 'stateVector':
        line.toClient.push(encodeAnswer(Y.encodeStateAsUpdate(this.doc, message.vector)));
        return;
      case 'update':
        if (this.role === 'viewer') return;
        Y.applyUpdate(this.doc, message.update);
        this.lines.forEach((other) => other.toClient.push(encodeUpdate(message.update)));
        return;
      case 'awareness':
        applyAwarenessUpdate(this.presence, message.update, line);
        this.lines.forEach((other) => other !== line && other.toClient.push(encodeAwareness(encodeAwarenessUpdate(this.presence, [...this.presence.getStates().keys()]))));
        return;
      case 'echo':
        if (this.role === 'viewer') return;
        if (this.holdsAcknowledgements) this.#held.push(() => line.toClient.push(encodeEcho(message.version)));
        else line.toClient.push(encodeEcho(message.version));
    }
  }

  /** The disk has written: what was held back goes out. */
  written(): void {
    this.#disk = Y.encodeStateAsUpdate(this.doc);
    this.#held.splice(0).forEach((release) => release());
  }

  /** The disk alone, as a document. */
  get disk(): Y.Doc {
    const doc = new Y.Doc();
    Y.applyUpdate(doc, this.#disk);
    return doc;
  }

  /** `kill -9` and a new start: what was not written is gone, and every socket with it. */
  crash(): void {
    this.#held.length = 0;
    this.doc = this.disk;
    for (const line of [...this.lines]) line.break();
  }

  /** Started again on an old backup: what was acknowledged since is gone. */
  restoreBackup(): void {
    this.#disk = Y.encodeStateAsUpdate(new Y.Doc());
    this.crash();
  }

  destroy(): void {
    this.presence.destroy();
  }
}
