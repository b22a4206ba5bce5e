// Outputs arrive in a cell while somebody types in it. A program writes them here as a kernel will: into the document.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as Y from 'yjs';

import { eventually } from './kit/eventually.mjs';
import { stage } from './kit/stage.mjs';

const { server, pair } = await stage();

/** A program's copy of a document, with which it makes changes. */
async function program(id) {
  const address = `${server.origin}/api/documents/${id}`;
  const headers = { authorization: `Bearer ${server.token}` };
  const doc = new Y.Doc();
  Y.applyUpdate(doc, new Uint8Array(await (await fetch(`${address}/state`, { headers })).arrayBuffer()));
  return async (change) => {
    const before = Y.encodeStateVector(doc);
    doc.transact(() => change(doc));
    const answer = await fetch(`${address}/updates`, { method: 'POST', headers, body: Y.encodeStateAsUpdate(doc, before) });
    assert.ok(answer.ok, await answer.text());
  };
}

function outputs(doc, id) {
  return doc.getArray('cells').toArray().find((cell) => cell.get('id') === id).get('outputs');
}

function stream(line) {
  const text = new Y.Text(line);
  return new Y.Map([['output_type', 'stream'], ['name', 'stdout'], ['text', text]]);
}

test('ln_50_ln_73_outputs_appear_at_once_in_a_cell_somebody_types_in_and_take_nothing_from_him', async (t) => {
  const { notebook, anna, bela } = await pair(t, 'Outputs', [['code', 'print(1)']]);
  const [id] = notebook.cells;
  const mine = bela.cell(id);
  await mine.caretAt(0);
  await mine.editor.evaluate((node) => (window.editorOfMine = node));
  const change = await program(notebook.id);
  for (let round = 0; round < 5; round += 1) {
    await bela.type(`${round}`);
    await change((doc) => outputs(doc, id).push([stream(`line ${round}\n`)]));
    // Not when he leaves the cell: while he is in it.
    for (const person of [anna, bela]) {
      await eventually(async () => (await person.cell(id).box.innerText()).includes(`line ${round}`), `${person.name} sees line ${round}`);
    }
    const { head, focused } = await mine.read();
    assert.deepEqual([head, focused], [round + 1, true], 'his caret stays behind what he typed');
  }
  assert.ok(await mine.editor.evaluate((node) => window.editorOfMine === node), 'his editor is the same');
  await mine.shows('01234print(1)');
  await anna.cell(id).shows('01234print(1)');
});
