// The people in an open document as the screen reads them, and who of them is typing.
//
// Invariant: a cell hears only of the people in it: whoever moves in another cell redraws nothing here.

import type { Transaction } from 'yjs';

import { byCell, colleagues, keyOf, typists, type Circumstances, type Colleague } from '../state/people';
import { others, self, type Person } from '../sync/presence';
import type { DocumentSession } from '../sync/document';
import { page } from './page.svelte';

/** Between two keys most people pause for less. */
const TYPING_MS = 2500;
/** How exactly minutes of absence are told. */
const LOOK_AGAIN_MS = 10_000;

const NOBODY: readonly Colleague[] = [];

/** What a document knows of people beside what they say themselves. */
export interface Knowing {
  /** The place that a text is the text of, as people say where they are. */
  placeOf(text: unknown): string | undefined;
  /** Who the server says writes with a client. */
  kindOf(client: number): string | undefined;
}

export class Colleagues {
  list = $state.raw<readonly Colleague[]>(NOBODY);
  #cells = $state.raw<ReadonlyMap<string, readonly Colleague[]>>(new Map());
  readonly #order = new Map<string, number>();
  readonly #active = new Map<number, { said: number | null; at: number }>();
  readonly #typing = new Map<number, number>();
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(
    private readonly session: Pick<DocumentSession, 'awareness' | 'doc' | 'provider'>,
    private readonly knowing: Knowing,
  ) {
    session.awareness.on('change', this.#changed);
    session.doc.on('afterTransaction', this.#written);
    this.#timer = setInterval(() => this.#read(), LOOK_AGAIN_MS);
    this.#changed({ added: others(session.awareness).map(({ client }) => client), updated: [] });
  }

  /** Who is at a cell: the same list as long as nothing about them has changed. */
  at(cell: string): readonly Colleague[] {
    return this.#cells.get(cell) ?? NOBODY;
  }

  find(key: string | null): Colleague | undefined {
    return this.list.find((person) => person.key === key);
  }

  /** What this person is called in the others' lists. */
  get mine(): string {
    return keyOf(page.person);
  }

  destroy(): void {
    clearInterval(this.#timer);
    this.session.awareness.off('change', this.#changed);
    this.session.doc.off('afterTransaction', this.#written);
  }

  readonly #changed = ({ added, updated }: { added: number[]; updated: number[] }): void => {
    const touched = new Set([...added, ...updated]);
    for (const client of others(this.session.awareness)) if (touched.has(client.client)) this.#noteActive(client);
    this.#read();
  };

  /** By our own clock; only of somebody who was here before us their own word counts. */
  #noteActive({ client, active }: Person): void {
    const before = this.#active.get(client);
    if (before && before.said !== null && before.said === active) return;
    const now = Date.now();
    this.#active.set(client, { said: active, at: before ? now : Math.min(now, active ?? now) });
  }

  /** Who types is told by the text that arrives: it costs no message. */
  readonly #written = ({ local, changed, beforeState, afterState }: Transaction): void => {
    // The first difference tells of an hour ago.
    if (local || this.session.provider.progress.link.kind !== 'synced') return;
    const cells = [...changed.keys()].map((text) => this.knowing.placeOf(text)).filter((cell) => cell !== undefined);
    if (cells.length === 0) return;
    const writers = [...afterState.keys()].filter((client) => (afterState.get(client) ?? 0) > (beforeState.get(client) ?? 0));
    this.#noteTyping(typists(others(this.session.awareness), new Set(cells), new Set(writers)));
  };

  #noteTyping(clients: readonly number[]): void {
    if (clients.length === 0) return;
    const until = Date.now() + TYPING_MS;
    for (const client of clients) this.#typing.set(client, until);
    setTimeout(() => this.#read(), TYPING_MS + 1);
    this.#read();
  }

  #read(): void {
    const now = Date.now();
    const around: Circumstances = {
      me: page.person,
      self: self(this.session.awareness),
      now,
      activeAt: ({ client }) => this.#active.get(client)?.at ?? now,
      isTyping: (client) => (this.#typing.get(client) ?? 0) > now,
      authorKind: (client) => this.knowing.kindOf(client),
      order: this.#order,
    };
    const list = colleagues(others(this.session.awareness), around, this.list);
    if (list.length === this.list.length && list.every((person, index) => person === this.list[index])) return;
    this.list = list;
    this.#cells = byCell(list, this.#cells);
  }
}
