// LN-05: clients that stop reading cost bounded memory, delay nobody, and end complete once they read again.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";

import * as Y from "yjs";

import { Client, current } from "../kit/clients.js";
import { eventually } from "../kit/eventually.js";
import { RawClient } from "../kit/raw.js";
import { Server } from "../kit/server.js";

const MIB = 1 << 20;
const CHUNK = 256 * 1024;
const TOTAL = 50 * MIB;
const SLOW_READERS = 10;
// design.md §3.4: at most this much is queued for one connection before it is resynchronised.
const QUEUE = 8 * MIB;
// What the operating system itself keeps for one loopback socket, both directions, and what allocators round up.
const SLACK = 64 * MIB;
const DELAY_LIMIT_MS = 1_000;

/** Writes 50 MB through the document, each piece replacing the one before; resolves with the slowest delivery. */
async function write(writer, reader, round) {
  let slowest = 0;
  for (let piece = 0; piece < TOTAL / CHUNK; piece++) {
    const key = `${round}/${piece}/`;
    const from = performance.now();
    // Random letters: nothing on the way could make it small.
    const noise = randomBytes(CHUNK / 2).toString("hex").slice(key.length);
    writer.doc.transact(() => {
      writer.erase(0, writer.text.length);
      writer.type(key + noise, 0);
    });
    await eventually(() => reader.text.startsWith(key), `piece ${key} arrives`, 20_000);
    slowest = Math.max(slowest, performance.now() - from);
  }
  return slowest;
}

test("ln_05 readers that stop reading cost bounded memory, delay nobody and end complete", { timeout: 300_000 }, async (t) => {
  const server = await Server.start(t);
  const writer = await Client.open(t, current, server, "doc:slow");
  const reader = await Client.open(t, current, server, "doc:slow");
  let peak = 0;
  const watch = setInterval(async () => (peak = Math.max(peak, await server.memory().catch(() => 0))), 50);
  t.after(() => clearInterval(watch));

  // First without anybody slow: what the same work costs by itself.
  await write(writer, reader, "warm");
  const usual = peak;
  const slow = await Promise.all(Array.from({ length: SLOW_READERS }, () => RawClient.open(t, server, "doc:slow")));
  for (const client of slow) {
    await client.pull(new Y.Doc());
    client.socket._socket.pause();
  }
  peak = 0;
  const slowest = await write(writer, reader, "slow");
  t.diagnostic(`usual peak ${Math.round(usual / MIB)} MiB, with ${SLOW_READERS} stopped readers ${Math.round(peak / MIB)} MiB; slowest delivery ${Math.round(slowest)} ms`);
  assert.ok(slowest < DELAY_LIMIT_MS, `the slowest delivery took ${Math.round(slowest)} ms`);
  assert.ok(peak - usual < SLOW_READERS * QUEUE + SLACK, `${Math.round((peak - usual) / MIB)} MiB more than usual`);

  const end = writer.text;
  for (const client of slow) {
    client.socket._socket.resume();
    const complete = () => {
      const doc = new Y.Doc();
      client.applyTo(doc);
      return doc.getText("text").toString() === end;
    };
    await eventually(() => client.closed || complete(), "a reader that resumed is complete", 30_000);
    assert.equal(client.closed, undefined, "it was resynchronised in place, not thrown out");
    assert.ok(client.received < TOTAL, "it was sent one difference, not everything it missed");
  }
});
