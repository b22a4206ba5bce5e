// The network goes; people type on, close the tab, open it again; the network comes back.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { eventually } from './kit/eventually.mjs';
import { agreed, keepPages, Person } from './kit/people.mjs';
import { Proxy } from './kit/proxy.mjs';
import { stage } from './kit/stage.mjs';

keepPages();

const { server, join } = await stage();
const cable = await Proxy.to(server.port);
after(() => cable.close());

test('ln_61_work_goes_on_without_a_network_over_a_closed_tab_and_merges_when_it_is_back', async (t) => {
  const notebook = await server.write('Offline', [['code', 'shared']]);
  const [id] = notebook.cells;
  const [anna, bela] = await Promise.all([join(t, 'Anna'), join(t, 'Bela', { origin: cable.origin })]);
  await Person.together([anna, bela], notebook.id);
  await bela.keptForOffline();
  await bela.cell(id).caretAtEnd();
  await bela.type(' one');
  await agreed([anna, bela], id, (text) => text === 'shared one');
  await bela.until('saved');

  cable.cut();
  await bela.context.setOffline(true);
  await bela.until('offline');
  await bela.type(' two');
  await eventually(async () => /^Offline — 4 changes kept in this browser$/.test((await bela.word()).text), async () => `four changes are kept: ${JSON.stringify(await bela.word())}`);
  await anna.cell(id).caretAt(0);
  await anna.type('meanwhile ');
  await anna.until('saved');
  await bela.page.close();

  await bela.newTab();
  await bela.open(notebook.id);
  await bela.cell(id).shows('shared one two');
  await bela.until('offline');
  assert.match((await bela.word()).text, /^Offline — 4 changes kept in this browser$/);
  await bela.cell(id).caretAtEnd();
  await bela.type(' three');
  await eventually(async () => /10 changes kept/.test((await bela.word()).text), async () => `ten changes are kept: ${JSON.stringify(await bela.word())}`);
  await anna.cell(id).caretAtEnd();
  await anna.type(' later');
  await anna.until('saved');
  assert.equal(await server.source(notebook.id, id), 'meanwhile shared one later');

  cable.mend();
  await bela.context.setOffline(false);
  await bela.until('saved');
  await bela.toast('10 offline changes synced').waitFor();
  const text = await agreed([anna, bela], id, (seen) => seen.includes('three'));
  assert.ok(['meanwhile shared one two three later', 'meanwhile shared one later two three'].includes(text), text);
  assert.equal(await server.source(notebook.id, id), text);
  assert.equal((await bela.order()).length, 1);

  // What was synced is not counted as unsaved again.
  await bela.page.reload();
  await bela.until('saved');
  await bela.cell(id).shows(text);
});

test('ln_61_the_list_and_a_notebook_never_seen_say_what_is_so_without_a_network', async (t) => {
  const known = await server.write('Known here', [['code', 'kept']]);
  const unknown = await server.write('Never opened', [['code', 'far']]);
  const bela = await join(t, 'Bela', { origin: cable.origin });
  await bela.open(known.id);
  await bela.until('saved');
  await bela.keptForOffline();
  cable.cut();

  await bela.page.goto(bela.base);
  await bela.page.getByRole('link', { name: /Known here/ }).waitFor();
  assert.equal(await bela.page.getByRole('link', { name: /Never opened/ }).count(), 0);
  await bela.page.goto(`${bela.base}notebook/${unknown.id}`);
  await bela.page.getByRole('heading', { name: 'Not reached' }).waitFor();
  assert.equal(await bela.page.locator('article').count(), 0);

  cable.mend();
  await bela.page.getByRole('main', { name: 'Notebook' }).waitFor();
  await bela.cell(unknown.cells[0]).shows('far');
});
