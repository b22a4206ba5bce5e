// What takes its time: idle clients stay connected, dead networks are noticed. All at once, so that it costs one minute.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { Client, current, versions } from "../kit/clients.js";
import { eventually } from "../kit/eventually.js";
import { Proxy } from "../kit/proxy.js";
import { RawClient } from "../kit/raw.js";
import { Server } from "../kit/server.js";

// Clients up to 3.x give up after 30 s without a message and look every 3 s, 4.x after 45 s and every 4.5 s.
const IDLE_MS = 52_000;
// LN-04: gone from a killed network within 30 s, and the time between two looks of the server.
const DEAD_LIMIT_MS = 40_000;
// The server lets a silent socket go after 40 s.
const LEAK_LIMIT_MS = 60_000;

describe("patience", { concurrency: true }, () => {
  for (const version of versions) {
    test(`${version.name}: an idle client stays connected without a message of its own`, async (t) => {
      const server = await Server.start(t);
      const client = await Client.open(t, version, server, "doc:idle");
      client.awareness.setLocalState(null);
      const since = performance.now();
      await eventually(() => client.closes > 0 || performance.now() - since > IDLE_MS, "time passes", IDLE_MS * 2);
      assert.equal(client.closes, 0, "the client never gave the connection up");
      assert.ok(client.provider.wsconnected);
    });
  }

  test("an idle client gets the harmless keep-alive, and nothing else", async (t) => {
    const server = await Server.start(t);
    const idle = await RawClient.open(t, server, "doc:quiet");
    await idle.barrier();
    const before = idle.frames.length;
    await eventually(() => idle.frames.length >= before + 2, "two keep-alives arrive", 75_000);
    assert.deepEqual(idle.frames.slice(before).map((frame) => Buffer.from(frame).toString("hex")), ["010100", "010100"]);
  });

  test("ln_04 a client behind a dead network is taken out within 40 s while both ends believe in the socket", async (t) => {
    const server = await Server.start(t);
    const proxy = await Proxy.to(t, server.port);
    const ann = await Client.open(t, current, server, "doc:half-open");
    const bob = await Client.open(t, current, server, "doc:half-open", { url: proxy.socketUrl });
    bob.awareness.setLocalStateField("user", { name: "Bob" });
    await eventually(() => ann.sees(bob)?.user?.name === "Bob", "Bob is seen");
    proxy.blackhole();
    const from = performance.now();
    let removedAt;
    ann.awareness.on("change", ({ removed }) => removed.includes(bob.doc.clientID) && (removedAt = performance.now()));
    await eventually(() => removedAt, "Bob is taken out", DEAD_LIMIT_MS);
    t.diagnostic(`taken out after ${Math.round(removedAt - from)} ms`);
  });

  test("the server itself ends a half-open socket within a minute", async (t) => {
    const server = await Server.start(t);
    const proxy = await Proxy.to(t, server.port);
    const dead = await RawClient.open(t, server, "doc:leak", { url: proxy.socketUrl });
    await dead.barrier();
    const connections = async () => {
      const text = await (await server.fetch("/metrics")).text();
      return Number(text.match(/^coscribe_connections(?:\{[^}]*\})? (\d+)/m)?.[1]);
    };
    await eventually(async () => (await connections()) === 1, "the server counts one connection");
    proxy.blackhole();
    await eventually(async () => (await connections()) === 0, "the server let go of the dead connection", LEAK_LIMIT_MS);
  });
});
