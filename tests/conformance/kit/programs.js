// Programs of pgwidgets for the bridge: recordings of real ones that answer as they did, and real ones where there is one.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { WebSocketServer } from "ws";

import { eventually } from "./eventually.js";

const DATA = new URL("../../data/pgwidgets/", import.meta.url);
/** A Python with pgwidgets-python, which needs 3.12; `make test` makes it where there is such a Python. */
const PYTHON = fileURLToPath(new URL("../../../target/pgwidgets/bin/python", import.meta.url));

/** Whether the real package is there. */
export const realPrograms = existsSync(PYTHON);

/** A recorded program: it says what the real one said, waits for the answers it got, and for what was pressed then. */
export class RecordedProgram {
  #server;
  #connections;
  #next = 0;
  /** Numbers that the recording's browser gave → those that this one gives. */
  #numbers = new Map();
  sockets = new Set();
  /** What the browser answered to `init`, once for each connection. */
  greetings = [];
  failures = [];

  static async start(t, name) {
    const program = new RecordedProgram();
    program.#connections = JSON.parse(await readFile(new URL(`${name}.json`, DATA), "utf8")).connections;
    await program.listen(0);
    t.after(() => program.stop());
    return program;
  }

  async listen(port) {
    this.#server = new WebSocketServer({ host: "127.0.0.1", port });
    await once(this.#server, "listening");
    this.port = this.#server.address().port;
    this.#server.on("connection", (socket) => {
      this.sockets.add(socket);
      this.#play(socket, this.#connections[Math.min(this.#next++, this.#connections.length - 1)]).catch((error) => {
        if (socket.readyState === socket.OPEN) this.failures.push(error);
      });
    });
  }

  get address() {
    return `ws://127.0.0.1:${this.port}`;
  }

  /** Ends as a killed process does. */
  async stop() {
    for (const socket of this.sockets) socket.terminate();
    this.sockets.clear();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Is there again, where it was, as `connection` of the recording. */
  async again(connection) {
    this.#next = connection;
    await this.listen(this.port);
  }

  async #play(socket, recording) {
    const heard = [];
    socket.on("message", (data) => heard.push(JSON.parse(data)));
    const next = (matches, what) => eventually(() => {
      const at = heard.findIndex(matches);
      return at < 0 ? undefined : heard.splice(at, 1)[0];
    }, () => `the bridge ${what}; it said ${JSON.stringify(heard)}`);
    let asked;
    for (const { from, message, bytes } of recording) {
      if (bytes !== undefined) socket.send(Buffer.from(bytes, "hex"));
      else if (from === "program") {
        if (message.type === "create") this.#numbers.delete(message.wid);
        asked = this.#translated(message);
        socket.send(JSON.stringify(asked));
      } else if (message.type === "callback") {
        const { wid, action } = this.#translated(message);
        await next((said) => said.type === "callback" && said.wid === wid && said.action === action, `passes ${action} of ${wid} on`);
      } else if (message.type === "viewport") {
        await next((said) => said.type === "viewport", "tells its size");
      } else {
        const answer = await next((said) => said.id === message.id && said.type !== "callback", `answers ${JSON.stringify(asked)}`);
        if (message.id === 0) this.greetings.push(answer);
        if (answer.type !== message.type) throw new Error(`${JSON.stringify(asked)} was answered by ${JSON.stringify(answer)}`);
        this.#learn(message.value, answer.value);
      }
    }
  }

  #learn(recorded, given) {
    if (recorded?.__wid__ !== undefined) this.#numbers.set(recorded.__wid__, given.__wid__);
  }

  #translated(value, key) {
    if ((key === "wid" || key === "__wid__") && this.#numbers.has(value)) return this.#numbers.get(value);
    if (Array.isArray(value)) return value.map((item) => this.#translated(item));
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, this.#translated(inner, name)]));
  }
}

/** A program of the real package. */
export class RealProgram {
  #child;
  said = "";

  static async start(t, name) {
    const program = new RealProgram();
    program.name = name;
    program.folder = await mkdtemp(join(tmpdir(), "coscribe-pgwidgets-"));
    program.port = await freePort();
    t.after(async () => {
      await program.stop();
      await rm(program.folder, { recursive: true, force: true });
    });
    program.again();
    return program;
  }

  get address() {
    return `ws://127.0.0.1:${this.port}`;
  }

  again() {
    // The file as it is: only where the package listens is chosen from outside.
    const run = `import functools, runpy, pgwidgets.sync as package
package.Application = functools.partial(package.Application, ws_port=${this.port}, http_server=False)
runpy.run_path(${JSON.stringify(fileURLToPath(new URL(`${this.name}.py`, DATA)))}, run_name="__main__")`;
    this.#child = spawn(PYTHON, ["-c", run], { cwd: this.folder, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.#child.stdout, this.#child.stderr]) stream.on("data", (chunk) => (this.said += chunk));
  }

  async stop() {
    await killed(this.#child);
  }
}

/** `kill -9`; resolves when the process is gone. */
export async function killed(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGKILL");
  await once(child, "exit");
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** `coscribe widgets bridge` between a program and a server. */
export class Bridge {
  #child;
  said = "";

  static async start(t, server, program) {
    const bridge = new Bridge();
    bridge.folder = await mkdtemp(join(tmpdir(), "coscribe-bridge-"));
    bridge.server = server;
    bridge.program = program;
    t.after(async () => {
      await bridge.kill();
      await rm(bridge.folder, { recursive: true, force: true });
    });
    await bridge.again();
    return bridge;
  }

  async again() {
    const env = { ...process.env, COSCRIBE_URL: this.server.url, COSCRIBE_TOKEN: this.server.token, XDG_STATE_HOME: this.folder };
    this.#child = spawn(process.env.COSCRIBE_BIN, ["widgets", "bridge", this.program.address], { env, stdio: ["ignore", "ignore", "pipe"] });
    this.said = "";
    this.#child.stderr.on("data", (chunk) => (this.said += chunk));
    this.session = await eventually(() => this.said.match(/\/widgets\/(\S+)/)?.[1], () => `the bridge says where; it said ${this.said}`);
  }

  /** `kill -9`. */
  async kill() {
    await killed(this.#child);
  }
}
