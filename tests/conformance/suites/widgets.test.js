// The program that docs/widgets.md shows to writers of programs in other languages, run as it stands there.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "node:test";

import { eventually } from "../kit/eventually.js";
import { killed } from "../kit/programs.js";
import { Server } from "../kit/server.js";
import { WidgetsClient } from "../kit/widgets.js";

/** Where packages are found from. */
const HERE = fileURLToPath(new URL("..", import.meta.url));

class Example {
  static async start(t, server) {
    const example = new Example();
    const page = await readFile(new URL("../../../docs/widgets.md", import.meta.url), "utf8");
    const [, text] = page.match(/```js\n(.*?)```/s);
    assert.ok(text.split("\n").length <= 80, "it is short");
    example.folder = await mkdtemp(join(HERE, "node_modules", ".example-"));
    example.env = { ...process.env, COSCRIBE_URL: server.url, COSCRIBE_TOKEN: server.token };
    await writeFile(join(example.folder, "counter.mjs"), text);
    t.after(async () => {
      await example.kill();
      await rm(example.folder, { recursive: true, force: true });
    });
    await example.again();
    return example;
  }

  async again() {
    this.said = "";
    this.child = spawn(process.execPath, ["counter.mjs"], { cwd: this.folder, env: this.env, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.child.stdout, this.child.stderr]) stream.on("data", (chunk) => (this.said += chunk));
    await eventually(() => this.said.includes("ready"), () => `the example is ready; it said ${this.said}`);
  }

  get session() {
    return this.said.match(/\/widgets\/(\S+)/)[1];
  }

  async kill() {
    await killed(this.child);
  }
}

test("pg_01 pg_04 pg_05 the program of the documentation, in a second language, builds a window and hears what people do", async (t) => {
  const server = await Server.start(t);
  const example = await Example.start(t, server);
  const [ann, ben] = [await WidgetsClient.open(t, server, example.session), await WidgetsClient.open(t, server, example.session)];
  const { wid } = await ann.waitFor("Button", { text: "Count" });
  await ann.act(wid, "activated");
  await ben.waitFor("Label", { text: "1" });
  await ben.act(wid, "activated");
  await ann.waitFor("Label", { text: "2" });
});

test("pg_06 pg_13 killed and started again, it counts on in the same window", async (t) => {
  const server = await Server.start(t);
  const example = await Example.start(t, server);
  const ann = await WidgetsClient.open(t, server, example.session);
  const { wid } = await ann.waitFor("Button");
  await ann.act(wid, "activated");
  await ann.waitFor("Label", { text: "1" });
  await example.kill();
  await ann.programIs("gone");
  await assert.rejects(ann.act(wid, "activated"), /409/);
  await example.again();
  await ann.programIs("connected");
  await ann.act(wid, "activated");
  await ann.waitFor("Label", { text: "2" });
});
