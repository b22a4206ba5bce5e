// What happens on the open board, as events: which agents are at work, what was missed, what happened to one task.
//
// Invariant: the screen follows the document, never events; they only tell who did what, and how much was missed.

import { systemClock } from '../../sync/clock';
import type { BoardSession } from '../../sync/board';
import { projectLog } from '../../sync/eventLog';
import { EventFollower, GAP, type EventLog } from '../../sync/events';
import { AGENT_STAYS_MS, changesByOthers, withAgent, type ActiveAgent } from '../../state/board/activity';
import { board as says } from '../../text/board';
import type { EventBody } from '../../wire/wire';
import { page } from '../page.svelte';
import { toasts } from '../toasts.svelte';

export class BoardEvents {
  agents = $state.raw<readonly ActiveAgent[]>([]);
  /** Everything kept of what happened here, oldest first; undefined until somebody asked and the server told. */
  all = $state.raw<readonly EventBody[] | undefined>();
  readonly #log: EventLog;
  readonly #follower: EventFollower;
  #reading: Promise<void> | undefined;
  #wanted = false;
  readonly #stop: (() => void)[];

  constructor(session: BoardSession) {
    this.#log = projectLog(page.rest, session.settings.id);
    this.#follower = new EventFollower(this.#log, systemClock, {
      told: (event) => this.#told(event),
      caughtUp: (missed) => this.#caughtUp(missed),
    });
    const look = (): void => (session.provider.progress.link.kind === 'synced' ? this.#follower.start() : this.#follower.rest());
    const timer = setInterval(() => (this.agents = this.agents.filter(({ at }) => page.rest.time.now() - at < AGENT_STAYS_MS)), AGENT_STAYS_MS / 10);
    this.#stop = [session.provider.onProgress(look), () => clearInterval(timer), () => this.#follower.rest()];
    look();
  }

  /** Reads what happened before this page came, once somebody wants to see it. */
  want(): void {
    this.#wanted = true;
    this.#reading ??= this.#read();
  }

  destroy(): void {
    this.#stop.forEach((stop) => stop());
  }

  async #read(): Promise<void> {
    try {
      const before = await this.#log.after(0);
      const known = new Set(before.map(({ seq }) => seq));
      this.all = [...before, ...(this.all ?? []).filter(({ seq }) => !known.has(seq))];
    } catch (cause) {
      console.warn('What happened before could not be read.', cause);
      this.#reading = undefined;
    }
  }

  #told(event: EventBody): void {
    this.agents = withAgent(this.agents, event, page.rest.time.now());
    if (this.all) this.all = [...this.all, event];
    else if (this.#wanted) this.want();
  }

  #caughtUp(missed: readonly EventBody[]): void {
    const count = changesByOthers(missed, page.person.name);
    if (missed.some(({ event }) => event === GAP)) toasts.update('caughtUp', says.state.caughtUpSome);
    else if (count > 0) toasts.update('caughtUp', says.state.caughtUp(count));
  }
}
