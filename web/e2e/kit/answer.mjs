// Writes an output into a cell as a program does: with a Yjs update of its own, by REST.

import assert from 'node:assert/strict';
import * as Y from 'yjs';

/** A finished answer in Markdown, in the shape the server gives to answers of models. */
export async function answer(server, notebook, cell, markdown) {
  const address = `${server.origin}/api/documents/${notebook}`;
  const headers = { authorization: `Bearer ${server.token}` };
  const doc = new Y.Doc();
  Y.applyUpdate(doc, new Uint8Array(await (await fetch(`${address}/state`, { headers })).arrayBuffer()));
  const before = Y.encodeStateVector(doc);
  const map = doc.getArray('cells').toArray().find((entry) => entry.get('id') === cell);
  const output = new Y.Map(Object.entries({ output_type: 'display_data' }));
  doc.transact(() => {
    map.get('outputs').push([output]);
    output.set('metadata', new Y.Map(Object.entries({ is_ai_res: true, coscribe: { part: 'answer', status: 'finished' } })));
    output.set('data', new Y.Map(Object.entries({ 'text/markdown': new Y.Text(markdown) })));
  });
  const body = Y.encodeStateAsUpdate(doc, before);
  const answered = await fetch(`${address}/updates`, { method: 'POST', headers: { ...headers, 'content-type': 'application/octet-stream' }, body });
  assert.ok(answered.ok, await answered.text());
}
