// Jupyter's own notebook model (`@jupyter/ydoc`) opens our live documents, edits them and moves cells its own way.

import assert from "node:assert/strict";
import { test } from "node:test";

import { eventually } from "../kit/eventually.js";
import { cellIds, CODE, createNotebook, exported, importNotebook, JupyterClient } from "../kit/notebooks.js";
import { Server } from "../kit/server.js";

/** What both sides must agree on for each cell. */
const essence = ({ cells }) =>
  cells.map(({ id, cell_type, source, outputs, execution_count, attachments }) => ({
    id,
    cell_type,
    source: [source].flat().join(""),
    ...(outputs ? { outputs: outputs.map(flat), execution_count: execution_count ?? null } : {}),
    ...(attachments && Object.keys(attachments).length ? { attachments } : {}),
  }));
/** An output with line arrays joined: files hold both forms, models hold one string. */
const flat = (output) =>
  JSON.parse(JSON.stringify(output), (key, value) =>
    Array.isArray(value) && key !== "traceback" && value.every((line) => typeof line === "string") ? value.join("") : value,
  );

test("ln_72 a notebook with every kind of cell opens in Jupyter's model", async (t) => {
  const server = await Server.start(t);
  const { id, code } = await createNotebook(server);
  const jupyter = await JupyterClient.open(t, server, id);
  await jupyter.shows([code, "note-1", "prompt-1", "raw-1"]);
  assert.deepEqual(jupyter.model.cells.map((cell) => cell.cell_type), ["code", "markdown", "code", "raw"]);
  assert.equal(jupyter.cell(code).getSource(), CODE);
  assert.equal(jupyter.cell("prompt-1").metadata.coscribe.kind, "prompt");
  assert.equal(jupyter.model.nbformat, 4);
  assert.equal(jupyter.model.nbformat_minor, 5);
});

for (const file of ["nbformat_test4.5.ipynb", "tools_numpy.ipynb", "index.ipynb"]) {
  test(`an imported ${file} is the same in Jupyter's model as in our export`, async (t) => {
    const server = await Server.start(t);
    const id = await importNotebook(server, file);
    const jupyter = await JupyterClient.open(t, server, id);
    assert.deepEqual(essence(jupyter.json()), essence(await exported(server, id)));
    assert.ok(jupyter.ids.length > 5);
  });
}

test("edits in Jupyter's model arrive: text, a new cell, outputs, metadata, a deleted cell", async (t) => {
  const server = await Server.start(t);
  const { id, code } = await createNotebook(server);
  const [ann, bob] = [await JupyterClient.open(t, server, id), await JupyterClient.open(t, server, id)];
  ann.cell(code).updateSource(0, 5, "display");
  bob.cell("note-1").setSource("rewritten");
  ann.model.insertCell(1, { cell_type: "markdown", source: "between", id: "between" });
  ann.cell(code).setOutputs([{ output_type: "stream", name: "stdout", text: "one\n" }]);
  ann.cell(code).appendStreamOutput(0, "two\n");
  ann.cell(code).execution_count = 3;
  bob.cell("raw-1").setMetadata("tags", ["kept"]);
  bob.model.deleteCell(bob.index("prompt-1"));
  const order = [code, "between", "note-1", "raw-1"];
  await Promise.all([ann.shows(order), bob.shows(order)]);
  await eventually(async () => (await cellIds(server, id)).join() === order.join(), "REST has the same order");
  const out = await exported(server, id);
  const [first, between, note, raw] = out.cells;
  assert.equal([first.source].flat().join(""), "display('😀')\n1 + 1");
  assert.equal([first.outputs[0].text].flat().join(""), "one\ntwo\n");
  assert.equal(first.execution_count, 3);
  assert.equal([between.source].flat().join(""), "between");
  assert.equal([note.source].flat().join(""), "rewritten");
  assert.deepEqual(raw.metadata.tags, ["kept"]);
  assert.deepEqual(essence(ann.json()), essence(bob.json()));
  assert.deepEqual(essence(ann.json()), essence(out));
});

test("ln_54 a cell that Jupyter moves physically moves for everybody, once", async (t) => {
  const server = await Server.start(t);
  const { id, code } = await createNotebook(server);
  const jupyter = await JupyterClient.open(t, server, id);
  jupyter.model.moveCell(0, 3);
  const order = ["note-1", "prompt-1", "raw-1", code];
  await eventually(async () => (await cellIds(server, id)).join() === order.join(), "REST shows the move");
  await jupyter.shows(order);
  assert.equal(jupyter.cell(code).getSource(), CODE);
});

test("ln_54 two concurrent physical moves give one copy of each cell", async (t) => {
  const server = await Server.start(t);
  const { id, code } = await createNotebook(server);
  const [ann, bob] = [await JupyterClient.open(t, server, id), await JupyterClient.open(t, server, id)];
  ann.client.disconnect();
  bob.client.disconnect();
  ann.model.moveCell(0, 3);
  bob.model.moveCell(0, 2);
  ann.client.connect();
  bob.client.connect();
  await Promise.all([ann.client.synced(), bob.client.synced()]);
  const once = (ids) => [...ids].sort().join() === [code, "note-1", "prompt-1", "raw-1"].sort().join();
  await eventually(async () => once(await cellIds(server, id)) && once(ann.ids) && once(bob.ids), () => `one copy of each: ${ann.ids} | ${bob.ids}`);
  await eventually(async () => ann.ids.join() === (await cellIds(server, id)).join(), () => `the same order everywhere: ${ann.ids}`);
  assert.equal(ann.cell(code).getSource(), CODE);
  assert.deepEqual(essence(ann.json()), essence(bob.json()));
});

test("ln_53 a cell deleted here and edited in Jupyter at the same time keeps the text and can be restored", async (t) => {
  const server = await Server.start(t);
  const { id, code } = await createNotebook(server);
  const jupyter = await JupyterClient.open(t, server, id);
  jupyter.client.disconnect();
  jupyter.cell("note-1").updateSource(0, 0, "typed while away: ");
  await server.rest("DELETE", `/api/notebooks/${id}/cells/note-1`);
  jupyter.client.connect();
  await jupyter.client.synced();
  await eventually(async () => {
    const { bin } = await server.rest("GET", `/api/notebooks/${id}`);
    return bin.some((cell) => cell.id === "note-1" && cell.source === "typed while away: # A *note*");
  }, "the bin has the text");
  await server.rest("POST", `/api/notebooks/${id}/cells/note-1/restore`);
  await eventually(async () => (await cellIds(server, id)).includes("note-1"), "it is back");
});

test("ln_12 a move made here is seen by Jupyter after it joins again", async (t) => {
  const server = await Server.start(t);
  const { id, code } = await createNotebook(server);
  await server.rest("POST", `/api/notebooks/${id}/cells/raw-1/move`, { after: null });
  const order = ["raw-1", code, "note-1", "prompt-1"];
  assert.deepEqual(await cellIds(server, id), order);
  const jupyter = await JupyterClient.open(t, server, id);
  jupyter.model.deleteCell(jupyter.index("prompt-1"));
  await eventually(async () => (await cellIds(server, id)).join() === order.slice(0, 3).join(), "the order made here stands");
});

test("ln_11 a deleted cell can be restored with its text, and Jupyter shows it then", async (t) => {
  const server = await Server.start(t);
  const { id, code } = await createNotebook(server);
  await server.rest("DELETE", `/api/notebooks/${id}/cells/${code}`);
  assert.deepEqual(await cellIds(server, id), ["note-1", "prompt-1", "raw-1"]);
  assert.ok((await exported(server, id)).cells.every((cell) => cell.id !== code), "an export leaves it out");
  const restored = await server.rest("POST", `/api/notebooks/${id}/cells/${code}/restore`);
  assert.equal(restored.source, CODE);
  const jupyter = await JupyterClient.open(t, server, id);
  await jupyter.shows([code, "note-1", "prompt-1", "raw-1"]);
});
