// The real server binary as a child process: started on a free port, killed, started again on the same data.

import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { eventually } from "./eventually.js";

const BINARY = process.env.COSCRIBE_BIN;
const TOKEN = "conformance-token-of-the-tests";
// A loaded machine with two cores; a healthy start takes well under a second.
const START_LIMIT_MS = 30_000;
// The last of it is shown when a start fails or a test asks.
const LOG_KEPT = 20_000;

export class Server {
  #child;
  #data;
  #settings = [];
  #port = 0;
  #exited;
  log = "";

  /** Starts a server on an empty data directory; `t.after` ends it and removes the directory. */
  static async start(t, { viewerToken } = {}) {
    if (!BINARY) throw new Error("COSCRIBE_BIN must name the coscribe binary (make test sets it)");
    const server = new Server();
    server.#settings = viewerToken === undefined ? [] : ["--viewer-token", viewerToken];
    server.#data = await mkdtemp(join(tmpdir(), "coscribe-conformance-"));
    t.after(() => server.remove());
    await server.restart();
    return server;
  }

  get token() {
    return TOKEN;
  }
  get pid() {
    return this.#child.pid;
  }
  get port() {
    return this.#port;
  }
  get url() {
    return `http://127.0.0.1:${this.#port}`;
  }
  get socketUrl() {
    return `ws://127.0.0.1:${this.#port}/ws`;
  }
  get alive() {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Starts the process, the first time on a free port, later on the same one. */
  async restart() {
    const listen = `127.0.0.1:${this.#port}`;
    const child = spawn(BINARY, ["serve", "--listen", listen, "--data", this.#data, "--token", TOKEN, ...this.#settings], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    this.#exited = new Promise((resolve) => child.once("exit", resolve));
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk) => (this.log = (this.log + chunk).slice(-LOG_KEPT)));
    }
    let said = "";
    child.stdout.on("data", (chunk) => (said += chunk));
    child.stderr.on("data", (chunk) => (said += chunk));
    const port = await eventually(
      () => said.match(/http:\/\/127\.0\.0\.1:(\d+)/)?.[1] || (!this.alive && "exited"),
      () => `the server prints its address; it said:\n${said}`,
      START_LIMIT_MS,
    );
    if (port === "exited") throw new Error(`the server ended at start:\n${said}`);
    this.#port = Number(port);
    await eventually(() => fetch(`${this.url}/readyz`).then((r) => r.ok, () => false), "/readyz answers 200", START_LIMIT_MS);
  }

  /** `kill -9`; resolves when the process is gone. */
  async kill() {
    this.killNow();
    await this.#exited;
  }

  /** `kill -9`, delivered before this returns. */
  killNow() {
    process.kill(this.#child.pid, "SIGKILL");
  }

  /** Ends the process and removes its data. */
  async remove() {
    if (this.alive) await this.kill();
    await rm(this.#data, { recursive: true, force: true });
  }

  /** Resident memory of the process in bytes. */
  async memory() {
    const status = await readFile(`/proc/${this.pid}/status`, "utf8");
    return Number(status.match(/VmRSS:\s+(\d+) kB/)[1]) * 1024;
  }

  /** A REST call; resolves with the response, whatever its status. */
  fetch(path, { method = "GET", body, headers = {} } = {}) {
    const json = body !== undefined && !(body instanceof Uint8Array) && typeof body !== "string";
    return fetch(this.url + path, {
      method,
      body: json ? JSON.stringify(body) : body,
      headers: { Authorization: `Bearer ${TOKEN}`, ...(json ? { "Content-Type": "application/json" } : {}), ...headers },
    });
  }

  /** A REST call that must succeed; resolves with the JSON answer. */
  async rest(method, path, body) {
    const response = await this.fetch(path, { method, body });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === "" ? undefined : JSON.parse(text);
  }

  /** The raw document as a Yjs update. */
  async state(document) {
    const response = await this.fetch(`/api/documents/${encodeURIComponent(document)}/state`);
    if (!response.ok) throw new Error(`state of ${document}: ${response.status} ${await response.text()}`);
    return new Uint8Array(await response.arrayBuffer());
  }
}
