// Saved means saved: what a client was told is safe is there after `kill -9` in the same instant.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Client, current, savedTeller, showAll } from "../kit/clients.js";
import { eventually } from "../kit/eventually.js";
import { Proxy } from "../kit/proxy.js";
import { ACK, bytesMessage, RawClient, syncMessage, UPDATE } from "../kit/raw.js";
import { Server } from "../kit/server.js";
import * as Y from "yjs";

const ROUNDS = 20;

const saved = (client) => client.provider.syncStatus.localUpdatesSynced;

test("the saved indicator turns green only when the edit is on disk", async (t) => {
  const server = await Server.start(t);
  let expected = "";
  for (let round = 0; round < ROUNDS; round++) {
    const client = await Client.open(t, savedTeller, server, "doc:green");
    await showAll([client], expected);
    const green = new Promise((resolve) => {
      client.provider.on("sync-status", (status) => {
        if (!status.localUpdatesSynced || client.text === expected) return;
        server.killNow();
        resolve();
      });
    });
    client.type(`round ${round}; `);
    if (round % 3 === 2) client.erase(0, 2);
    await green;
    expected = client.text;
    client.close();
    await server.kill();
    await server.restart();
    const fresh = await Client.open(t, current, server, "doc:green");
    assert.equal(fresh.text, expected, `round ${round}: what was shown as saved is there`);
    fresh.close();
  }
});

test("an acknowledged update is on disk", async (t) => {
  const server = await Server.start(t);
  const author = new Y.Doc();
  let update;
  author.on("update", (bytes) => (update = bytes));
  for (let round = 0; round < ROUNDS; round++) {
    const client = await RawClient.open(t, server, "doc:ack");
    author.getText("text").insert(0, `${round} `);
    const acknowledged = new Promise((resolve) => {
      client.socket.on("message", (frame) => {
        if (frame[0] !== ACK) return;
        server.killNow();
        resolve(Buffer.from(frame).toString("hex"));
      });
    });
    client.send(syncMessage(UPDATE, update));
    client.send(bytesMessage(ACK, Uint8Array.of(round, 255)));
    assert.equal(await acknowledged, `6602${round.toString(16).padStart(2, "0")}ff`, "the request comes back as it was");
    await server.kill();
    await server.restart();
    const doc = new Y.Doc();
    Y.applyUpdate(doc, await server.state("doc:ack"));
    assert.equal(doc.getText("text").toString(), author.getText("text").toString());
  }
});

test("what another client was shown is on disk", async (t) => {
  const server = await Server.start(t);
  for (let round = 0; round < ROUNDS; round++) {
    const writer = await Client.open(t, current, server, "doc:shown");
    const reader = await Client.open(t, current, server, "doc:shown");
    const before = reader.text;
    const shown = new Promise((resolve) => {
      reader.doc.on("update", () => {
        if (reader.text === before) return;
        server.killNow();
        resolve(reader.text);
      });
    });
    writer.type(`${round} `);
    const text = await shown;
    writer.close();
    reader.close();
    await server.kill();
    await server.restart();
    const fresh = await Client.open(t, current, server, "doc:shown");
    assert.equal(fresh.text, text);
    fresh.close();
  }
});

test("an indicator whose echo was lost with the connection turns green after the reconnect", async (t) => {
  const server = await Server.start(t);
  const proxy = await Proxy.to(t, server.port);
  const client = await Client.open(t, savedTeller, server, "doc:hole", { url: proxy.socketUrl });
  const witness = await Client.open(t, current, server, "doc:hole");
  client.type("seed ");
  await eventually(() => saved(client), "green before the loss");
  for (const edit of [() => client.type("lost echo"), () => client.erase(0, 3), () => client.set("key", "value")]) {
    proxy.down = false;
    edit();
    assert.ok(!saved(client));
    await eventually(
      () => witness.text === client.text && witness.get("key") === client.get("key"),
      "the edit arrived at the server and at others",
    );
    proxy.cut();
    await eventually(() => client.provider.syncStatus.status === "green", "green after the reconnect", 15_000);
  }
});

test("an update sent twice is confirmed twice", async (t) => {
  const server = await Server.start(t);
  const client = await RawClient.open(t, server, "doc:twice");
  await client.pull(new Y.Doc());
  const doc = new Y.Doc();
  doc.getText("text").insert(0, "once");
  const update = Y.encodeStateAsUpdate(doc);
  const echoes = () => client.frames.filter((frame) => Buffer.from(frame).includes("once")).length;
  for (const expected of [1, 2]) {
    client.send(syncMessage(UPDATE, update));
    await eventually(() => echoes() >= expected, "the sender gets its update back");
  }
});

test("a server that is told to stop closes with 1012 and leaves everything on disk within two seconds", async (t) => {
  const server = await Server.start(t);
  const raw = await RawClient.open(t, server, "doc:stop");
  await raw.pull(new Y.Doc());
  const client = await Client.open(t, current, server, "doc:stop");
  client.type("last words");
  await eventually(() => raw.frames.some((frame) => Buffer.from(frame).includes("last words")), "it was sent");
  const from = performance.now();
  process.kill(server.pid, "SIGTERM");
  assert.equal((await raw.ended()).code, 1012);
  await eventually(() => !server.alive, "the process ends");
  assert.ok(performance.now() - from < 2_000, `it took ${Math.round(performance.now() - from)} ms`);
  await server.restart();
  await client.synced();
  const fresh = await Client.open(t, current, server, "doc:stop");
  assert.equal(fresh.text, "last words");
});
