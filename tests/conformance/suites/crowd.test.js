// Many at once: opening a document that does not exist yet, leaving in the middle, coming and going.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Client, current, showAll } from "../kit/clients.js";
import { eventually } from "../kit/eventually.js";
import { RawClient } from "../kit/raw.js";
import { Server } from "../kit/server.js";

const CROWD = 64;

test("64 clients that open a new document at once all see each other", async (t) => {
  const server = await Server.start(t);
  const clients = Array.from({ length: CROWD }, () => new Client(current, server.socketUrl, "doc:crowd", { token: server.token }));
  t.after(() => clients.forEach((client) => client.close()));
  // Typed before the first connection stands: what each brings along must reach all others.
  clients.forEach((client, index) => client.set(`client ${index}`, index));
  await Promise.all(clients.map((client) => client.synced()));
  const sees = (client) => clients.every((_, index) => client.get(`client ${index}`) === index);
  await eventually(() => clients.every(sees), "everybody sees everybody's edit", 30_000);
  await eventually(() => clients.every((client) => client.awareness.getStates().size === CROWD), "and everybody's presence", 30_000);
});

test("ng_08 clients that vanish while others type stop nobody", async (t) => {
  const server = await Server.start(t);
  const stayers = await Promise.all([1, 2, 3].map(() => Client.open(t, current, server, "doc:vanish")));
  for (let round = 0; round < 20; round++) {
    const leaver = await RawClient.open(t, server, "doc:vanish");
    stayers.forEach((client, index) => client.type(String(index)));
    leaver.socket.terminate();
  }
  await showAll(stayers, (text) => text.length === 60);
  assert.equal([...stayers[0].text].sort().join(""), "0".repeat(20) + "1".repeat(20) + "2".repeat(20));
});

test("ng_07 a thousand connections leave nothing behind", async (t) => {
  const server = await Server.start(t);
  const connections = async () => {
    const text = await (await server.fetch("/metrics")).text();
    return Number(text.match(/^coscribe_connections(?:\{[^}]*\})? (\d+)/m)?.[1]);
  };
  for (let round = 0; round < 20; round++) {
    const batch = await Promise.all(Array.from({ length: 50 }, () => RawClient.open(t, server, "doc:many")));
    assert.ok(batch.every((client) => client.open), "each was let in");
    batch.forEach((client) => client.socket.terminate());
  }
  await eventually(async () => (await connections()) === 0, "the server counts no connection");
});
