// The REST calls of the page. Imports the wire's types only.
//
// Invariant: a call gives its answer or throws a Refusal with a sentence for people; a network that is not there is a
// Refusal with status 0.

import type { CreateNotebook, ErrorBody, NotebookList, NotebookSummary, PatchNotebook } from '../wire/wire';

export class Refusal extends Error {
  constructor(
    /** The HTTP status; 0 when the server was not reached. */
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

export type ExportFormat = 'ipynb' | 'md' | 'py';

/** The REST interface below a base address that ends in a slash. */
export class Rest {
  constructor(private readonly base: string) {}

  async notebooks(): Promise<NotebookSummary[]> {
    const list = await this.#json<NotebookList>('GET', 'api/notebooks');
    return list.notebooks;
  }

  create(body: CreateNotebook): Promise<NotebookSummary> {
    return this.#json('POST', 'api/notebooks', body);
  }

  rename(id: string, body: PatchNotebook): Promise<NotebookSummary> {
    return this.#json('PATCH', `api/notebooks/${encodeURIComponent(id)}`, body);
  }

  async remove(id: string): Promise<void> {
    await this.#call('DELETE', `api/notebooks/${encodeURIComponent(id)}`);
  }

  async restore(id: string): Promise<void> {
    await this.#call('POST', `api/notebooks/${encodeURIComponent(id)}/restore`);
  }

  async restoreCell(id: string, cell: string): Promise<void> {
    await this.#call('POST', `api/notebooks/${encodeURIComponent(id)}/cells/${encodeURIComponent(cell)}/restore`);
  }

  async import(file: Blob, title: string): Promise<NotebookSummary> {
    const answer = await this.#call('POST', `api/notebooks/import?title=${encodeURIComponent(title)}`, file);
    return (await answer.json()) as NotebookSummary;
  }

  /** Where the browser downloads a notebook from. */
  exportAddress(id: string, format: ExportFormat): string {
    return `${this.base}api/notebooks/${encodeURIComponent(id)}/export?format=${format}`;
  }

  /** `mime` is what the content is to be called; without it it is a download of no known kind. */
  blobAddress(sha256: string, mime?: string): string {
    const query = mime === undefined ? '' : `?type=${encodeURIComponent(mime)}`;
    return `${this.base}api/blobs/${encodeURIComponent(sha256)}${query}`;
  }

  async blob(sha256: string): Promise<string> {
    return (await this.#call('GET', `api/blobs/${encodeURIComponent(sha256)}`)).text();
  }

  async #json<T>(method: string, path: string, body?: unknown): Promise<T> {
    const sent = body === undefined ? undefined : new Blob([JSON.stringify(body)], { type: 'application/json' });
    const answer = await this.#call(method, path, sent);
    return (await answer.json()) as T;
  }

  async #call(method: string, path: string, body?: Blob): Promise<Response> {
    const answer = await fetch(this.base + path, { method, body: body ?? null }).catch((cause: unknown) => {
      throw new Refusal(0, 'not_reached', `The server was not reached: ${cause instanceof Error ? cause.message : 'no network'}.`);
    });
    if (!answer.ok) throw await refusal(answer);
    return answer;
  }
}

async function refusal(answer: Response): Promise<Refusal> {
  const body: unknown = await answer.json().catch(() => undefined);
  const error = (body as Partial<ErrorBody> | undefined)?.error;
  const message = error?.message ?? `The server answered ${answer.status} ${answer.statusText}.`;
  return new Refusal(answer.status, error?.code ?? 'unknown', message);
}
