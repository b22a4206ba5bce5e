// Presence: who is there appears, changes and disappears; nobody can speak for somebody else.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { Client, current, versions } from "../kit/clients.js";
import { eventually } from "../kit/eventually.js";
import { awarenessMessage, RawClient } from "../kit/raw.js";
import { Server } from "../kit/server.js";

// LN-04: an avatar appears and disappears within a second. Twice that, for a loaded machine.
const SOON_MS = 2_000;

const join = async (t, version, server, room, name) => {
  const client = await Client.open(t, version, server, room);
  client.awareness.setLocalStateField("user", { name, color: "#336699" });
  return client;
};
const seesName = (viewer, other, name, limit = SOON_MS) =>
  eventually(() => viewer.sees(other)?.user?.name === name, `${name} is seen`, limit);
const seesNobody = (viewer, other, limit = SOON_MS) =>
  eventually(() => viewer.sees(other) === undefined, "the one who left is no longer seen", limit);

for (const version of versions) {
  describe(version.name, () => {
    test("ln_04 ln_62 a client appears with name and caret, moves it, and disappears when it leaves", async (t) => {
      const server = await Server.start(t);
      const ann = await join(t, version, server, "doc:room", "Ann");
      const bob = await join(t, version, server, "doc:room", "Bob");
      await Promise.all([seesName(ann, bob, "Bob"), seesName(bob, ann, "Ann")]);
      bob.awareness.setLocalStateField("cursor", { anchor: 3, head: 5 });
      await eventually(() => ann.sees(bob)?.cursor?.head === 5, "Ann sees Bob's caret", SOON_MS);
      bob.disconnect();
      await seesNobody(ann, bob);
      assert.equal(ann.awareness.getStates().size, 1);
    });

    test("ln_04 a client whose socket breaks disappears, and is seen again as soon as it is back", async (t) => {
      const server = await Server.start(t);
      const ann = await join(t, version, server, "doc:room", "Ann");
      const bob = await join(t, version, server, "doc:room", "Bob");
      await seesName(ann, bob, "Bob");
      const gone = new Promise((resolve) =>
        ann.awareness.on("change", ({ removed }) => removed.includes(bob.doc.clientID) && resolve()),
      );
      bob.dropSocket();
      await gone;
      await bob.synced();
      // It announces itself with the clock it had before: a server that remembers that clock would not show it.
      await seesName(ann, bob, "Bob");
    });

    test("a late joiner sees who is already there", async (t) => {
      const server = await Server.start(t);
      const ann = await join(t, version, server, "doc:room", "Ann");
      const late = await join(t, version, server, "doc:room", "Late");
      await seesName(late, ann, "Ann");
    });
  });
}

test("ln_04 clients of all versions see each other", async (t) => {
  const server = await Server.start(t);
  const clients = await Promise.all(versions.map((version) => join(t, version, server, "doc:mixed", version.name)));
  await eventually(() => clients.every((client) => client.awareness.getStates().size === versions.length), "all see all");
});

test("ln_74 nobody can announce the client id of another live connection", async (t) => {
  const server = await Server.start(t);
  const ann = await join(t, current, server, "doc:forged", "Ann");
  const bob = await join(t, current, server, "doc:forged", "Bob");
  await seesName(ann, bob, "Bob");
  const forger = await RawClient.open(t, server, "doc:forged");
  let lies = 0;
  ann.awareness.on("change", () => ann.sees(bob)?.user?.name !== "Bob" && lies++);
  forger.send(awarenessMessage([[bob.doc.clientID, 1_000_000, { user: { name: "Mallory" } }]]));
  forger.send(awarenessMessage([[bob.doc.clientID, 1_000_001, null]]));
  // A presence of its own passes, and shows that the forged ones before it have been dealt with.
  forger.send(awarenessMessage([[4242, 1, { user: { name: "honest" } }]]));
  await eventually(() => ann.awareness.getStates().has(4242) || forger.closed, "the forger's messages were handled");
  assert.equal(ann.sees(bob)?.user?.name, "Bob");
  forger.socket.terminate();
  await eventually(() => !ann.awareness.getStates().has(4242), "the forger's own presence leaves");
  bob.awareness.setLocalStateField("cursor", { head: 1 });
  await eventually(() => ann.sees(bob)?.cursor?.head === 1, "Bob can still move");
  assert.equal(lies, 0, "Bob was never shown under another name or as gone");
});

test("presence that is not JSON or too large reaches nobody", async (t) => {
  const server = await Server.start(t);
  const ann = await join(t, current, server, "doc:bad-presence", "Ann");
  const bad = [awarenessMessage([[7, 1, "{not json"]]), awarenessMessage([[8, 1, JSON.stringify("x".repeat(100_000))]])];
  for (const message of bad) {
    const hostile = await RawClient.open(t, server, "doc:bad-presence");
    hostile.send(message);
    hostile.send(awarenessMessage([[9, 1, { user: { name: "later" } }]]));
    await eventually(() => ann.awareness.getStates().has(9) || hostile.closed, "the message was handled");
    hostile.socket.terminate();
    await eventually(() => !ann.awareness.getStates().has(9), "the sender is gone again");
  }
  assert.ok(![7, 8].some((id) => ann.awareness.getStates().has(id)));
  const bob = await join(t, current, server, "doc:bad-presence", "Bob");
  await Promise.all([seesName(ann, bob, "Bob"), seesName(bob, ann, "Ann")]);
});
