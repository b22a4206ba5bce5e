// Hostile and broken clients: the damage ends at their own connection. `dependencies.md` §1.5 numbers the reproducers.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import * as encoding from "lib0/encoding";
import { WebSocket } from "ws";
import * as Y from "yjs";

import { Client, current, showAll } from "../kit/clients.js";
import { eventually } from "../kit/eventually.js";
import { AWARENESS, awarenessMessage, bytesMessage, hex, parse, RawClient, STEP1, STEP2, SYNC, syncMessage, UPDATE } from "../kit/raw.js";
import { Server } from "../kit/server.js";

const MIB = 1 << 20;
// An edit between two honest clients while somebody misbehaves, on a loaded machine.
const CALM_MS = 3_000;

/** A server with two honest clients in one document; `unharmed` checks that all is well with them. */
async function scene(t, room = "doc:scene") {
  const server = await Server.start(t);
  const pair = await Promise.all([1, 2].map(() => Client.open(t, current, server, room)));
  const pid = server.pid;
  pair[0].type("precious");
  await showAll(pair, "precious");
  let expected = "precious";
  const unharmed = async () => {
    for (const client of pair) {
      client.type(".");
      expected += ".";
      await showAll(pair, expected, CALM_MS);
    }
    const late = new Client(current, server.socketUrl, room, { token: server.token });
    await late.synced();
    assert.equal(late.text, expected, "a late joiner gets the document");
    late.close();
    assert.deepEqual(pair.map((client) => client.closes), [0, 0], "no honest client lost its connection");
    assert.ok(server.alive && server.pid === pid, "the process is the same");
  };
  return { server, pair, room, unharmed };
}

const refused = async (client) => {
  const { code } = await client.ended();
  assert.ok([1002, 1003, 1007, 1008, 1009].includes(code), `closed with ${code}`);
};

describe("ln_07 an unknown or malformed message is ignored and the connection stays", () => {
  const messages = {
    "a text frame": ["hello", { binary: false }],
    "an empty frame": [new Uint8Array()],
    "an unknown message type": [hex("2a0301020304")],
    "an unknown sync kind": [hex("000903010203")],
    "a truncated sync message": [hex("000264010203")],
    "a lone zero": [hex("00")],
    "two zeros": [hex("0000")],
    "a truncated presence": [hex("0105")],
    "a question for presence": [hex("03")],
    "an auth message": [hex("0200026869")],
  };
  for (const [name, [bytes, options]] of Object.entries(messages)) {
    test(name, async (t) => {
      const { server, room, unharmed } = await scene(t);
      const odd = await RawClient.open(t, server, room);
      odd.send(bytes, options);
      await odd.barrier();
      assert.ok(odd.open, "the connection stays");
      await unharmed();
    });
  }

  test("bytes after a message are ignored, the message is not", async (t) => {
    const { server, pair, room } = await scene(t);
    const odd = await RawClient.open(t, server, room);
    const doc = new Y.Doc();
    doc.getMap("map").set("odd", true);
    odd.send(Buffer.concat([syncMessage(UPDATE, Y.encodeStateAsUpdate(doc)), hex("0000ff")]));
    await eventually(() => pair.every((client) => client.get("odd")), "the update arrives");
    assert.ok(odd.open);
  });
});

/** An update that inserts arrays, `depth` deep, at the root `text`. */
const nestedArrays = (depth) => hex(`0101070008010474657874017501${"7501".repeat(depth - 1)}7e00`);

/** `levels` maps, each inside the one before, as one update. */
function nestedMaps(levels) {
  const doc = new Y.Doc();
  doc.transact(() => {
    let map = doc.getMap("map");
    for (let level = 0; level < levels; level++) map = map.set("k", new Y.Map());
  });
  return Y.encodeStateAsUpdate(doc);
}

describe("the reproducers of bytes that yrs cannot bear harm nobody but their sender", () => {
  // These two name a clock that skips what the server has: they may also be answered as an honest gap.
  const gaps = {
    "4 a document that could never be encoded again": hex("01013705423704000000"),
    "4b the same through other bytes": hex("0101370172443700013100"),
  };
  for (const [name, update] of Object.entries(gaps)) {
    for (const kind of [STEP2, UPDATE]) {
      test(`${name}, as ${kind === STEP2 ? "step 2" : "an update"}`, async (t) => {
        const { server, room, unharmed } = await scene(t);
        const before = await server.state(room);
        const hostile = await RawClient.open(t, server, room);
        hostile.send(syncMessage(kind, update));
        await Promise.race([hostile.barrier(), hostile.ended()]);
        assert.deepEqual(await server.state(room), before, "the document is unchanged");
        await unharmed();
      });
    }
  }

  const updates = {
    "1 ten thousand nested arrays": nestedArrays(10_000),
    "5 a division by zero in the block store": hex("0101370200ffffffff0f00443701013200"),
    "5b an index out of the block store": hex("010137feffffff0f44070301340137010202"),
    "6 a clock that overflows": hex("0102b5cabfad03ffffffff0fc4071607050672656d6f7465c8072a072b017701720107040005000512021202"),
    "7 four bytes that reserve 512 MiB": hex("ffffff7f"),
    "a client id over 53 bits": hex("0101ffffffffffffffffff0100040104746578740161" + "00"),
    "bytes after the update": hex("000000"),
    "a delete set that claims more than there is": hex("0001ffffff7f"),
    "a text that is not UTF-8": hex("010107000401047465787402c32800"),
  };
  for (const [name, update] of Object.entries(updates)) {
    for (const kind of [STEP2, UPDATE]) {
      test(`${name}, as ${kind === STEP2 ? "step 2" : "an update"}`, async (t) => {
        const { server, room, unharmed } = await scene(t);
        const before = await server.memory();
        const hostile = await RawClient.open(t, server, room);
        hostile.send(syncMessage(kind, update));
        await refused(hostile);
        await unharmed();
        assert.ok((await server.memory()) - before < 128 * MIB, "no large allocation");
      });
    }
  }

  test("7 four bytes as a state vector", async (t) => {
    const { server, room, unharmed } = await scene(t);
    const hostile = await RawClient.open(t, server, room);
    hostile.send(syncMessage(STEP1, hex("ffffff7f")));
    await refused(hostile);
    await unharmed();
  });

  test("7 four bytes as presence", async (t) => {
    const { server, room, unharmed } = await scene(t);
    const hostile = await RawClient.open(t, server, room);
    hostile.send(bytesMessage(AWARENESS, hex("ffffff7f")));
    await refused(hostile);
    await unharmed();
  });

  test("2 twenty thousand nested maps in one update", async (t) => {
    const { server, room, unharmed } = await scene(t);
    const hostile = await RawClient.open(t, server, room);
    hostile.send(syncMessage(UPDATE, nestedMaps(20_000)));
    await refused(hostile);
    await unharmed();
  });

  test("2 nested maps sent piece by piece, then deleted", async (t) => {
    const { server, room, unharmed } = await scene(t);
    const hostile = await RawClient.open(t, server, room);
    const doc = new Y.Doc();
    doc.on("update", (update) => hostile.open && hostile.send(syncMessage(UPDATE, update)));
    let map = doc.getMap("deep");
    for (let piece = 0; piece < 40; piece++) {
      doc.transact(() => {
        for (let level = 0; level < 500; level++) map = map.set("k", new Y.Map());
      });
    }
    // Deletes the outermost map. Written by hand: Yjs itself has no stack for it, which is what the others must be spared.
    hostile.send(syncMessage(UPDATE, deletion(doc.clientID, 0)));
    await Promise.race([hostile.barrier(20_000), hostile.ended(20_000)]);
    await unharmed();
  });

  test("3 known ids sent again with other lengths", async (t) => {
    const { server, pair, room, unharmed } = await scene(t);
    const hostile = await RawClient.open(t, server, room);
    const other = new Y.Doc();
    other.clientID = pair[0].doc.clientID;
    other.getText("text").insert(0, "not");
    other.getText("text").insert(0, "so");
    hostile.send(syncMessage(UPDATE, Y.encodeStateAsUpdate(other)));
    await Promise.race([hostile.barrier(), hostile.ended()]);
    const state = new Y.Doc();
    Y.applyUpdate(state, await server.state(room));
    assert.equal(state.getText("text").toString(), "precious", "what was there stands");
    assert.ok(server.alive);
    await unharmed();
  });

  test("8 twenty thousand updates that wait for something that never comes", async (t) => {
    const { server, room, unharmed } = await scene(t);
    const hostile = await RawClient.open(t, server, room);
    const before = await server.memory();
    for (let index = 0; index < 20_000 && hostile.open; index++) {
      hostile.send(syncMessage(UPDATE, parked(1_000 + index)));
    }
    await unharmed();
    await Promise.race([hostile.barrier(30_000), hostile.ended(30_000)]);
    assert.ok((await server.memory()) - before < 128 * MIB, "nothing is kept waiting in memory");
    await unharmed();
  });
});

/** An update of `client` whose one item stands after an item that nobody has. */
function parked(client) {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, 1); // clients
  encoding.writeVarUint(encoder, 1); // blocks
  encoding.writeVarUint(encoder, client);
  encoding.writeVarUint(encoder, 0); // clock
  encoding.writeUint8(encoder, 0x84); // a string with a left origin
  encoding.writeVarUint(encoder, 9);
  encoding.writeVarUint(encoder, 5);
  encoding.writeVarString(encoder, "x");
  encoding.writeVarUint(encoder, 0); // deletes
  return encoding.toUint8Array(encoder);
}

/** An update that only deletes one item. */
function deletion(client, clock) {
  const encoder = encoding.createEncoder();
  for (const number of [0, 1, client, 1, clock, 1]) encoding.writeVarUint(encoder, number);
  return encoding.toUint8Array(encoder);
}

test("an update with a gap is not merged, not acknowledged as new, and answered with what the server has", async (t) => {
  const { server, room, unharmed } = await scene(t);
  const client = await RawClient.open(t, server, room);
  const doc = new Y.Doc();
  const updates = [];
  doc.on("update", (update) => updates.push(update));
  for (const letter of "gap") doc.getText("other").insert(doc.getText("other").length, letter);
  const frames = client.frames.length;
  client.send(syncMessage(UPDATE, updates[2]));
  await eventually(
    () => client.frames.slice(frames).some((frame) => frame[0] === SYNC && frame[1] === STEP1),
    "the server asks for what it lacks",
  );
  const step1 = client.frames.slice(frames).map(parse).find(({ type, kind }) => type === SYNC && kind === STEP1);
  assert.equal(Y.decodeStateVector(step1.payload).get(doc.clientID), undefined, "nothing of it was merged");
  client.send(syncMessage(STEP2, Y.encodeStateAsUpdate(doc, step1.payload)));
  await client.barrier();
  const state = new Y.Doc();
  Y.applyUpdate(state, await server.state(room));
  assert.equal(state.getText("other").toString(), "gap");
  await unharmed();
});

test("a message over 16 MiB is refused with 1009", async (t) => {
  const { server, room, unharmed } = await scene(t);
  const hostile = await RawClient.open(t, server, room);
  hostile.send(syncMessage(UPDATE, new Uint8Array(16 * MIB + 1)));
  assert.equal((await hostile.ended()).code, 1009);
  await unharmed();
});

describe("a flood delays nobody else", () => {
  const flood = (name, message, count) =>
    test(name, async (t) => {
      const { server, room, unharmed } = await scene(t);
      const before = await server.memory();
      const hostile = await RawClient.open(t, server, room);
      for (let index = 0; index < count && hostile.open; index++) hostile.send(message(index));
      await unharmed();
      await Promise.race([hostile.barrier(60_000), hostile.ended(60_000)]).catch((error) => {
        throw new Error(`the flood was neither dealt with nor refused: ${error.message}`);
      });
      await unharmed();
      assert.ok((await server.memory()) - before < 256 * MIB, "memory stays bounded");
    });
  const doc = new Y.Doc();
  const edits = [];
  doc.on("update", (update) => edits.push(syncMessage(UPDATE, update)));
  for (let index = 0; index < 20_000; index++) doc.getText("flood").insert(index, "x");
  flood("of presence", (index) => awarenessMessage([[77, index + 1, { index }]]), 20_000);
  flood("of questions for the whole document", () => syncMessage(STEP1, hex("00")), 20_000);
  flood("of garbage", () => hex("2aff00ff"), 20_000);
  flood("of tiny updates", (index) => edits[index], edits.length);
});

describe("who may not come in, does not", () => {
  /** How an attempt ends: an HTTP status, or the close code that follows the upgrade, or 101 for being let in. */
  const attempt = (server, { url = `${server.socketUrl}/default`, headers } = {}) =>
    new Promise((resolve, reject) => {
      const socket = new WebSocket(url, { headers });
      socket.on("unexpected-response", (_, response) => resolve(response.statusCode));
      socket.on("message", () => {
        resolve(101);
        socket.terminate();
      });
      socket.on("close", resolve);
      socket.on("error", reject);
    });

  test("a missing or wrong token ends in 4401, which clients take as final; a foreign origin is not upgraded", async (t) => {
    const server = await Server.start(t);
    const token = { Authorization: `Bearer ${server.token}` };
    assert.equal(await attempt(server), 4401);
    assert.equal(await attempt(server, { url: `${server.socketUrl}/default?token=wrong` }), 4401);
    assert.equal(await attempt(server, { headers: { ...token, Origin: "http://evil.example" } }), 403);
    assert.equal(await attempt(server, { headers: { ...token, Origin: "null" } }), 403);
    assert.equal(await attempt(server, { headers: { ...token, Origin: server.url } }), 101);
    assert.equal(await attempt(server, { headers: token }), 101);
  });

  test("a notebook that does not exist ends in 4404, a name that is none in 1008", async (t) => {
    const server = await Server.start(t);
    const headers = { Authorization: `Bearer ${server.token}` };
    const code = (name) => attempt(server, { url: `${server.socketUrl}/${name}`, headers });
    assert.equal(await code("no-such-notebook"), 4404);
    for (const name of ["a%20b", "doc:", "project:", `doc:${"x".repeat(300)}`]) assert.equal(await code(name), 1008, name);
  });
});
