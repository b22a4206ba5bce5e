// What is shown as saved is saved: without a network, with a closed tab, with a server that is killed.

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

/** The page keeps itself for offline in the background; wait until it has. */
async function keptForOffline(person) {
  await person.page.evaluate(() => navigator.serviceWorker.ready.then((registration) => registration.active?.state === 'activated' || new Promise((done) => registration.active.addEventListener('statechange', done))));
  await person.page.waitForFunction(() => navigator.serviceWorker.controller !== null);
}

test('offline_the_tab_is_closed_and_opened_again_typed_on_and_merged', async () => {
  const server = await Server.start();
  const { id, cells } = await server.notebook('Away', [['code', 'start']]);
  const [cell] = cells;
  const ana = await Person.arrive(browser, server, 'Ana');
  await ana.open(id);
  await keptForOffline(ana);

  await server.kill();
  await ana.state('offline');
  await ana.editor(cell).click();
  await ana.page.keyboard.press('End');
  await ana.page.keyboard.type(' one');
  await ana.page.getByText('Offline — 4 changes kept in this browser').waitFor();
  await ana.page.close();

  await ana.tab();
  await ana.page.goto(`${server.url}notebook/${id}`);
  await ana.reads(cell, 'start one');
  await ana.page.getByText('Offline — 4 changes kept in this browser').waitFor();
  await ana.editor(cell).click();
  await ana.page.keyboard.press('End');
  await ana.page.keyboard.type(' two');
  await ana.page.getByText('Offline — 8 changes kept in this browser').waitFor();
  await ana.page.goto(server.url);
  await ana.page.getByRole('link', { name: /Away/ }).click();
  await ana.reads(cell, 'start one two');

  await server.up();
  await server.rest('PUT', `api/notebooks/${id}/cells/${cell}/source`, { source: 'Ben: start', base: 'start' });
  await ana.state('saved');
  await ana.page.getByText('8 offline changes synced.').waitFor();
  await ana.reads(cell, 'Ben: start one two');
  assert.equal((await server.read(id)).cells.at(-1).source, 'Ben: start one two');
  await ana.leave();
  await server.stop();
});

test('kill_9_in_the_middle_of_typing_loses_nothing_that_was_shown_as_saved_and_doubles_nothing', async () => {
  const server = await Server.start();
  const { id, cells } = await server.notebook('Killed', [['code', '']]);
  const [cell] = cells;
  const ana = await Person.arrive(browser, server, 'Ana');
  const ben = await Person.arrive(browser, server, 'Ben');
  await Promise.all([ana.open(id), ben.open(id)]);
  await ana.editor(cell).click();
  let typed = '';
  for (let round = 0; round < 3; round += 1) {
    await ana.page.keyboard.type(`saved${round} `);
    typed += `saved${round} `;
    await ana.state('saved');
    await Promise.all([ana.page.keyboard.type(`racing${round} `), server.kill()]);
    typed += `racing${round} `;
    await ana.state('offline');
    await server.up();
    const kept = (await server.read(id)).cells.at(-1).source;
    assert.ok(kept.startsWith(typed.slice(0, typed.lastIndexOf('racing'))), `the server has lost what was saved: ${kept}`);
    await Promise.all([ana.state('saved'), ben.state('saved')]);
    await ben.reads(cell, typed);
  }
  await ana.reads(cell, typed);
  assert.equal((await server.read(id)).cells.at(-1).source, typed);
  await Promise.all([ana.leave(), ben.leave()]);
  await server.stop();
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
