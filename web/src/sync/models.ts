// The language models of a server by REST: who can be asked, what would be sent, and answers for this person alone.
//
// Invariant: a key goes to the server and never comes back. A draft that nobody reads any more is stopped at its
// provider: leaving the loop closes the connection.

import { EventSourceParserStream } from 'eventsource-parser/stream';

import type { ContextBody, DraftEvent, ModelList, ProviderList, ProviderTest, PublishAnswer, PutProvider, Run } from '../wire/wire';
import type { Rest } from './rest';

export class Models {
  constructor(private readonly rest: Rest) {}

  providers(): Promise<ProviderList> {
    return this.rest.json('GET', 'api/providers');
  }

  /** Adds a provider or changes it, whole. Without a key the one it has stays. */
  put(name: string, body: PutProvider): Promise<ProviderList> {
    return this.rest.json('PUT', providerPath(name), body);
  }

  remove(name: string): Promise<ProviderList> {
    return this.rest.json('DELETE', providerPath(name));
  }

  /** Who answers where nobody has chosen. */
  makeDefault(provider: string, model: string | undefined): Promise<ProviderList> {
    return this.rest.json('PUT', 'api/providers/default', { provider, ...(model === undefined ? {} : { model }) });
  }

  /** Asks the provider whether it would answer. */
  test(name: string): Promise<ProviderTest> {
    return this.rest.json('POST', `${providerPath(name)}/test`);
  }

  async models(name: string): Promise<readonly string[]> {
    return (await this.rest.json<ModelList>('GET', `${providerPath(name)}/models`)).models;
  }

  /** What would be sent if the cell were asked now. */
  context(notebook: string, cell: string): Promise<ContextBody> {
    return this.rest.json('GET', `${cellPath(notebook, cell)}/context`);
  }

  /** An answer that only this person sees. */
  async *draft(notebook: string, cell: string, signal: AbortSignal): AsyncGenerator<DraftEvent> {
    const pieces = await this.rest.pieces(`${cellPath(notebook, cell)}/draft`, signal);
    const reader = pieces.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream()).getReader();
    try {
      for (let piece = await reader.read(); !piece.done; piece = await reader.read()) yield JSON.parse(piece.value.data) as DraftEvent;
    } finally {
      await reader.cancel().catch(() => undefined);
    }
  }

  /** Makes a draft the answer that everybody sees. */
  publish(notebook: string, cell: string, body: PublishAnswer): Promise<Run> {
    return this.rest.json('POST', `${cellPath(notebook, cell)}/answer`, body);
  }
}

function providerPath(name: string): string {
  return `api/providers/${encodeURIComponent(name)}`;
}

function cellPath(notebook: string, cell: string): string {
  return `api/notebooks/${encodeURIComponent(notebook)}/cells/${encodeURIComponent(cell)}`;
}
