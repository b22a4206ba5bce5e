// The REST calls about widget sessions. Imports rest and the wire's types.

import type { WidgetAnswer, WidgetCallbacks, WidgetSessionList, WidgetSessionSummary } from '../wire/wire';
import type { Callback } from './callbacks';
import type { Rest } from './rest';

/** Whoever presses sits in front of it: a server that says nothing for so long is as good as none. */
const PATIENCE_MS = 15_000;

export class WidgetCalls {
  constructor(private readonly rest: Rest) {}

  async list(): Promise<WidgetSessionSummary[]> {
    return (await this.rest.json<WidgetSessionList>('GET', 'api/widgets')).sessions;
  }

  async remove(session: string): Promise<void> {
    await this.rest.call('DELETE', address(session));
  }

  /** Resolves once the server has written down what they change and will tell the program. */
  async tell(session: string, client: string, callbacks: readonly Callback[]): Promise<void> {
    const body: WidgetCallbacks = { callbacks: callbacks.map(({ wid, action, args }) => ({ wid, action, args: [...args], client })) };
    await this.rest.json('POST', `${address(session)}/callbacks`, body, AbortSignal.timeout(PATIENCE_MS));
  }

  /** To what only a browser can answer; the first answer counts. */
  async answer(session: string, answer: WidgetAnswer): Promise<void> {
    await this.rest.call('POST', `${address(session)}/answers`, new Blob([JSON.stringify(answer)], { type: 'application/json' }));
  }
}

function address(session: string): string {
  return `api/widgets/${encodeURIComponent(session)}`;
}
