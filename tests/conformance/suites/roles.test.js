// Roles: unmodified clients that come with the viewers' token stay connected, read live, are seen, and change nothing.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import * as Y from "yjs";

import { Client, versions } from "../kit/clients.js";
import { eventually } from "../kit/eventually.js";
import { parse, RawClient, STEP1, SYNC } from "../kit/raw.js";
import { Server } from "../kit/server.js";

const VIEWER = "viewers-of-the-conformance-tests";
const AUTH = 2;

/** The text of the document as the server has it. */
async function stored(server, document) {
  const doc = new Y.Doc();
  Y.applyUpdate(doc, await server.state(document));
  return doc.getText("text").toString();
}

for (const version of versions) {
  describe(version.name, () => {
    test("p5 a viewer stays connected and reads live, is seen, and nothing it types leaves its own copy", async (t) => {
      const server = await Server.start(t, { viewerToken: VIEWER });
      const ann = await Client.open(t, version, server, "doc:shown");
      ann.type("shown ");
      const viewer = await Client.open(t, version, server, "doc:shown", { token: VIEWER });
      await eventually(() => viewer.text === "shown ", "the viewer reads what was there");
      viewer.awareness.setLocalStateField("user", { name: "Vera" });
      await eventually(() => ann.sees(viewer)?.user?.name === "Vera", "the viewer is seen");
      for (const letter of "forged") viewer.type(letter);
      ann.type("live", "shown ".length);
      await eventually(() => viewer.text.includes("live") && viewer.text.includes("forged"), "the viewer reads what is typed now");
      // With what it typed it comes back again, as a whole history this time.
      viewer.dropSocket();
      await eventually(() => viewer.closes === 1 && viewer.provider.wsconnected && viewer.provider.synced, "the viewer is back");
      ann.type("!");
      await eventually(() => viewer.text.includes("live!"), "the viewer reads on");
      assert.equal(ann.text, "shown live!");
      assert.equal(await stored(server, "doc:shown"), "shown live!");
      assert.equal(viewer.closes, 1, "the connection ended only when the test cut it");
    });
  });
}

test("p5 a viewer is told before anything else and is never asked for what it has", async (t) => {
  const server = await Server.start(t, { viewerToken: VIEWER });
  const viewer = await RawClient.open(t, server, "doc:first", { token: VIEWER });
  await viewer.pull(new Y.Doc());
  const [first, ...others] = viewer.frames.map(parse);
  assert.equal(first.type, AUTH);
  assert.ok(!others.some(({ type, kind }) => type === SYNC && kind === STEP1), "no question that would call for an answer");
  const editor = await RawClient.open(t, server, "doc:first");
  await editor.barrier();
  assert.ok(editor.frames.every((frame) => frame[0] !== AUTH), "an editor hears nothing of it");
});
