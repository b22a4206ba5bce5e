// Widget sessions as the tests use them: a small program that drives one over a WebSocket, and people who have it open.

import assert from 'node:assert/strict';

import WebSocket from 'ws';

import { eventually } from './eventually.mjs';
import { code, display } from './gallery.mjs';

/** Makes a session; resolves with its id and its token. */
export function session(server, title = 'Session') {
  return server.rest('POST', 'widgets', { title });
}

/** A notebook with a cell that shows a session; resolves with what the server says of it. */
export function embedded(server, id) {
  const cells = [code('app', [display({ 'application/vnd.coscribe.widgets+json': { session: id }, 'text/plain': 'Session' })])];
  return server.rest('POST', 'notebooks/import?title=Embedded', JSON.stringify({ nbformat: 4, nbformat_minor: 4, metadata: {}, cells }));
}

/** A program that drives a session, of nothing but a WebSocket and JSON. */
export class Program {
  /** Everything the server pushed: callbacks, clients. */
  told = [];
  /** The frames of bytes that followed messages. */
  bytes = [];
  closed;
  /** What its setup made. */
  made;
  #socket;
  #next = 1;
  #wid = 0;
  #waiting = new Map();
  #listeners = new Map();

  /** `setup` is run between its brackets, also on a session that has widgets already. */
  static async join(server, { id, token }, setup) {
    const program = new Program();
    await program.#connect(server, id, token);
    if (setup) program.made = await program.build(setup);
    return program;
  }

  async #connect(server, id, token) {
    const socket = new WebSocket(`${server.origin.replace('http', 'ws')}/api/widgets/${id}/program`, { headers: { authorization: `Bearer ${server.token}`, 'x-session-token': token } });
    this.#socket = socket;
    socket.on('message', (data, binary) => (binary ? this.bytes.push(data) : this.#received(JSON.parse(String(data)))));
    socket.on('close', (code, reason) => (this.closed = { code, reason: String(reason) }));
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    this.info = await eventually(() => this.told.find(({ type }) => type === 'session-info'), 'the program is told of its session');
  }

  /** Runs a setup between its brackets; widgets of before are taken up again. */
  async build(setup) {
    this.#wid = 0;
    await this.ask({ type: 'build-start' });
    const made = await setup(this);
    await this.ask({ type: 'build-end' });
    return made;
  }

  /** Makes a widget; resolves with its number. */
  async make(kind, ...args) {
    const wid = (this.#wid += 1);
    await this.ask({ type: 'create', wid, class: kind, args });
    return wid;
  }

  /** Calls a method; resolves with what it answers. */
  async call(wid, method, ...args) {
    return (await this.ask({ type: 'call', wid, method, args })).value;
  }

  /** The same without telling anybody's handlers. */
  async silently(wid, method, ...args) {
    return (await this.ask({ type: 'call', wid, method, args, silent: true })).value;
  }

  /** Makes a widget by a method of another; resolves with its number. */
  async factory(wid, method, ...args) {
    const { value } = await this.ask({ type: 'call', wid, method, args });
    const made = value?.__wid__;
    assert.ok(Number.isInteger(made), `${method} makes a widget: ${JSON.stringify(value)}`);
    this.#wid = Math.max(this.#wid, made);
    return made;
  }

  async on(wid, action, handler = () => undefined) {
    this.#listeners.set(`${wid}/${action}`, handler);
    await this.ask({ type: 'listen', wid, action });
  }

  /** Sends a message with an id; resolves with the answer, and rejects with its error. */
  ask(message) {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#send({ ...message, id });
    });
  }

  /** The callbacks of a widget so far, as their arguments. */
  heard(wid, action) {
    return this.told.filter((message) => message.type === 'callback' && message.wid === wid && message.action === action).map(({ args }) => args);
  }

  hears(wid, action, count = 1) {
    return eventually(() => this.heard(wid, action).length >= count, () => `the program hears ${count} × ${action} of ${wid}; it was told ${JSON.stringify(this.told)}`);
  }

  /** As a process that is killed. */
  kill() {
    this.#socket.terminate();
  }

  #send(message) {
    this.#socket.send(JSON.stringify(message));
  }

  #received(message) {
    for (const one of Array.isArray(message) ? message : [message]) {
      const waiting = one.id === undefined ? undefined : this.#waiting.get(one.id);
      if (one.type === 'result' && waiting) waiting.resolve(one);
      else if (one.type === 'error' && waiting) waiting.reject(new Error(one.error));
      else this.told.push(one);
      if (one.id !== undefined) this.#waiting.delete(one.id);
      if (one.type === 'callback') void Promise.resolve(this.#listeners.get(`${one.wid}/${one.action}`)?.(...(one.args ?? []))).catch((cause) => this.told.push({ type: 'failed', cause: String(cause) }));
    }
  }
}

/** How a message names a widget. */
export const ref = (wid) => ({ __wid__: wid });

/** Somebody who has a session open. */
export class AtSession {
  constructor(person) {
    this.person = person;
  }

  get page() {
    return this.person.page;
  }

  static async open(person, id) {
    const at = new AtSession(person);
    await person.page.goto(`${person.base}widgets/${id}`);
    await person.page.getByRole('main', { name: 'Widgets' }).waitFor();
    await eventually(async () => ['saved', 'readOnly'].includes((await person.word()).kind), async () => `${person.name} has the session; the word is ${JSON.stringify(await person.word())}`);
    return at;
  }

  static together(people, id) {
    return Promise.all(people.map((person) => AtSession.open(person, id)));
  }

  widget(wid) {
    return this.page.locator(`[data-wid="${wid}"]`).first();
  }

  field(wid) {
    return this.widget(wid).locator('input, textarea').first();
  }

  async sees(text) {
    await this.page.getByText(text, { exact: true }).first().waitFor();
  }

  async shows(wid, value) {
    const now = () => this.field(wid).inputValue();
    await eventually(async () => (await now()) === value, async () => `${this.person.name} sees ${JSON.stringify(value)} in ${wid}; sees ${JSON.stringify(await now())}`);
  }

  /** The caret of the field that has the focus, with its text. */
  caret() {
    return this.page.evaluate(() => {
      const field = document.activeElement;
      return { wid: Number(field?.closest('[data-wid]')?.dataset.wid), start: field?.selectionStart, end: field?.selectionEnd, value: field?.value };
    });
  }
}

/** The example of the seed: a window, a button, a label that says that it was pressed. */
export async function clickMe(program) {
  const top = await program.make('TopLevel', { resizable: true, title: 'Remote App' });
  await program.call(top, 'resize', 400, 300);
  const box = await program.make('VBox');
  await program.call(box, 'set_spacing', 8);
  const button = await program.make('Button', 'Click me');
  const label = await program.make('Label', 'Ready');
  await program.on(button, 'activated', () => program.call(label, 'set_text', 'Clicked!'));
  await program.call(box, 'add_widget', ref(button), 0);
  await program.call(box, 'add_widget', ref(label), 1);
  await program.call(top, 'set_widget', ref(box));
  await program.call(top, 'show');
  return { top, box, button, label };
}

/** A window with a column of the given widgets, shown; each is `[kind, arguments]`. Resolves with their numbers. */
export async function column(program, title, ...wanted) {
  const top = await program.make('TopLevel', { title });
  const box = await program.make('VBox');
  await program.call(box, 'set_spacing', 8);
  const made = [];
  for (const [kind, ...args] of wanted) {
    const wid = await program.make(kind, ...args);
    await program.call(box, 'add_widget', ref(wid), 0);
    made.push(wid);
  }
  await program.call(top, 'set_widget', ref(box));
  await program.call(top, 'show');
  return made;
}
