// Starts the real server for a test, on a free port and with data of its own, and browsers to look at it.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';

const BINARY = process.env.COSCRIBE_BIN ?? new URL('../../target/debug/coscribe', import.meta.url).pathname;
const CHROMIUM = process.env.COSCRIBE_CHROMIUM ?? '/usr/bin/chromium';
/** A debug build on a loaded machine. */
const START_MS = 30_000;

/** A server that can be killed and started again on the same port and data. */
export class Server {
  /** `args` are further options of `coscribe serve`; `base` is the path they set. */
  static async start({ args = [], base = '/' } = {}) {
    const server = new Server();
    server.args = args;
    server.data = await mkdtemp(join(tmpdir(), 'coscribe-e2e-'));
    server.port = await freePort();
    server.origin = `http://127.0.0.1:${server.port}`;
    server.url = `${server.origin}${base}`;
    await server.up();
    return server;
  }

  async up() {
    const args = ['serve', '--listen', `127.0.0.1:${this.port}`, '--data', this.data, '--no-token', ...this.args];
    this.process = spawn(BINARY, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.log = [];
    for (const stream of [this.process.stdout, this.process.stderr]) {
      createInterface({ input: stream }).on('line', (line) => this.log.push(line));
    }
    await until(() => this.#ready(), START_MS, () => `the server did not start:\n${this.log.join('\n')}`);
  }

  /** As a power cut does it. */
  async kill() {
    const gone = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await gone;
  }

  async stop() {
    if (this.process.exitCode === null && this.process.signalCode === null) await this.kill();
    await rm(this.data, { recursive: true, force: true });
  }

  /** A REST call; throws on a refusal. */
  async rest(method, path, body) {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' };
    const answer = await fetch(this.url + path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer.status === 204 ? undefined : answer.json();
  }

  /** A notebook with the given cells, each `[type, source]`; resolves to its id and those of its cells. */
  async notebook(title, cells) {
    const { id } = await this.rest('POST', 'api/notebooks', { title });
    const ids = [];
    for (const [type, source] of cells) {
      ids.push((await this.rest('POST', `api/notebooks/${id}/cells`, { type, source })).id);
    }
    return { id, cells: ids };
  }

  read(id) {
    return this.rest('GET', `api/notebooks/${id}`);
  }

  async #ready() {
    if (this.process.exitCode !== null) throw new Error(`the server ended:\n${this.log.join('\n')}`);
    const answer = await fetch(`${this.url}readyz`).catch(() => undefined);
    return answer?.ok === true;
  }
}

export function launch() {
  return chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
}

/** A person with a browser of their own. `errors` gathers what the page complains of. */
export class Person {
  static async arrive(browser, server, name, options = {}) {
    const person = new Person();
    person.server = server;
    person.context = await browser.newContext(options);
    await person.context.addInitScript(([key, value]) => window.top === window && localStorage.setItem(key, value), ['coscribe:identity', JSON.stringify({ name, color: options.color ?? '#0b6e99' })]);
    await person.tab();
    return person;
  }

  /** Opens another tab and goes on in it. */
  async tab() {
    this.page = await this.context.newPage();
    this.errors = [];
    this.page.on('pageerror', (error) => this.errors.push(String(error)));
    this.page.on('console', (message) => message.type() === 'error' && this.errors.push(message.text()));
  }

  async open(id) {
    await this.page.goto(`${this.server.url}notebook/${id}`);
    await this.state('saved');
  }

  /** Waits for the word of state. */
  async state(kind) {
    await this.page.waitForSelector(`[data-state="${kind}"]`);
  }

  cell(id) {
    return this.page.locator(`[data-cell="${id}"]`);
  }

  editor(id) {
    return this.cell(id).locator('.cm-content');
  }

  /** The text of a cell's editor, widgets of other people's carets left out. */
  text(id) {
    return this.editor(id).evaluate((content) => {
      const copy = content.cloneNode(true);
      copy.querySelectorAll('.caret, .cm-placeholder').forEach((caret) => caret.remove());
      return [...copy.querySelectorAll('.cm-line')].map((line) => line.textContent.replaceAll('\u2060', '').replaceAll('\u200b', '')).join('\n');
    });
  }

  async reads(id, text) {
    await until(async () => (await this.text(id)) === text, 10_000, async () => `expected ${JSON.stringify(text)}, found ${JSON.stringify(await this.text(id))}`);
  }

  /** The cells on the screen, in their order. */
  cells() {
    return this.page.locator('[data-cell]').evaluateAll((cells) => cells.map((cell) => cell.dataset.cell));
  }

  async sees(cells) {
    await until(async () => JSON.stringify(await this.cells()) === JSON.stringify(cells), 10_000, async () => `expected ${cells}, found ${await this.cells()}`);
  }

  leave() {
    return this.context.close();
  }
}

/** Waits for a condition: looks again as soon as the last look is done and a frame has passed. */
export async function until(condition, patience = 10_000, message = () => 'the condition did not come true') {
  const end = Date.now() + patience;
  while (Date.now() < end) {
    if (await condition()) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error(await message());
}

async function freePort() {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address();
  listener.close();
  await once(listener, 'close');
  return port;
}
