// Going to people and following them: performs what state/following.ts decides.
//
// Invariant: only this person's wish begins it; anything they do themselves ends it before it takes effect.

import { sourceOf } from '../doc/cell';
import { lineOf } from '../editor/caretLine';
import { FREE, handle, type Effect, type Following, type Input } from '../state/following';
import { leaderOf, type Colleague } from '../state/people';
import { text } from '../text/text';
import { follow, others, type Person } from '../sync/presence';
import { flash } from './flash';
import { keepInSight } from './keeping';
import type { NotebookModel } from './notebook.svelte';
import { whereIs } from './places';
import { toasts } from './toasts.svelte';

/** An editor that has just come near is made and measured within this. */
const LOOK_AGAIN_MS = [60, 250, 700];

export class Follower {
  state = $state.raw<Following>(FREE);
  /** For screen readers. */
  said = $state('');
  #names = new Map<string, string>();
  #timers: ReturnType<typeof setTimeout>[] = [];

  constructor(private readonly model: NotebookModel) {}

  get leader(): Colleague | undefined {
    return this.state.kind === 'following' ? this.model.colleagues.find(this.state.key) : undefined;
  }

  get active(): boolean {
    return this.state.kind === 'following';
  }

  /** True when the input meant this and nothing else. */
  give(input: Input): boolean {
    const { state, effects, taken } = handle(this.state, input, Date.now());
    this.state = state;
    effects.forEach((effect) => this.#perform(effect));
    return taken;
  }

  /** Where everybody is has changed. */
  people(list: readonly Colleague[]): void {
    for (const { key, name } of list) this.#names.set(key, name);
    if (this.state.kind === 'free') return;
    this.give({ kind: 'people', places: new Map(list.map((person) => [person.key, this.#placeOf(person)])) });
  }

  destroy(): void {
    this.#timers.forEach(clearTimeout);
  }

  #perform(effect: Effect): void {
    switch (effect.kind) {
      case 'go':
        return this.#go(effect.key);
      case 'keep':
        return this.#keep(effect.key);
      case 'share':
        return follow(this.model.session.awareness, effect.key);
      case 'say':
        return this.#say(effect.what, effect.key);
      case 'wake':
        this.#later(() => this.give({ kind: 'time' }), effect.at - Date.now() + 1);
    }
  }

  #go(key: string): void {
    const person = this.model.colleagues.find(key);
    if (!person?.at) return toasts.show(text.people.isNowhere(person?.name ?? ''));
    // Whoever goes there wants to see it; whoever only follows keeps what is folded.
    this.model.uncover(person.at.cell);
    this.model.select(person.at.cell);
    this.#keep(key);
    flash(person.at.cell, person.color);
    this.said = text.people.wentTo(person.name, whereIs(this.model, person));
  }

  /** Now, and again when editors that came near have their size. */
  #keep(key: string): void {
    this.#timers.forEach(clearTimeout);
    this.#timers = [];
    this.#show(key);
    for (const pause of LOOK_AGAIN_MS) this.#later(() => this.state.kind !== 'free' && this.#show(key), pause);
  }

  #show(key: string): void {
    const person = this.model.colleagues.find(key);
    if (!person?.at) return;
    const { cell } = person.at;
    this.model.uncover(cell);
    keepInSight(cell, (element) => this.#line(element, person, cell));
  }

  /** The line of their caret, if they have one in that cell. */
  #line(element: HTMLElement, person: Colleague, cell: string): ReturnType<typeof lineOf> {
    const source = this.model.session.notebook.cell(cell);
    const written = source && sourceOf(source);
    const cursor = this.#client(person)?.cursors.at(-1);
    return written && cursor && person.at?.how === 'in' ? lineOf(element, written, cursor.head) : undefined;
  }

  /** The client that is where the person is: their own, or that of the one they follow. */
  #client(person: Colleague): Person | undefined {
    const leader = leaderOf(person, this.model.colleagues.list) ?? person;
    return others(this.model.session.awareness).find(({ client }) => client === leader.clients[0]);
  }

  #placeOf(person: Colleague): string {
    return JSON.stringify([person.at, this.#client(person)?.cursors.at(-1)]);
  }

  #say(what: 'following' | 'ended' | 'left', key: string): void {
    const name = this.#names.get(key) ?? '';
    const sentences = { following: text.people.followingSaid, ended: text.people.followingEnded, left: text.people.left };
    this.said = sentences[what](name);
    if (what === 'left') toasts.show(this.said);
  }

  #later(action: () => void, pause: number): void {
    this.#timers.push(setTimeout(action, pause));
  }
}
