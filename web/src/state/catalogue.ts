// The notebooks of the server, and how things stand between it and this page. Imports sync and the wire.

import { Refusal } from '../sync/rest';
import type { EventBody, NotebookSummary } from '../wire/wire';
import { Followed } from './followed';
import { reasonOf } from './reason';

/** How things stand between this page and the server's list. */
export type Standing =
  | { kind: 'opening' }
  | { kind: 'live' }
  /** The server is not reached; the list is what was known. */
  | { kind: 'away' }
  /** It answers, but not with the list. */
  | { kind: 'refused'; signIn: boolean; sentence: string };

export class Catalogue extends Followed<NotebookSummary> {
  #standing: Standing = { kind: 'opening' };

  get standing(): Standing {
    return this.#standing;
  }

  protected override ended(cause?: unknown): void {
    this.#standing = cause === undefined ? { kind: 'live' } : standingAfter(cause);
  }

  protected override told(event: EventBody): void {
    const notebook = this.known?.find(({ id }) => id === event.notebook);
    const mere = event.event === 'cell:edited' || event.event === 'cell:moved';
    if (!mere || !notebook) return void this.read();
    if (event.actor === undefined || event.actor.kind === 'server') return;
    Object.assign(notebook, { updatedAt: Math.max(notebook.updatedAt, event.ts), updatedBy: event.actor });
    this.tell();
  }
}

function standingAfter(cause: unknown): Standing {
  if (cause instanceof Refusal && cause.status === 0) return { kind: 'away' };
  const signIn = cause instanceof Refusal && cause.status === 401;
  return { kind: 'refused', signIn, sentence: reasonOf(cause) };
}
