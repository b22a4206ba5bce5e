// The way between one widget in a frame and the page.
//
// Invariant: what was sent from here and has not yet come back as said is never overwritten by what was said before.

import type { Bytes, Told, Value } from './line';

/** Between two changes of one widget that this frame sends: as often as the document takes them. */
const PAUSE_MS = 50;
/** What the page has not answered by then it has passed over. */
const PATIENCE_MS = 20_000;

interface Callbacks {
  iopub?: { status?: (message: { content: { execution_state: string } }) => void };
}

type Received = (message: { content: { data: object }; buffers: DataView[] }) => void;

/** Tells the page; `answered` is called with the number of the change, or without one if it did not come about. */
export type Tell = (told: Omit<Told, 'kind' | 'request'>, answered: (seq: number | undefined) => void) => number;

/** The way between one model here and its widget in the kernel, in the form that the library expects. */
export class Comm {
  #received: Received = () => undefined;
  #closed: (message: object) => void = () => undefined;
  /** Of each key, how many changes are under way, and the number of the last that came about. */
  readonly #underWay = new Map<string, number>();
  readonly #told = new Map<string, number>();
  /** What the document says of each key. */
  readonly #latest: Map<string, Value>;

  constructor(
    readonly comm_id: string,
    state: { [key: string]: Value },
    private readonly tell: Tell,
  ) {
    this.#latest = new Map(Object.entries(state));
  }

  readonly target_name = 'jupyter.widget';

  open(): string {
    return '';
  }

  close(): string {
    return '';
  }

  on_msg(received: Received): void {
    this.#received = received;
  }

  on_close(closed: (message: object) => void): void {
    this.#closed = closed;
  }

  send(data: { method: string; state?: { [key: string]: unknown }; buffer_paths?: (string | number)[][]; content?: unknown }, callbacks: Callbacks = {}, _metadata?: object, buffers: (ArrayBuffer | ArrayBufferView)[] = []): string {
    const keys = data.method === 'update' ? Object.keys(data.state ?? {}) : [];
    keys.forEach((key) => this.#underWay.set(key, (this.#underWay.get(key) ?? 0) + 1));
    const sent = performance.now();
    let patience: ReturnType<typeof setTimeout> | undefined = setTimeout(() => answered(undefined), PATIENCE_MS);
    const answered = (seq: number | undefined) => {
      if (patience === undefined) return;
      clearTimeout(patience);
      patience = undefined;
      setTimeout(() => this.#answered(keys, seq, callbacks), Math.max(0, sent + PAUSE_MS - performance.now()));
    };
    const bytes = buffers.map((buffer, index) => ({ path: data.buffer_paths?.[index] ?? [], data: copied(buffer) }));
    const content = data.method === 'update' ? { state: data.state ?? {} } : { message: data.content ?? null };
    return String(this.tell({ model: this.comm_id, bytes, ...content }, answered));
  }

  #answered(keys: readonly string[], seq: number | undefined, { iopub }: Callbacks): void {
    for (const key of keys) {
      this.#underWay.set(key, (this.#underWay.get(key) ?? 1) - 1);
      if (seq !== undefined) this.#told.set(key, Math.max(seq, this.#told.get(key) ?? 0));
    }
    // The library sends now what has changed meanwhile.
    iopub?.status?.({ content: { execution_state: 'idle' } });
    this.#show(keys.filter((key) => seq === undefined || this.#isNews(key)));
  }

  /** What the document says now. */
  change(state: { [key: string]: Value }): void {
    for (const [key, value] of Object.entries(state)) this.#latest.set(key, value);
    this.#show(Object.keys(state).filter((key) => this.#isNews(key)));
  }

  #isNews(key: string): boolean {
    return (this.#latest.get(key)?.seq ?? 0) > (this.#told.get(key) ?? 0);
  }

  #show(keys: readonly string[]): void {
    const free = keys.filter((key) => !this.#underWay.get(key) && this.#latest.has(key));
    if (free.length === 0) return;
    const state = Object.fromEntries(free.map((key) => [key, this.#latest.get(key)!]));
    const { values, paths, buffers } = unpacked(state);
    this.#received({ content: { data: { method: 'update', state: values, buffer_paths: paths } }, buffers });
  }

  said(content: unknown, buffers: ArrayBuffer[]): void {
    this.#received({ content: { data: { method: 'custom', content } }, buffers: buffers.map((buffer) => new DataView(buffer)) });
  }

  closed(): void {
    this.#closed({});
  }
}

function copied(buffer: ArrayBuffer | ArrayBufferView): ArrayBuffer {
  const { buffer: all, byteOffset, byteLength } = ArrayBuffer.isView(buffer) ? buffer : new Uint8Array(buffer);
  return (all as ArrayBuffer).slice(byteOffset, byteOffset + byteLength);
}

export function unpacked(state: { [key: string]: Value }): { values: { [key: string]: unknown }; paths: (string | number)[][]; buffers: DataView[] } {
  const entries = Object.entries(state);
  const values = Object.fromEntries(entries.filter(([, { value }]) => value !== undefined).map(([key, { value }]) => [key, value]));
  const bytes = entries.flatMap(([key, { bytes }]) => bytes.map(({ path, data }): Bytes => ({ path: [key, ...path], data })));
  // A copy: what is shown once may be shown again.
  return { values: structuredClone(values), paths: bytes.map(({ path }) => path), buffers: bytes.map(({ data }) => new DataView(data)) };
}
