// The way between a widget in a frame and the document: what changed goes in, what somebody did goes to the server.
//
// Invariant: a frame is told of the widgets that its own one needs and of no others, and reaches no others.

import type { Elsewhere, Entry, KernelModels, ModelChange } from '../doc/models';
import { BLOB } from '../doc/output';
import { isObject } from '../doc/schema';
import type { Libraries, Shown, ToFrame, Value } from '../renderers/line';
import type { ModelTold } from '../state/frame';
import type { ModelTold as Answer, TellModel } from '../wire/wire';
import type { FrameLine } from './frames';
import { bytesOf } from './taking';

/** What the frame has of itself. */
const BUILT_IN = /^(?:@jupyter-widgets\/(?:base|controls|output)|anywidget)$/;

export interface ModelDoors {
  models: KernelModels;
  /** A content that lies beside the document. */
  fetch(sha256: string): Promise<ArrayBuffer>;
  /** The script with which a package draws its widgets. */
  library(module: string): Promise<string>;
  tell(model: string, told: TellModel): Promise<Answer>;
  /** Nobody may use the widget: its kernel is gone, or this person only reads. */
  rests(): boolean;
  /** The server did not take it, and why. */
  refused(cause: unknown): void;
  /** In which cell it stands. */
  cell(): string | undefined;
}

export class ModelLine implements FrameLine {
  #known = new Set<string>();
  /** Those that the frame has been given. */
  readonly #libraries = new Set<string>();
  #tell: (message: ToFrame) => void = () => undefined;
  /** One call after the other: a message must not overtake the change before it. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly model: string,
    private readonly doors: ModelDoors,
  ) {}

  async begin(tell: (message: object) => void): Promise<{ spec: object; stop(): void }> {
    this.#tell = tell;
    this.#known = this.doors.models.neededBy(this.model);
    this.#libraries.clear();
    const begun = this.#shown(this.#known);
    const libraries = this.#missing(this.#known);
    // What changes while contents are fetched waits behind the beginning.
    let last: Promise<unknown> = begun;
    const stop = this.doors.models.onChange((changes) => {
      const message = this.#message(changes);
      last = last.then(() => message).then((told) => told && tell(told), this.doors.refused);
    });
    try {
      return { spec: { model: this.model, models: await begun, libraries: await libraries, rests: this.doors.rests() }, stop };
    } catch (cause) {
      stop();
      throw cause;
    }
  }

  /** Whether anybody may use it has changed. */
  rest(rests: boolean): void {
    this.#tell({ kind: 'rests', rests });
  }

  received({ request, model, state, message, bytes }: ModelTold): void {
    const told = (answer?: Answer) => this.#tell({ kind: 'told', request, ...(answer ? { seq: answer.seq } : {}) });
    if (!this.#known.has(model) || this.doors.rests()) return told();
    const cell = this.doors.cell();
    const buffers = bytes.map(({ data }) => base64(new Uint8Array(data)));
    const content = state ? { state, bufferPaths: bytes.map(({ path }) => path) } : { message };
    const call = () => this.doors.tell(model, { ...content, buffers, ...(cell === undefined ? {} : { cell }) });
    this.#last = this.#last.then(call).then(told, (cause: unknown) => (told(), this.doors.refused(cause)));
  }

  /** Read at once, for the document goes on; contents that lie elsewhere come later. */
  async #message(changes: ReadonlyMap<string, ModelChange>): Promise<ToFrame | undefined> {
    const { models } = this.doors;
    if (![...changes.keys()].some((id) => this.#known.has(id))) return undefined;
    const needed = models.mayNeedOthers(changes) ? models.neededBy(this.model) : this.#known;
    const fresh = [...needed].filter((id) => !this.#known.has(id));
    const closed = [...changes].filter(([id, { whole }]) => whole && this.#known.has(id) && !models.get(id)).map(([id]) => id);
    const old = [...changes].filter(([id]) => this.#known.has(id) && !closed.includes(id));
    // What a frame has once been told of it may keep: a widget that was taken out may be put back.
    this.#known = new Set([...this.#known, ...needed].filter((id) => !closed.includes(id)));
    const changed = old.map(async ([id, { whole, keys }]): Promise<[string, { [key: string]: Value }]> => {
      const entries = [...(models.get(id)?.state ?? [])].filter(([key]) => whole || keys.has(key));
      return [id, await this.#values(entries)];
    });
    const said = old.filter(([, change]) => change.said).map(([id]) => [id, models.said(id).map(({ content, buffers }) => ({ content, buffers: buffers.map((buffer) => bytesOf(buffer).buffer) }))] as const);
    const [opened, libraries] = await Promise.all([this.#shown(fresh), this.#missing(fresh)]);
    return { kind: 'models', opened, libraries, changed: Object.fromEntries(await Promise.all(changed)), closed, said: Object.fromEntries(said) };
  }

  async #shown(ids: Iterable<string>): Promise<{ [id: string]: Shown }> {
    const shown = [...ids].map(async (id) => {
      const model = this.doors.models.get(id);
      if (!model) return [];
      const { module, name, version, state } = model;
      return [[id, { module, name, version, state: await this.#values(state) }] as const];
    });
    return Object.fromEntries((await Promise.all(shown)).flat());
  }

  /** One that cannot be had is said where the widget would be. */
  async #missing(ids: Iterable<string>): Promise<Libraries> {
    const named = [...ids].flatMap((id) => {
      const model = this.doors.models.get(id);
      return model ? [model.module, model.state.get('_view_module')?.value] : [];
    });
    const wanted = new Set(named.filter((module) => typeof module === 'string').filter((module) => module !== '' && !BUILT_IN.test(module) && !this.#libraries.has(module)));
    wanted.forEach((module) => this.#libraries.add(module));
    const fetched = [...wanted].map(async (module) => [[module, await this.doors.library(module)] as const]);
    return Object.fromEntries((await Promise.allSettled(fetched)).flatMap((one) => (one.status === 'fulfilled' ? one.value : [])));
  }

  async #values(entries: Iterable<readonly [string, Entry]>): Promise<{ [key: string]: Value }> {
    const values = [...entries].map(async ([key, entry]) => [key, await this.#value(entry)] as const);
    return Object.fromEntries(await Promise.all(values));
  }

  async #value({ seq, value, blob, parts }: Entry): Promise<Value> {
    const bytes = await Promise.all(parts.map(async (part) => ({ path: [...part.path], data: part.blob ? await this.#fetch(part.blob) : bytesOf(part.base64 ?? '').buffer })));
    const whole = blob ? (JSON.parse(new TextDecoder().decode(await this.#fetch(blob))) as unknown) : value;
    return { seq, bytes, ...(whole === undefined ? {} : { value: await this.#complete(whole) }) };
  }

  /** The outputs in an Output widget, with what the server has moved out of them. */
  async #complete(value: unknown): Promise<unknown> {
    if (!Array.isArray(value) || !value.some((output) => isObject(output) && isObject(output['data']) && BLOB in output['data'])) return value;
    return Promise.all(value.map((output: unknown) => (isObject(output) && isObject(output['data']) ? this.#completeOutput(output, output['data']) : output)));
  }

  async #completeOutput(output: { [key: string]: unknown }, data: { [key: string]: unknown }): Promise<unknown> {
    const { [BLOB]: references, ...there } = data;
    const listed = Array.isArray(references) ? references.filter(isObject) : [];
    for (const { sha256, mime } of listed) {
      if (typeof sha256 !== 'string' || typeof mime !== 'string') continue;
      const content = await this.#fetch({ sha256 });
      there[mime] = /^image\/(?!svg)/.test(mime) ? base64(new Uint8Array(content)) : new TextDecoder().decode(content);
      if (/[/+]json$/.test(mime)) there[mime] = JSON.parse(there[mime] as string) as unknown;
    }
    return { ...output, data: there };
  }

  #fetch({ sha256 }: Elsewhere): Promise<ArrayBuffer> {
    return this.doors.fetch(sha256);
  }
}

const CHUNK = 0x8000;

function base64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += CHUNK) text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return btoa(text);
}
