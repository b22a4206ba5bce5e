// Keeps one document and one presence in step with the server over one socket at a time.
//
//            open socket          both state vectors answered
//   waiting ────────────▶ connecting ────────────▶ synced
//      ▲  ▲                   │                      │
//      │  └───────────────────┴───── closed ─────────┘        refused: a close code that no retry will heal
//
// Invariant: `acknowledged` only rises to a version whose every change the server has said to be on disk; a change
// the server may not have is sent again at each connection, by state vector. A viewer sends no change and is never
// acknowledged one. Imports its siblings in sync/ only.

import * as awarenessProtocol from 'y-protocols/awareness';
import * as Y from 'yjs';

import type { Role } from '../wire/wire';
import type { Clock } from './clock';
import { decode, encodeAnswer, encodeAwareness, encodeEcho, encodeStateVector, encodeUpdate, type Message } from './protocol';
import type { Closing, Connect, Socket } from './socket';

/** The first pause before a new attempt; it doubles up to the longest. */
const SHORTEST_PAUSE_MS = 250;
/** Long enough to spare a server that is down, short enough that nobody reaches for the reload button. */
const LONGEST_PAUSE_MS = 10_000;
/** The server says something every 15 s; after twice that and a bit the link is dead, whatever the socket believes. */
const SILENCE_MS = 35_000;
/** A socket that neither opens nor fails. */
const OPENING_MS = 15_000;
/** A connection replaced on purpose is made in a blink; for so long nobody need be told that there is none. */
const RENEWING_MS = 3_000;
/** Close codes of this range are final: not signed in, not allowed, deleted, another history. */
const REFUSED_FROM = 4400;
const REFUSED_TO = 4499;

export type Link =
  | { kind: 'waiting'; retryAt: number; closing: Closing }
  | { kind: 'connecting' }
  | { kind: 'synced' }
  /** Trying again would not help: not signed in, not allowed, deleted. */
  | { kind: 'refused'; closing: Closing }
  | { kind: 'stopped' };

export interface Progress {
  link: Link;
  /** Counts the changes made here since the page opened. */
  version: number;
  /** Everything up to this version is on the server's disk. */
  acknowledged: number;
  /** When the last acknowledgement came, in milliseconds since the epoch. */
  savedAt: number | undefined;
  /** An attempt to connect has ended, well or badly. */
  attempted: boolean;
  /** The server has acknowledged something over the present connection: it is still the one that said it before. */
  confirmed: boolean;
  /** The connection is being replaced on purpose: true from then until the new one is confirmed, for a moment at most. */
  renewing: boolean;
  /** What the server lets this page do; undefined until it has told for the first time. */
  role: Role | undefined;
}

export interface ProviderSettings {
  connect: Connect;
  clock: Clock;
  awareness: awarenessProtocol.Awareness;
  /** Origins of changes that are no news to the server: what was read from this browser's store. */
  known: ReadonlySet<unknown>;
  /** What the server let this browser do at an earlier visit. */
  role?: Role | undefined;
}

export class Provider {
  #link: Link = { kind: 'stopped' };
  #version = 0;
  #acknowledged = 0;
  #savedAt: number | undefined;
  #socket: Socket | undefined;
  #pause = SHORTEST_PAUSE_MS;
  #open = false;
  #answered = false;
  #received = false;
  #denied = false;
  #role: Role | undefined;
  #heardAt = 0;
  #attempted = false;
  #confirmed = false;
  #renewing = false;
  #callOffRenewing: (() => void) | undefined;
  #callOffRetry: (() => void) | undefined;
  #callOffWatch: (() => void) | undefined;
  readonly #listeners = new Set<(progress: Progress) => void>();

  constructor(
    private readonly doc: Y.Doc,
    private readonly settings: ProviderSettings,
  ) {
    this.#role = settings.role;
    doc.on('update', this.#updated);
    settings.awareness.on('update', this.#presenceUpdated);
  }

  get progress(): Progress {
    return {
      link: this.#link,
      version: this.#version,
      acknowledged: this.#acknowledged,
      savedAt: this.#savedAt,
      attempted: this.#attempted,
      confirmed: this.#confirmed,
      renewing: this.#renewing,
      role: this.#role,
    };
  }

  onProgress(listener: (progress: Progress) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  start(): void {
    if (this.#socket === undefined) this.#connect();
  }

  /** Tries at once instead of after the pause: the network is back, or somebody pressed the button. */
  retryNow(): void {
    if (this.#link.kind !== 'waiting' && this.#link.kind !== 'refused') return;
    this.#pause = SHORTEST_PAUSE_MS;
    this.#connect();
  }

  /** What the address says has changed: begins a new connection in place of the one there is. */
  reconnect(): void {
    if (this.#socket === undefined) return;
    this.#connect(this.#link.kind === 'synced' && (this.#confirmed || this.#denied));
  }

  /**
   * The page was asleep, or frozen, and timers with it: a link of which nothing was heard for too long is made anew at
   * once, and one that waits tries now. A clock that was set makes at most one needless attempt.
   */
  awake(): void {
    const silent = Math.abs(this.settings.clock.now() - this.#heardAt) > SILENCE_MS;
    if (this.#link.kind === 'waiting') this.retryNow();
    else if (this.#link.kind === 'synced' && silent) this.#connect();
  }

  /** The browser says that the network is gone: do not wait for silence to prove it. */
  networkLost(): void {
    const closing = { code: 1006, reason: '' };
    if (this.#socket !== undefined) this.#closed(this.#socket, closing);
  }

  stop(): void {
    this.#drop();
    this.#enter({ kind: 'stopped' });
  }

  destroy(): void {
    this.stop();
    this.doc.off('update', this.#updated);
    this.settings.awareness.off('update', this.#presenceUpdated);
    this.#listeners.clear();
  }

  #renew(): void {
    this.#renewing = true;
    this.#callOffRenewing = this.settings.clock.after(RENEWING_MS, () => {
      this.#renewing = false;
      this.#tell();
    });
  }

  #connect(renewing = false): void {
    this.#drop();
    this.#open = this.#answered = this.#received = this.#denied = false;
    if (renewing) this.#renew();
    this.#enter({ kind: 'connecting' });
    const socket: Socket = this.settings.connect({
      opened: () => this.#ifCurrent(socket, () => this.#opened()),
      received: (frame) => this.#ifCurrent(socket, () => this.#frame(frame)),
      closed: (closing) => this.#closed(socket, closing),
    });
    this.#socket = socket;
    this.#watch(OPENING_MS);
  }

  /** A socket we gave up may still speak. */
  #ifCurrent(socket: Socket, action: () => void): void {
    if (socket === this.#socket) action();
  }

  #opened(): void {
    this.#open = true;
    this.#watch(SILENCE_MS);
    this.#send(encodeStateVector(Y.encodeStateVector(this.doc)));
    this.#announce();
  }

  /** With a higher clock: the server and the others may have marked this client as gone. */
  #announce(): void {
    const { awareness } = this.settings;
    const state = awareness.getLocalState();
    if (state !== null) awareness.setLocalState({ ...state });
  }

  #frame(frame: Uint8Array): void {
    this.#watch(SILENCE_MS);
    this.#heardAt = this.settings.clock.now();
    const message = decode(frame);
    if (message) this.#message(message);
  }

  #message(message: Message): void {
    switch (message.kind) {
      case 'denied':
        return this.#deny();
      case 'stateVector':
        if (this.#denied) return;
        this.#send(encodeAnswer(Y.encodeStateAsUpdate(this.doc, message.vector)));
        this.#send(encodeEcho(this.#version));
        this.#answered = true;
        return this.#handshake();
      case 'update':
        Y.applyUpdate(this.doc, message.update, this);
        this.#received ||= message.first;
        return this.#handshake();
      case 'awareness':
        return this.#presence(message.update);
      case 'echo':
        return this.#saved(message.version);
    }
  }

  /** A viewer is never asked for what it has. */
  #handshake(): void {
    if (!(this.#answered || this.#denied) || !this.#received || this.#link.kind !== 'connecting') return;
    if (this.#denied) this.#settled();
    else this.#role = 'editor';
    this.#attempted = true;
    this.#enter({ kind: 'synced' });
  }

  /** Nothing has to be offered again: the next connection may be tried without a long pause. */
  #settled(): void {
    this.#pause = SHORTEST_PAUSE_MS;
    this.#endRenewing();
  }

  #deny(): void {
    this.#denied = true;
    this.#role = 'viewer';
    this.#tell();
  }

  #presence(update: Uint8Array): void {
    try {
      awarenessProtocol.applyAwarenessUpdate(this.settings.awareness, update, this);
    } catch (cause) {
      // Another client's broken presence is not worth more than its avatar.
      console.warn('Presence that could not be read was passed over.', cause);
    }
  }

  #saved(version: number): void {
    if (version > this.#version || this.#denied) return;
    this.#acknowledged = Math.max(this.#acknowledged, version);
    this.#savedAt = this.settings.clock.now();
    this.#confirmed = true;
    // Only now: a change that the server refuses each time must not be offered again ever faster.
    this.#settled();
    this.#tell();
  }

  #endRenewing(): void {
    this.#callOffRenewing?.();
    this.#renewing = false;
  }

  #closed(socket: Socket, closing: Closing): void {
    if (socket !== this.#socket) return;
    this.#drop();
    this.#attempted = true;
    this.#forgetOthers();
    if (closing.code >= REFUSED_FROM && closing.code <= REFUSED_TO) return this.#enter({ kind: 'refused', closing });
    const pause = this.#nextPause();
    this.#callOffRetry = this.settings.clock.after(pause, () => this.#connect());
    this.#enter({ kind: 'waiting', retryAt: this.settings.clock.now() + pause, closing });
  }

  /** With jitter, so that a server that restarts is not met by everybody in the same instant. */
  #nextPause(): number {
    const pause = this.#pause * (0.5 + this.settings.clock.random());
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE_MS);
    return pause;
  }

  #forgetOthers(): void {
    const { awareness } = this.settings;
    const others = [...awareness.getStates().keys()].filter((client) => client !== awareness.clientID);
    awarenessProtocol.removeAwarenessStates(awareness, others, this);
    // Who is still there comes back with the clock of before, which would be taken for old news.
    for (const client of others) awareness.meta.delete(client);
  }

  #watch(patience: number): void {
    this.#callOffWatch?.();
    this.#callOffWatch = this.settings.clock.after(patience, () => {
      if (this.#socket) this.#closed(this.#socket, { code: 1006, reason: '' });
    });
  }

  #drop(): void {
    this.#callOffRetry?.();
    this.#callOffWatch?.();
    this.#endRenewing();
    this.#confirmed = false;
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
  }

  readonly #updated = (update: Uint8Array, origin: unknown): void => {
    if (origin === this || this.settings.known.has(origin)) return;
    this.#version += 1;
    // Before the server has told what it has, a lone update could leave a gap; the answer to it will carry this one.
    if (this.#answered && !this.#denied) {
      this.#send(encodeUpdate(update));
      this.#send(encodeEcho(this.#version));
    }
    this.#tell();
  };

  readonly #presenceUpdated = (change: { added: number[]; updated: number[]; removed: number[] }, origin: unknown): void => {
    const { awareness } = this.settings;
    const changed = [...change.added, ...change.updated, ...change.removed];
    // Others' presence is theirs to send; echoing it would cost the server a message a caret.
    if (origin === this || !changed.includes(awareness.clientID)) return;
    this.#send(encodeAwareness(awarenessProtocol.encodeAwarenessUpdate(awareness, [awareness.clientID])));
  };

  /** Before the socket is open nothing is sent: the handshake will. */
  #send(frame: Uint8Array): void {
    if (this.#open) this.#socket?.send(frame);
  }

  #enter(link: Link): void {
    this.#link = link;
    this.#tell();
  }

  #tell(): void {
    const { progress } = this;
    for (const listener of [...this.#listeners]) listener(progress);
  }
}
