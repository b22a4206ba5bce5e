// The real server binary as a child process: started on a free port, killed, started again on the same port and data.

import { spawn } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { eventually } from './eventually.mjs';

const BINARY = process.env.COSCRIBE_BIN ?? fileURLToPath(new URL('../../../target/debug/coscribe', import.meta.url));
const START_LIMIT_MS = 30_000;
/** The end of the log is shown when a start fails. */
const LOG_KEPT = 20_000;

export class Server {
  #child;
  #data;
  #base;
  #flags;
  #environment;
  #port = 0;
  #exited;
  #viewerToken;
  /** The address with the token, as the server printed it. */
  link = '';
  log = '';

  constructor(data, base, flags = [], environment = {}) {
    this.#data = data;
    this.#base = base;
    this.#flags = flags;
    this.#environment = environment;
  }

  /**
   * Starts a server on an empty data directory; who comes with `viewerToken` may only read. `prepare` is told the
   * directory before; `environment` is what the process gets beside the environment of the tests.
   */
  static async start({ base = '/', flags = [], viewerToken, prepare, environment } = {}) {
    const roles = viewerToken === undefined ? [] : ['--viewer-token', viewerToken];
    const data = await mkdtemp(join(tmpdir(), 'coscribe-e2e-'));
    await prepare?.(data);
    const server = new Server(data, base, [...flags, ...roles], environment);
    server.#viewerToken = viewerToken;
    await server.restart();
    return server;
  }

  /** A second server on a copy of what is on this one's disk; this one must not be running. */
  async copy() {
    const data = await mkdtemp(join(tmpdir(), 'coscribe-e2e-copy-'));
    await cp(this.#data, data, { recursive: true });
    const server = new Server(data, this.#base, this.#flags, this.#environment);
    await server.restart();
    return server;
  }

  get port() {
    return this.#port;
  }
  get origin() {
    return `http://127.0.0.1:${this.#port}`;
  }
  get token() {
    return new URL(this.link).searchParams.get('token');
  }
  /** The same address for those who may only read. */
  get viewerLink() {
    return this.link.replace(this.token, this.#viewerToken);
  }
  get alive() {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Starts the process: the first time on a free port, later on the same one. */
  async restart() {
    const listen = `127.0.0.1:${this.#port}`;
    const child = spawn(BINARY, ['serve', '--listen', listen, '--data', this.#data, '--base-path', this.#base, ...this.#flags], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...withoutOurs(process.env), ...this.#environment },
    });
    this.#child = child;
    this.#exited = new Promise((resolve, reject) => child.once('exit', resolve).once('error', reject));
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        said += chunk;
        this.log = (this.log + chunk).slice(-LOG_KEPT);
      });
    }
    const found = () => /http:\/\/127\.0\.0\.1:(\d+)\S*[?&]token=[\w.~-]+/.exec(said);
    await eventually(() => found() || !this.alive, () => `the server prints its link; it said:\n${said}`, START_LIMIT_MS);
    if (!found()) throw new Error(`The server ended at its start:\n${said}`);
    this.link = found()[0];
    this.#port = Number(found()[1]);
    await eventually(() => fetch(`${this.origin}${this.#base}readyz`).then((answer) => answer.ok), 'the server is ready', START_LIMIT_MS);
  }

  /** `kill -9`. */
  async kill() {
    this.#child.kill('SIGKILL');
    await this.#exited;
  }

  /** SIGTERM: an orderly stop. */
  async stop() {
    this.#child.kill('SIGTERM');
    await this.#exited;
  }

  /** Ends the process and removes its data. */
  async remove() {
    if (this.alive) await this.kill();
    await rm(this.#data, { recursive: true, force: true });
  }

  /** A REST call that must succeed; resolves with the JSON answer. */
  async rest(method, path, body) {
    const answer = await fetch(`${this.origin}${this.#base}api/${path}`, {
      method,
      headers: { authorization: `Bearer ${this.token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  }

  /** Makes a notebook of cells given as `[type, source]`; resolves with its id and theirs, in order. */
  async write(title, cells) {
    const { id } = await this.rest('POST', 'notebooks', { title });
    const [{ id: first }] = (await this.notebook(id)).cells;
    const ids = [];
    for (const [type, source] of cells) ids.push((await this.rest('POST', `notebooks/${id}/cells`, { type, source })).id);
    await this.rest('DELETE', `notebooks/${id}/cells/${first}`);
    return { id, cells: ids };
  }

  notebook(id) {
    return this.rest('GET', `notebooks/${id}`);
  }

  /** The text of a cell as the server has it. */
  async source(notebook, cell) {
    return (await this.rest('GET', `notebooks/${notebook}/cells/${cell}`)).source;
  }
}

/** The settings of whoever runs the tests are not the tested server's. */
function withoutOurs(environment) {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('COSCRIBE_')));
}
