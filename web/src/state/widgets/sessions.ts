// The widget sessions of the server, kept true while somebody looks. Imports the wire.

import type { WidgetSessionSummary } from '../../wire/wire';
import { Followed } from '../followed';

export class Sessions extends Followed<WidgetSessionSummary> {
  #away = false;

  /** The server did not answer when it was last asked. */
  get away(): boolean {
    return this.#away;
  }

  protected override ended(cause?: unknown): void {
    this.#away = cause !== undefined;
    if (this.#away) console.warn('The list of widget sessions could not be read.', cause);
  }

  protected override told(): void {
    void this.read();
  }
}
