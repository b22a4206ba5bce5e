// Addresses: the default notebook, notebooks that are not there, and a server below a path.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { openBrowser } from './kit/browser.mjs';
import { eventually } from './kit/eventually.mjs';
import { keepPages, Person } from './kit/people.mjs';
import { Proxy } from './kit/proxy.mjs';
import { Server } from './kit/server.mjs';
import { stage } from './kit/stage.mjs';

keepPages();

const BELOW = '/docs/';

const { server, browser, join } = await stage();
const below = await Server.start({ base: BELOW });
after(() => below.remove());

test('ln_02_a_path_without_an_id_opens_the_default_notebook', async (t) => {
  const people = await Promise.all([join(t, 'Anna'), join(t, 'Bela')]);
  const [anna, bela] = people;
  await anna.page.goto(`${anna.base}notebook/`);
  await anna.until('saved');
  await Person.together([bela], 'default');
  const [id] = await anna.order();
  assert.deepEqual(await bela.order(), await anna.order());
  await anna.cell(id).caretAtEnd();
  await anna.type('in the default one');
  await bela.cell(id).shows(await anna.cell(id).text());
});

test('ln_02_an_unknown_id_offers_to_create_the_notebook_and_makes_nothing_before', async (t) => {
  const anna = await join(t, 'Anna');
  await anna.page.goto(`${anna.base}notebook/not-there-yet`);
  const offer = anna.page.getByRole('button', { name: 'Create it' });
  await offer.waitFor();
  assert.equal(await anna.page.locator('article').count(), 0);
  await offer.click();
  await anna.until('saved');
  const [id] = await anna.order();
  await anna.cell(id).caretAtEnd();
  await anna.type('there now');
  const bela = await join(t, 'Bela');
  await bela.open('not-there-yet');
  await bela.cell(id).shows('there now');
});

test('ln_03_all_works_below_a_path_the_worker_for_offline_too', async (t) => {
  const cable = await Proxy.to(below.port);
  t.after(() => cable.close());
  const notebook = await below.write('Below a path', [['code', 'x']]);
  const [anna, bela] = await Promise.all([
    Person.join(browser, below, 'Anna'),
    Person.join(browser, below, 'Bela', { origin: cable.origin }),
  ]);
  t.after(() => Promise.all([anna.leave(), bela.leave()]));
  assert.ok(anna.base.endsWith(BELOW));
  await anna.page.getByRole('link', { name: /^Below a path/ }).click();
  await anna.until('saved');
  assert.equal(new URL(anna.page.url()).pathname, `${BELOW}notebook/${notebook.id}`);
  await Person.together([bela], notebook.id);
  const [id] = notebook.cells;
  await anna.cell(id).caretAtEnd();
  await anna.type('yz');
  await bela.cell(id).shows('xyz');
  for (const address of [...anna.requests, ...bela.requests]) assert.ok(new URL(address).pathname.startsWith(BELOW), address);

  const scope = await bela.page.evaluate(() => navigator.serviceWorker.ready.then((worker) => worker.scope));
  assert.equal(scope, bela.base);
  await eventually(() => bela.page.evaluate(() => navigator.serviceWorker.controller !== null), 'the worker is in charge');
  cable.cut();
  await bela.page.reload();
  await bela.cell(id).shows('xyz');
  await bela.until('offline');
  cable.mend();
  await bela.until('saved');
});

test('ln_09_from_another_machine_over_plain_http_all_works_but_opening_without_a_network', async (t) => {
  const elsewhere = await openBrowser({ resolved: ['notes.example'] });
  t.after(() => elsewhere.close());
  const cable = await Proxy.to(server.port);
  t.after(() => cable.close());
  const { id, cells } = await server.write('From elsewhere', [['code', 'x']]);
  const anna = await Person.join(elsewhere, server, 'Anna', { origin: `http://notes.example:${new URL(cable.origin).port}` });
  await anna.open(id);
  await anna.until('saved');
  // Browsers give such a page neither a worker, nor locks, nor random ids.
  assert.deepEqual(await anna.page.evaluate(() => [window.isSecureContext, 'serviceWorker' in navigator, 'locks' in navigator, typeof crypto.randomUUID]), [false, false, false, 'undefined']);
  const first = anna.page;
  await anna.newTab();
  await anna.open(id);
  await anna.until('saved');
  await anna.page.getByRole('button', { name: 'Add note at the end' }).click();
  await anna.type('# Here');
  await anna.press('Escape');
  await eventually(async () => (await server.notebook(id)).cells.at(-1).source === '# Here', 'the new cell is on the server');
  cable.cut();
  await anna.until('offline');
  await anna.cell(cells[0]).caretAtEnd();
  await anna.type('yz');
  await eventually(async () => /2 changes kept in this browser/.test((await anna.word()).text), async () => `both are kept: ${JSON.stringify(await anna.word())}`);
  anna.page = first;
  await anna.until('offline');
  await anna.cell(cells[0]).shows('xyz');
  cable.mend();
  await anna.until('saved');
  assert.equal(await server.source(id, cells[0]), 'xyz');
  assert.deepEqual(anna.errors, []);
});
