// The REST calls of the page, signed with the name of who makes them. Imports the wire's types and texts.
//
// Invariant: a call gives its answer or throws a Refusal with a sentence for people; a network that is not there is a
// Refusal with status 0, a call that was called off one with the code `called_off`.

import { text } from '../text/text';
import type { BlobStored, CreateNotebook, DuplicateNotebook, ErrorBody, LimitsBody, NotebookList, NotebookSummary, PatchNotebook, Role, RoleBody } from '../wire/wire';
import { ServerTime } from './serverTime';
import { NotSent, upload, type Upload } from './upload';

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

/** A network that swallows what is sent is as good as none. */
const PATIENCE_MS = 15_000;

export type ExportFormat = 'ipynb' | 'md' | 'py';

export const EXPORT_FORMATS: readonly ExportFormat[] = ['ipynb', 'md', 'py'];

/** How a notebook file is sent. */
export interface ImportSettings {
  /** What it is called; else the file's own title counts, else its name. */
  title?: string;
  name?: string;
  /** The same in a repeated call makes one notebook. */
  key?: string;
  signal?: AbortSignal;
  /** From 0 to 1; 1 when all has left and the server reads. */
  sent?: (share: number) => void;
}

/** The REST interface below a base address that ends in a slash. */
export class Rest {
  /** What the answers tell of the server's clock. */
  readonly time = new ServerTime(Date.now);

  constructor(
    private readonly base: string,
    /** Asked at each call. */
    private readonly actor: () => string,
  ) {}

  async notebooks(): Promise<NotebookSummary[]> {
    const list = await this.json<NotebookList>('GET', 'api/notebooks');
    return list.notebooks;
  }

  create(body: CreateNotebook): Promise<NotebookSummary> {
    return this.json('POST', 'api/notebooks', body);
  }

  rename(id: string, body: PatchNotebook): Promise<NotebookSummary> {
    return this.json('PATCH', `api/notebooks/${encodeURIComponent(id)}`, body);
  }

  async remove(id: string): Promise<void> {
    await this.call('DELETE', `api/notebooks/${encodeURIComponent(id)}`);
  }

  async restore(id: string): Promise<void> {
    await this.call('POST', `api/notebooks/${encodeURIComponent(id)}/restore`);
  }

  async restoreCell(id: string, cell: string): Promise<void> {
    await this.call('POST', `api/notebooks/${encodeURIComponent(id)}/cells/${encodeURIComponent(cell)}/restore`);
  }

  duplicate(id: string, body: DuplicateNotebook): Promise<NotebookSummary> {
    return this.json('POST', `api/notebooks/${encodeURIComponent(id)}/duplicate`, body);
  }

  /** What whoever uses this page may do. */
  async role(): Promise<Role> {
    return (await this.json<RoleBody>('GET', 'api/role')).role;
  }

  limits(): Promise<LimitsBody> {
    return this.json('GET', 'api/limits');
  }

  async import(file: Blob, { title, name, key, signal, sent }: ImportSettings): Promise<NotebookSummary> {
    const query = new URLSearchParams({ ...(title === undefined ? {} : { title }), ...(name === undefined ? {} : { name }) });
    const headers = { ...this.#signature(), 'content-type': 'application/x-ipynb+json', ...(key === undefined ? {} : { 'idempotency-key': key }) };
    const answer = await upload({ address: `${this.base}api/notebooks/import?${query}`, file, headers, signal, sent }).catch((cause: unknown) => {
      throw cause instanceof NotSent && cause.calledOff ? calledOff() : notReached();
    });
    if (!answer.ok) throw await refusal(answer);
    return (await answer.json()) as NotebookSummary;
  }

  /** Where the browser downloads a notebook from. */
  exportAddress(id: string, format: ExportFormat): string {
    return `${this.base}api/notebooks/${encodeURIComponent(id)}/export?format=${format}`;
  }

  /** Where the events come from that change the lists of notebooks and projects, or what they say of one of them. */
  get eventsAddress(): string {
    return `${this.base}api/events?types=notebook:*,cell:*,project:*,task:*`;
  }

  /** Keeps a file beside the notebooks, under its hash. */
  async keep(file: Blob, { signal, sent }: Pick<Upload, 'signal' | 'sent'>): Promise<BlobStored> {
    const headers = { ...this.#signature(), 'content-type': 'application/octet-stream' };
    const answer = await upload({ address: `${this.base}api/blobs`, file, headers, signal, sent }).catch((cause: unknown) => {
      throw cause instanceof NotSent && cause.calledOff ? calledOff() : new Refusal(0, 'not_reached', text.notes.serverAway);
    });
    if (!answer.ok) throw await refusal(answer);
    return (await answer.json()) as BlobStored;
  }

  /** `mime` is what the content is to be called; without it it is a download of no known kind. */
  blobAddress(sha256: string, mime?: string): string {
    const query = mime === undefined ? '' : `?type=${encodeURIComponent(mime)}`;
    return `${this.base}api/blobs/${encodeURIComponent(sha256)}${query}`;
  }

  blob(sha256: string): Promise<Response> {
    return this.call('GET', `api/blobs/${encodeURIComponent(sha256)}`);
  }

  /** An answer that comes piece by piece, until it is over or `signal` says that nobody wants the rest. */
  async pieces(path: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    const { body } = await this.call('POST', path, undefined, signal);
    if (!body) throw notReached();
    return body;
  }

  /** A call with a JSON body, if any, that answers with JSON; for the calls of one part of the page. */
  async json<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
    const sent = body === undefined ? undefined : new Blob([JSON.stringify(body)], { type: 'application/json' });
    const answer = await this.call(method, path, sent, signal);
    return (await answer.json()) as T;
  }

  async call(method: string, path: string, body?: Blob, signal?: AbortSignal): Promise<Response> {
    // What changes something may take its time, and nobody would know whether it had come about.
    const patience = method === 'GET' ? AbortSignal.timeout(PATIENCE_MS) : null;
    const answer = await fetch(this.base + path, { method, body: body ?? null, headers: this.#signature(), signal: signal ?? patience }).catch(() => {
      throw wasCalledOff(signal) ? calledOff() : notReached();
    });
    this.time.heard(answer.headers.get('date'));
    if (!answer.ok) throw await refusal(answer);
    return answer;
  }

  /** Sends a file as the body; `sent` is told how much of it has left. */
  async send(method: 'POST' | 'PUT', path: string, file: Blob, { signal, sent }: Pick<Upload, 'signal' | 'sent'>): Promise<Response> {
    const headers = { ...this.#signature(), 'content-type': 'application/octet-stream' };
    const answer = await upload({ method, address: this.base + path, file, headers, signal, sent }).catch((cause: unknown) => {
      throw cause instanceof NotSent && cause.calledOff ? calledOff() : notReached();
    });
    if (!answer.ok) throw await refusal(answer);
    return answer;
  }

  address(path: string): string {
    return this.base + path;
  }

  /** Header values are bytes, each written as the letter of that number. */
  #signature(): { 'x-coscribe-actor': string } {
    return { 'x-coscribe-actor': String.fromCharCode(...new TextEncoder().encode(this.actor())) };
  }
}

/** A time that is up is a server that was not reached. */
function wasCalledOff(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true && !(signal.reason instanceof DOMException && signal.reason.name === 'TimeoutError');
}

function calledOff(): Refusal {
  return new Refusal(0, 'called_off', text.page.calledOff);
}

function notReached(): Refusal {
  return new Refusal(0, 'not_reached', text.page.away);
}

async function refusal(answer: Response): Promise<Refusal> {
  const body: unknown = await answer.json().catch(() => undefined);
  const error = (body as Partial<ErrorBody> | undefined)?.error;
  const message = error?.message ?? text.page.answered(answer.status, answer.statusText);
  return new Refusal(answer.status, error?.code ?? 'unknown', message);
}
