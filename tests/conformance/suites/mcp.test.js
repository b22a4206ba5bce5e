// MCP: the published client of the protocol reads, edits and runs through `/mcp`, while a person has the notebook open.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

import { Client as Page, versions } from "../kit/clients.js";
import { eventually } from "../kit/eventually.js";
import { Server } from "../kit/server.js";

/** An agent with a token of its own. */
async function agent(t, server, name, scopes) {
  const { id, secret } = await server.rest("POST", "/api/tokens", { name, scopes });
  const requestInit = { headers: { Authorization: `Bearer ${secret}` } };
  const client = new Client({ name: "conformance", version: "1.0.0" });
  await client.connect(new StreamableHTTPClientTransport(new URL(`${server.url}/mcp`), { requestInit }));
  t.after(() => client.close());
  return { id, client, use: (tool, wanted = {}) => client.callTool({ name: tool, arguments: wanted }) };
}

test("ms_34 an agent with the published client reads, creates, edits by what it read, and is refused what is stale", async (t) => {
  const server = await Server.start(t);
  const { client, use } = await agent(t, server, "Robot", ["notebooks:write", "tasks:write"]);
  assert.equal(client.getServerVersion().name, "coscribe");
  const { tools } = await client.listTools();
  assert.ok(tools.length > 20 && tools.every((tool) => tool.outputSchema?.type === "object"));
  const made = (await use("create_notebook", { title: "By an agent" })).structuredContent;
  const cell = (await use("create_cell", { notebook: made.id, kind: "code", source: "x = 1" })).structuredContent;
  const edit = { notebook: made.id, cell: cell.id, base: cell.version, old: "1", new: "2" };
  assert.equal((await use("edit_cell", edit)).structuredContent.source, "x = 2");
  const stale = await use("edit_cell", edit);
  assert.ok(stale.isError && stale.content[0].text.includes("x = 2"), JSON.stringify(stale));
  const { task } = (await use("create_task", { title: "From an agent" })).structuredContent;
  assert.deepEqual(task.createdBy, { name: "Robot", kind: "agent" });
  const denied = await use("run_cell", { notebook: made.id, cell: cell.id });
  assert.ok(denied.isError && denied.content[0].text.includes("runs:execute"), JSON.stringify(denied));
});

test("ms_24 a person sees the agent by its name where it edits, and the revoked agent is refused", async (t) => {
  const server = await Server.start(t);
  const { id, use } = await agent(t, server, "Robot", ["notebooks:write"]);
  const notebook = (await use("create_notebook")).structuredContent.id;
  const page = await Page.open(t, versions[0], server, notebook);
  const { id: cell } = (await use("create_cell", { notebook, kind: "note", source: "hello" })).structuredContent;
  const states = () => [...page.awareness.getStates().values()];
  await eventually(() => states().some((state) => state.user?.name === "Robot" && state.cell === cell), "the agent is seen");
  await server.rest("DELETE", `/api/tokens/${id}`);
  await eventually(() => !states().some((state) => state.user?.name === "Robot"), "the agent is gone");
  await assert.rejects(use("list_notebooks"), /401|token/i);
});
