// Prompt cells before unmodified Yjs clients: answers stream into their documents, and what they type into them stays.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Client, current, versions } from "../kit/clients.js";
import { yjs13 } from "../kit/documents.js";
import { eventually } from "../kit/eventually.js";
import { cellIds, JupyterClient } from "../kit/notebooks.js";
import { Provider } from "../kit/provider.js";
import { Server } from "../kit/server.js";

/** A notebook with one prompt cell. */
async function promptNotebook(server, source = "Why?") {
  const { id } = await server.rest("POST", "/api/notebooks", { title: "Questions" });
  const [first] = await cellIds(server, id);
  await server.rest("DELETE", `/api/notebooks/${id}/cells/${first}`);
  await server.rest("POST", `/api/notebooks/${id}/cells`, { type: "prompt", source, id: "ask" });
  return id;
}

const cellOf = (client, id = "ask") => client.doc.getArray("cells").toArray().find((cell) => cell.get("id") === id);
const outputOf = (client, part) =>
  cellOf(client)?.get("outputs")?.toArray().find((output) => output.get("metadata")?.coscribe?.part === part);
const textOf = (client, part) => outputOf(client, part)?.get("data").get("text/markdown");
const said = (client, part = "answer") => textOf(client, part)?.toString() ?? "";
const runOf = (client) => client.doc.getMap("runs").get("ask");
const run = (server, id) => server.rest("POST", `/api/notebooks/${id}/cells/ask/run`);

for (const version of versions.filter(({ hand }) => hand === yjs13)) {
  test(`ln_31_32_39 an answer streams into ${version.name}, letter by letter the same`, async (t) => {
    const server = await Server.start(t);
    const provider = await Provider.start(t, server);
    const id = await promptNotebook(server);
    const ann = await Client.open(t, version, server, id);
    const seen = [""];
    ann.doc.on("afterTransaction", () => said(ann) !== seen.at(-1) && seen.push(said(ann)));
    await run(server, id);
    const question = await provider.asked();
    question.think("Hm, well. 🤔");
    await eventually(() => said(ann, "thinking") === "Hm, well. 🤔", "the thinking comes");
    assert.equal(runOf(ann).state, "running");
    question.say("Be");
    await eventually(() => said(ann) === "Be", "the first words come");
    const late = await Client.open(t, version, server, id);
    assert.equal(said(late), "Be");
    question.say("cause ä😀.");
    question.end();
    for (const client of [ann, late]) {
      await eventually(() => runOf(client).state === "ok", "the run ends");
      assert.deepEqual([said(client), said(client, "thinking")], ["Because ä😀.", "Hm, well. 🤔"]);
      assert.equal(outputOf(client, "answer").get("metadata").coscribe.model, "tiny-2");
    }
    assert.ok(seen.every((text, at) => at === 0 || text.startsWith(seen[at - 1])), seen.join(" | "));
    const { cells } = await server.rest("GET", `/api/notebooks/${id}`);
    assert.equal(cells[0].outputs[1].data["text/markdown"], "Because ä😀.");
  });
}

test("ln_42 two people edit an answer and its question while it streams, one of them offline", async (t) => {
  const server = await Server.start(t);
  const provider = await Provider.start(t, server);
  const id = await promptNotebook(server);
  const [ann, bob] = [await Client.open(t, current, server, id), await Client.open(t, current, server, id)];
  await run(server, id);
  const question = await provider.asked();
  question.say("one two three");
  for (const client of [ann, bob]) await eventually(() => said(client) === "one two three", "the words come");
  bob.disconnect();
  textOf(bob, "answer").insert(3, " and a half,");
  cellOf(bob).get("source").insert(3, " on earth");
  textOf(ann, "answer").delete(0, 3);
  textOf(ann, "answer").insert(0, "ONE");
  question.say(" four");
  await eventually(() => said(ann) === "ONE two three four", "the answer goes on behind the edit");
  bob.connect();
  question.say(" five.");
  question.end();
  // Both stand behind the letters that are gone: which comes first, the ids of the clients decide.
  const wholes = ["ONE and a half, two three four five.", " and a half,ONE two three four five."];
  for (const client of [ann, bob]) {
    await eventually(() => wholes.includes(said(client)) && runOf(client).state === "ok", () => `all is merged; it is ${said(client)}`);
    assert.equal(cellOf(client).get("source").toString(), "Why on earth?");
  }
  const { cells } = await server.rest("GET", `/api/notebooks/${id}`);
  assert.equal(cells[0].outputs[0].data["text/markdown"], said(ann));
  assert.equal(said(ann), said(bob));
});

test("ln_36 a client stops an answer and the provider's connection is closed", async (t) => {
  const server = await Server.start(t);
  const provider = await Provider.start(t, server);
  const id = await promptNotebook(server);
  const ann = await Client.open(t, current, server, id);
  await run(server, id);
  const question = await provider.asked();
  question.say("Once");
  await eventually(() => said(ann) === "Once", "the first word comes");
  const stopped = await server.fetch(`/api/notebooks/${id}/cells/ask/cancel`, { method: "POST", headers: { "X-Coscribe-Actor": "Bob" } });
  assert.equal(stopped.status, 202);
  await eventually(() => question.closed, "the provider's connection is closed", 1_000);
  await eventually(() => runOf(ann).state === "cancelled", "everybody is told");
  assert.deepEqual([runOf(ann).stoppedBy.name, said(ann)], ["Bob", "Once"]);
});

test("what a client writes into a prompt cell's metadata is what its question is asked with", async (t) => {
  const server = await Server.start(t);
  const provider = await Provider.start(t, server);
  const id = await promptNotebook(server);
  await server.rest("POST", `/api/notebooks/${id}/cells`, { type: "note", source: "Left out.", id: "note", after: null });
  const ann = await Client.open(t, current, server, id);
  const metadata = cellOf(ann).get("metadata");
  metadata.set("coscribe", { ...metadata.get("coscribe"), provider: "scripted", model: "chosen", thinking: true });
  cellOf(ann, "note").get("metadata").set("skipped", true);
  ann.doc.getMap("meta").get("metadata").set("coscribe", { mode: "concise" });
  await eventually(async () => (await server.rest("GET", `/api/notebooks/${id}/cells/ask/context`)).model === "chosen", "it arrives");
  await run(server, id);
  const question = await provider.asked();
  question.end();
  const { model, reasoning_effort, messages } = question.body;
  assert.deepEqual([model, reasoning_effort, messages.at(-1).content], ["chosen", "medium", "Why?"]);
  assert.match(messages[0].content, /few words/);
});

test("an answer in a live notebook is a valid output in Jupyter's model", async (t) => {
  const server = await Server.start(t);
  const provider = await Provider.start(t, server);
  const id = await promptNotebook(server);
  const jupyter = await JupyterClient.open(t, server, id);
  await run(server, id);
  const question = await provider.asked();
  question.say("**Because.**");
  question.end();
  await eventually(() => jupyter.cell("ask").outputs[0]?.metadata.coscribe?.status === "ok", "it is answered");
  const [output] = jupyter.json().cells.find((cell) => cell.id === "ask").outputs;
  assert.deepEqual([output.output_type, output.data["text/markdown"], output.metadata.is_ai_res], ["display_data", "**Because.**", true]);
});
