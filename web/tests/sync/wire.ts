// A server and its sockets without a network or a clock: frames wait in queues until the test lets them pass.

import { Awareness, applyAwarenessUpdate, encodeAwarenessUpdate } from 'y-protocols/awareness';
import * as Y from 'yjs';

import type { Clock } from '../../src/sync/clock';
import { decode, encodeAnswer, encodeAwareness, encodeEcho, encodeStateVector, encodeUpdate } from '../../src/sync/protocol';
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
    return () => (this.#timers = this.#timers.filter((other) => other !== timer));
  }

  pass(ms: number): void {
    const end = this.time + ms;
    for (;;) {
      const due = this.#timers.filter((timer) => timer.at <= end).sort((left, right) => left.at - right.at)[0];
      if (!due) break;
      this.#timers = this.#timers.filter((timer) => timer !== due);
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

  constructor(
    private readonly server: TestServer,
    readonly events: SocketEvents,
  ) {}

  open(): void {
    this.events.opened();
    this.toClient.push(encodeStateVector(Y.encodeStateVector(this.server.doc)));
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

/** A server that keeps what it gets; acknowledgements wait until `disk` has written. */
export class TestServer {
  readonly doc = new Y.Doc();
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
        Y.applyUpdate(this.doc, message.update);
        this.lines.forEach((other) => other.toClient.push(encodeUpdate(message.update)));
        return;
      case 'awareness':
        applyAwarenessUpdate(this.presence, message.update, line);
        this.lines.forEach((other) => other !== line && other.toClient.push(encodeAwareness(encodeAwarenessUpdate(this.presence, [...this.presence.getStates().keys()]))));
        return;
      case 'echo':
        if (this.holdsAcknowledgements) this.#held.push(() => line.toClient.push(encodeEcho(message.version)));
        else line.toClient.push(encodeEcho(message.version));
    }
  }

  /** The disk has written: what was held back goes out. */
  written(): void {
    this.#held.splice(0).forEach((release) => release());
  }

  destroy(): void {
    this.presence.destroy();
  }
}
