// What people see of each other and of their notebooks when things are missing: tabs, deleted and empty notebooks.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { launch, Person, Server, until } from './server.mjs';

let browser;
before(async () => {
  browser = await launch();
});
after(async () => {
  await browser?.close();
});

test('two_tabs_of_one_browser_share_what_is_typed_offline', async () => {
  const server = await Server.start();
  const { id, cells } = await server.notebook('Tabs', [['code', 'x']]);
  const [cell] = cells;
  const ana = await Person.arrive(browser, server, 'Ana');
  await ana.open(id);
  const first = ana.page;
  await ana.tab();
  await ana.open(id);
  await server.kill();
  await ana.state('offline');
  await ana.editor(cell).click();
  await ana.page.keyboard.press('End');
  await ana.page.keyboard.type('yz');
  const second = ana.page;
  ana.page = first;
  await ana.reads(cell, 'xyz');
  await server.up();
  await ana.state('saved');
  ana.page = second;
  await ana.state('saved');
  await ana.reads(cell, 'xyz');
  assert.equal((await server.read(id)).cells.at(-1).source, 'xyz');
  await ana.leave();
  await server.stop();
});

test('a_notebook_that_does_not_exist_offers_to_be_created_and_a_deleted_one_to_be_restored', async () => {
  const server = await Server.start();
  const ana = await Person.arrive(browser, server, 'Ana');
  await ana.page.goto(`${server.url}notebook/brand-new`);
  await ana.page.getByRole('button', { name: 'Create it' }).click();
  await ana.state('saved');
  await server.rest('DELETE', 'api/notebooks/brand-new');
  await ana.state('refused');
  await ana.page.getByRole('button', { name: 'Restore it' }).click();
  await ana.state('saved');
  await ana.leave();
  await server.stop();
});

test('ln_04_an_avatar_appears_and_goes_with_its_person', async () => {
  const server = await Server.start();
  const { id } = await server.notebook('Here', []);
  const ana = await Person.arrive(browser, server, 'Ana');
  const ben = await Person.arrive(browser, server, 'Ben Okri');
  await ana.open(id);
  await ben.open(id);
  const avatar = ana.page.getByRole('button', { name: 'Go to Ben Okri' });
  await avatar.waitFor();
  await server.kill();
  await avatar.waitFor({ state: 'detached' });
  await server.up();
  await avatar.waitFor();
  await ben.leave();
  await avatar.waitFor({ state: 'detached' });
  await ana.leave();
  await server.stop();
});

test('an_empty_notebook_opens_and_everything_typed_into_it_is_on_the_server', async () => {
  const server = await Server.start();
  const ana = await Person.arrive(browser, server, 'Ana');
  await ana.page.goto(server.url);
  await ana.page.getByRole('button', { name: 'New notebook' }).click();
  await ana.state('saved');
  const id = new URL(ana.page.url()).pathname.split('/').at(-1);
  await ana.page.getByLabel('Title').fill('Nile');
  await ana.page.keyboard.press('Enter');
  await ana.page.getByRole('button', { name: 'Add prompt at the end' }).click();
  await ana.page.keyboard.type('Where does it rise?');
  await until(async () => (await server.read(id)).cells.at(-1).source === 'Where does it rise?');
  const notebook = await server.read(id);
  assert.equal(notebook.title, 'Nile');
  assert.equal(notebook.cells.at(-1).type, 'prompt');
  assert.deepEqual(ana.errors, []);
  await ana.leave();
  await server.stop();
});
