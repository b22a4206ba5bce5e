// Documents: every published client version converges with itself, with the others and with its own past.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { Client, current, showAll, versions } from "../kit/clients.js";
import { eventually } from "../kit/eventually.js";
import { parse, RawClient, STEP2, SYNC } from "../kit/raw.js";
import { Server } from "../kit/server.js";
import * as Y from "yjs";

for (const version of versions) {
  describe(version.name, () => {
    test("ln_72 two clients in one word converge, emoji, maps and nested types included", async (t) => {
      const server = await Server.start(t);
      const [ann, bob] = await Promise.all([1, 2].map(() => Client.open(t, version, server, "doc:two")));
      ann.type("wörd 👩‍👩‍👧‍👦 ");
      await showAll([ann, bob], "wörd 👩‍👩‍👧‍👦 ");
      for (let step = 0; step < 20; step++) {
        ann.type("a", 2);
        bob.type("😀", 2);
      }
      ann.set("number", 7);
      bob.set("list", [1, "two", null]);
      ann.nest("inner", { key: "vålue" });
      await showAll([ann, bob], (text) => text.length === "wörd 👩‍👩‍👧‍👦 ".length + 20 * 3);
      assert.equal([...ann.text].filter((letter) => letter === "😀").length, 20);
      assert.equal([...ann.text].filter((letter) => letter === "a").length, 20);
      assert.match(ann.text, /^wö.*rd 👩‍👩‍👧‍👦 $/u);
      await eventually(() => [ann, bob].every((c) => c.get("number") === 7 && c.nested("inner", "key") === "vålue"), "maps converge");
      assert.deepEqual(ann.get("list"), bob.get("list"));
      assert.deepEqual(ann.get("list"), [1, "two", null]);
    });

    test("ng_10 a late joiner gets everything that was written before", async (t) => {
      const server = await Server.start(t);
      const early = await Client.open(t, version, server, "doc:late");
      early.type("written early 😀");
      early.nest("inner", { key: "kept" });
      await eventually(async () => (await server.state("doc:late")).length > 20, "the server has it");
      const late = await Client.open(t, version, server, "doc:late");
      await showAll([early, late], "written early 😀");
      await eventually(() => late.nested("inner", "key") === "kept", "nested types are there");
    });

    test("edits of two offline clients merge after the server was killed and restarted, nothing doubled", async (t) => {
      const server = await Server.start(t);
      const [ann, bob] = await Promise.all([1, 2].map(() => Client.open(t, version, server, "doc:offline")));
      ann.type("middle");
      await showAll([ann, bob], "middle");
      await server.kill();
      await eventually(() => !ann.provider.wsconnected && !bob.provider.wsconnected, "both clients notice");
      ann.type("Ann😀 ", 0);
      bob.type(" Bob");
      bob.erase(0, 3);
      await server.restart();
      await Promise.all([ann.synced(), bob.synced()]);
      await showAll([ann, bob], "Ann😀 dle Bob");
      const late = await Client.open(t, version, server, "doc:offline");
      await showAll([ann, bob, late], "Ann😀 dle Bob");
    });

    test("ln_06 nobody sees its own edit doubled", async (t) => {
      const server = await Server.start(t);
      const client = await Client.open(t, version, server, "doc:echo");
      for (const letter of "echo") client.type(letter);
      const witness = await RawClient.open(t, server, "doc:echo");
      await witness.barrier();
      await eventually(async () => {
        const doc = new Y.Doc();
        Y.applyUpdate(doc, await server.state("doc:echo"));
        return doc.getText("text").toString() === "echo";
      }, "the server has the text once");
      assert.equal(client.text, "echo");
    });

    test("a client that lost its connection in the middle comes back to the same text", async (t) => {
      const server = await Server.start(t);
      const [ann, bob] = await Promise.all([1, 2].map(() => Client.open(t, version, server, "doc:lossy")));
      for (let round = 0; round < 5; round++) {
        ann.type(`a${round} `);
        bob.type(`b${round} `);
        ann.dropSocket();
        ann.type(`c${round} `);
      }
      await ann.synced();
      const words = (text) => text.trim().split(" ").sort().join(" ");
      const expected = [0, 1, 2, 3, 4].flatMap((n) => [`a${n}`, `b${n}`, `c${n}`]).sort().join(" ");
      await eventually(() => ann.text === bob.text && ann.text.length === expected.length + 1, "both show the same text", 20_000);
      // Concurrent words may interleave letter by letter, but none is lost and none doubled.
      assert.equal([...words(ann.text)].sort().join(""), [...expected].sort().join(""));
    });
  });
}

test("ln_55 all client versions in one document converge", async (t) => {
  const server = await Server.start(t);
  const clients = await Promise.all(versions.map((version) => Client.open(t, version, server, "doc:mixed")));
  for (let round = 0; round < 10; round++) {
    clients.forEach((client, index) => client.type(String(index), Math.min(round, client.text.length)));
  }
  await showAll(clients, (text) => text.length === 10 * clients.length);
  clients.forEach((_, index) => assert.equal([...clients[0].text].filter((c) => c === String(index)).length, 10));
});

test("ln_01 a client of one document receives nothing of another", async (t) => {
  const server = await Server.start(t);
  const [ann, bob] = await Promise.all([1, 2].map(() => Client.open(t, current, server, "doc:one")));
  const stranger = await RawClient.open(t, server, "doc:other");
  await stranger.pull(new Y.Doc());
  await stranger.barrier();
  const before = stranger.frames.length;
  for (let step = 0; step < 50; step++) ann.type("secret ");
  ann.awareness.setLocalStateField("user", { name: "secret" });
  await showAll([ann, bob], "secret ".repeat(50));
  await stranger.barrier();
  const since = stranger.frames.slice(before).map(parse);
  assert.deepEqual(since.map(({ type }) => type), [102], "nothing but the answer to its own request");
  const handshake = stranger.frames.slice(0, before).map(parse);
  assert.ok(handshake.some(({ type, kind }) => type === SYNC && kind === STEP2));
  assert.ok(stranger.frames.every((frame) => !Buffer.from(frame).includes("secret")));
});

test("ln_02 the address without an id is the notebook default", async (t) => {
  const server = await Server.start(t);
  const bare = await RawClient.open(t, server, "");
  const named = await Client.open(t, current, server, "default");
  const doc = new Y.Doc();
  await bare.pull(doc);
  const before = bare.frames.length;
  named.doc.getMap("state").set("probe", "reaches");
  await eventually(() => bare.frames.slice(before).some((frame) => Buffer.from(frame).includes("reaches")), "the same document");
});

test("a document name may hold slashes, colons, spaces and letters of any language", async (t) => {
  const server = await Server.start(t);
  const room = "doc:équipe/a b:c/😀";
  const [ann, bob] = await Promise.all([1, 2].map(() => Client.open(t, current, server, encodeURI(room))));
  ann.type("same");
  await showAll([ann, bob], "same");
  const escaped = await Client.open(t, current, server, encodeURIComponent(room));
  await showAll([ann, escaped], "same");
});
