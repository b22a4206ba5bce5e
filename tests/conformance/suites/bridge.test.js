// `coscribe widgets bridge`: programs of pgwidgets as they are published, before several browsers.
//
// Everywhere with recordings of real programs; with the real package where there is a Python for it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { eventually } from "../kit/eventually.js";
import { Bridge, RealProgram, realPrograms, RecordedProgram } from "../kit/programs.js";
import { Server } from "../kit/server.js";
import { WidgetsClient } from "../kit/widgets.js";

const open = (t, server, bridge) => WidgetsClient.open(t, server, bridge.session);

async function bridged(t, Program, name) {
  const server = await Server.start(t);
  const program = await Program.start(t, name);
  const bridge = await Bridge.start(t, server, program);
  return { server, program, bridge };
}

/** The window of the seed before two browsers, a press in one, and a third that joins. */
async function pressedBeforeSeveral(t, Program) {
  const { server, program, bridge } = await bridged(t, Program, "remote_sync");
  const [ann, ben] = [await open(t, server, bridge), await open(t, server, bridge)];
  await ann.waitFor("Label", { text: "Ready" });
  const window = await ann.waitFor("TopLevel", { title: "Remote App", visible: true });
  assert.deepEqual(window.state.size, [400, 300]);
  assert.equal((await ann.waitFor("VBox")).state.spacing, 8);
  const button = await ben.waitFor("Button", { text: "Click me" });
  await eventually(() => ben.all.find((widget) => widget.wid === button.wid).listens?.activated, "the program listens");
  await ben.act(button.wid, "activated");
  for (const browser of [ann, ben]) await browser.waitFor("Label", { text: "Clicked!" });
  const [updates, shown] = [ann.updates, ann.shown];
  const carl = await open(t, server, bridge);
  await carl.waitFor("Label", { text: "Clicked!" });
  assert.deepEqual([ann.updates, ann.shown, ann.client.closes], [updates, shown, 0], "joining replays nothing to the others");
  return { server, program, bridge, ann };
}

test("pg_02 pg_11 a program of pgwidgets, as recorded, shows in several browsers, and one that joins disturbs none", async (t) => {
  const { program } = await pressedBeforeSeveral(t, RecordedProgram);
  assert.deepEqual(program.failures, []);
});

test("pg_07 pg_13 a program that goes and comes back is taken up again, with the session that it gave", async (t) => {
  const { program, ann } = await pressedBeforeSeveral(t, RecordedProgram);
  await program.stop();
  await ann.programIs("gone");
  await ann.waitFor("Label", { text: "Clicked!" });
  const before = ann.all.map(({ wid }) => wid).sort();
  await program.again(1);
  await ann.programIs("connected");
  await eventually(() => program.greetings.length === 2, "the program is greeted again");
  assert.equal(program.greetings[0].session_id, undefined);
  assert.deepEqual([program.greetings[1].session_id, typeof program.greetings[1].token], [1, "string"]);
  await ann.waitFor("Label", { text: "Clicked!" });
  assert.deepEqual(ann.all.map(({ wid }) => wid).sort(), before, "what it repeats is what is there");
  assert.deepEqual(program.failures, []);
});

test("pg_13 server and bridge are killed in turn, and the program notices nothing", async (t) => {
  const { server, program, bridge } = await bridged(t, RecordedProgram, "gallery");
  const ann = await open(t, server, bridge);
  await ann.waitFor("Slider", { value: 3 });
  await ann.waitFor("TopLevel", { visible: true });
  await server.kill();
  await server.restart();
  await ann.client.synced();
  await ann.programIs("connected");
  await ann.act((await ann.waitFor("Slider")).wid, "activated", 7);
  await ann.waitFor("Label", { text: "slid to 7" });
  assert.equal(program.sockets.size, 1, "the program was left alone");
  await bridge.kill();
  await ann.programIs("gone");
  const { session } = bridge;
  await bridge.again();
  assert.equal(bridge.session, session);
  await ann.programIs("connected");
  await ann.waitFor("Label", { text: "slid to 7" });
  assert.deepEqual(program.failures, []);
});

test("pg_17 menus, tables, pages and pictures of a recorded program arrive, whoever gives the numbers", async (t) => {
  const { server, program, bridge } = await bridged(t, RecordedProgram, "gallery");
  const ann = await open(t, server, bridge);
  await ann.waitFor("TopLevel", { visible: true });
  const [menu, entry] = [await ann.waitFor("MenuAction", { text: "Open" }), await ann.waitFor("TextEntry", { text: "half" })];
  assert.notEqual(menu.wid, entry.wid, "the package itself gives both the number 4");
  assert.deepEqual((await ann.waitFor("TableView")).state.rows, [["Ann", 40], ["Ben", 41]]);
  assert.equal((await ann.waitFor("TabWidget")).children.length, 2);
  const picture = await eventually(async () => (await ann.waitFor("Image")).state.image, "the picture is there");
  assert.equal(picture.mime, "image/png");
  const content = new Uint8Array(await (await server.fetch(`/api/blobs/${picture.__blob__}`)).arrayBuffer());
  assert.deepEqual([...content.slice(1, 4)], [..."PNG"].map((letter) => letter.charCodeAt(0)));
  assert.deepEqual(program.failures, []);
});

const real = realPrograms ? {} : { skip: "no Python with pgwidgets-python" };

test("pg_02 pg_11 the real program of the seed shows in several browsers, and one that joins disturbs none", real, async (t) => {
  await pressedBeforeSeveral(t, RealProgram);
});

test("pg_13 a real program that is killed is taken up with what people made of it, and goes on", real, async (t) => {
  const { server, program, bridge } = await bridged(t, RealProgram, "gallery");
  const [ann, ben] = [await open(t, server, bridge), await open(t, server, bridge)];
  await ann.waitFor("TopLevel", { visible: true });
  const { wid: slider } = await ann.waitFor("Slider", { value: 3 });
  const { wid: entry } = await ann.waitFor("TextEntry", { text: "half" });
  await ann.act((await ann.waitFor("MenuAction")).wid, "activated");
  await ben.waitFor("Label", { text: "Open" });
  ann.type(entry, 4, "-typed");
  await ben.waitFor("TextEntry", { text: "half-typed" });
  await ann.act(entry, "activated");
  await ben.waitFor("Label", { text: "entered half-typed" });
  await ann.act(slider, "activated", 8);
  await ben.waitFor("Label", { text: "slid to 8" });
  await program.stop();
  await ann.programIs("gone");
  program.again();
  await ann.programIs("connected");
  await ann.act(slider, "activated", 9);
  await ben.waitFor("Label", { text: "slid to 9" });
  await ben.waitFor("TextEntry", { text: "half-typed" });
  assert.equal(ann.all.length, 14);
});

test("pg_17 files of a browser arrive in a real program", real, async (t) => {
  const { server, bridge } = await bridged(t, RealProgram, "gallery");
  const ann = await open(t, server, bridge);
  await ann.waitFor("TopLevel", { visible: true });
  const { sha256 } = await server.rest("POST", "/api/blobs", "what the file holds");
  const dialog = await ann.waitFor("FileDialog");
  await ann.act(dialog.wid, "activated", { files: [{ name: "a.txt", size: 19, type: "text/plain", blob: sha256 }] });
  await ann.waitFor("Label", { text: "what the file holds" });
});
