// Notebooks by REST, and the same notebooks as Jupyter's own model sees them.

import { readFile } from "node:fs/promises";

import { YNotebook } from "@jupyter/ydoc";

import { Client, current } from "./clients.js";
import { eventually } from "./eventually.js";

/** The text of the first cell of such a notebook. */
export const CODE = "print('😀')\n1 + 1";
const KINDS = { note: "# A *note*", prompt: "Why?", raw: "as it is" };

/** A real notebook of `tests/data/notebooks` as text. */
export const notebookFile = (name) => readFile(new URL(`../../data/notebooks/${name}`, import.meta.url), "utf8");

/** Creates a notebook with one cell of every kind; resolves with its id and that of its first cell, a code cell. */
export async function createNotebook(server) {
  const { id } = await server.rest("POST", "/api/notebooks", { title: "Live in Jupyter" });
  const [first] = await cellIds(server, id);
  await server.rest("PUT", `/api/notebooks/${id}/cells/${first}/source`, { source: CODE });
  for (const [type, source] of Object.entries(KINDS)) {
    await server.rest("POST", `/api/notebooks/${id}/cells`, { type, source, id: `${type}-1` });
  }
  return { id, code: first };
}

/** Imports a notebook file; resolves with its id. */
export async function importNotebook(server, name) {
  const response = await server.fetch("/api/notebooks/import", {
    method: "POST",
    body: await notebookFile(name),
    headers: { "Content-Type": "application/x-ipynb+json" },
  });
  if (!response.ok) throw new Error(`import of ${name}: ${response.status} ${await response.text()}`);
  return (await response.json()).id;
}

/** The notebook as `.ipynb`, parsed. */
export const exported = (server, id) => server.rest("GET", `/api/notebooks/${id}/export?format=ipynb`);

/** Ids of the cells in the order people see. */
export const cellIds = async (server, id) => (await server.rest("GET", `/api/notebooks/${id}`)).cells.map((cell) => cell.id);

/** Jupyter's notebook model over a live document. */
export class JupyterClient {
  static async open(t, server, id, version = current) {
    const client = new JupyterClient();
    client.model = new YNotebook();
    t.after(() => {
      client.model.dispose();
      client.model.awareness.destroy();
    });
    client.client = await Client.open(t, version, server, id, { doc: client.model.ydoc, awareness: client.model.awareness });
    return client;
  }

  get ids() {
    return this.model.cells.map((cell) => cell.id);
  }
  index(id) {
    return this.ids.indexOf(id);
  }
  cell(id) {
    return this.model.cells[this.index(id)];
  }
  json() {
    return this.model.toJSON();
  }

  /** Waits until the model shows each of `ids` once, in this order. */
  shows(ids) {
    return eventually(() => this.ids.join() === ids.join(), () => `Jupyter shows ${ids}; it shows ${this.ids}`);
  }
}
