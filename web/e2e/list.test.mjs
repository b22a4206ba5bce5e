// The list of notebooks, outputs that draw, and what the pages load.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { launch, Person, Server, until } from './server.mjs';

let server;
let browser;
before(async () => {
  [server, browser] = await Promise.all([Server.start(), launch()]);
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

test('the_list_creates_searches_renames_deletes_and_takes_the_deletion_back', async () => {
  await server.notebook('Alpha one', []);
  await server.notebook('Beta two', []);
  const ana = await Person.arrive(browser, server, 'Ana');
  await ana.page.goto(server.url);
  const list = ana.page.getByRole('list', { name: 'Notebooks' });
  await ana.page.getByLabel('Search notebooks').fill('one alp');
  await until(async () => (await list.getByRole('listitem').count()) === 1);
  await list.getByRole('button', { name: 'Rename Alpha one' }).click();
  await ana.page.getByLabel('Title').fill('Alpha uno');
  await ana.page.keyboard.press('Enter');
  await ana.page.getByLabel('Search notebooks').fill('alpha uno');
  await list.getByRole('button', { name: 'Delete Alpha uno' }).click();
  await list.getByText('No title contains').waitFor();
  await ana.page.getByRole('button', { name: 'Undo' }).click();
  await list.getByRole('link', { name: /^Alpha uno/ }).waitFor();
  await list.getByRole('button', { name: 'Delete Alpha uno' }).click();
  await ana.page.getByText('Deleted notebooks').click();
  await ana.page.getByRole('button', { name: 'Restore Alpha uno' }).click();
  await list.getByRole('link', { name: /^Alpha uno/ }).waitFor();
  assert.deepEqual(ana.errors, []);
  await ana.leave();
});

test('a_script_in_an_output_may_draw_and_its_height_is_taken_within_bounds', async () => {
  const notebook = { nbformat: 4, nbformat_minor: 5, metadata: {}, cells: [
    { id: 'high', cell_type: 'code', metadata: {}, execution_count: 1, source: '', outputs: [{ output_type: 'display_data', metadata: {}, data: { 'text/html': '<div id="t"></div><script>document.getElementById("t").style.height = "90000px"; document.getElementById("t").textContent = "by script"; parent.postMessage({kind: "height", height: -5}, "*"); parent.postMessage({kind: "link", address: "javascript:alert(1)"}, "*")</script>' } }] },
  ] };
  const { id } = await (await fetch(`${server.url}api/notebooks/import?title=High`, { method: 'POST', body: JSON.stringify(notebook) })).json();
  const ana = await Person.arrive(browser, server, 'Ana');
  await ana.page.goto(`${server.url}notebook/${id}`);
  await ana.page.frameLocator('iframe[title="Output"]').getByText('by script').waitFor();
  await until(async () => (await ana.page.locator('iframe[title="Output"]').evaluate((frame) => frame.offsetHeight)) === 2000);
  assert.equal(await ana.page.locator('.toast').count(), 0);
  await ana.leave();
});

test('a_formula_is_set_and_nothing_is_asked_of_a_foreign_host', async () => {
  const { id } = await server.notebook('Formula', [['note', 'It is $e^{i\\pi} = -1$ and costs $5 and $6.']]);
  const ana = await Person.arrive(browser, server, 'Ana');
  const hosts = new Set();
  ana.page.on('request', (request) => hosts.add(new URL(request.url()).host));
  await ana.page.goto(`${server.url}notebook/${id}`);
  await ana.page.locator('.katex').waitFor();
  assert.equal(await ana.page.locator('.katex').count(), 1);
  assert.deepEqual([...hosts].filter((host) => host !== '' && host !== `127.0.0.1:${server.port}`), []);
  assert.deepEqual(ana.errors, []);
  await ana.leave();
});

test('the_reference_page_shows_the_rest_interface_and_asks_no_foreign_host', async () => {
  const ana = await Person.arrive(browser, server, 'Ana');
  const hosts = new Set();
  ana.page.on('request', (request) => hosts.add(new URL(request.url()).host));
  await ana.page.goto(`${server.url}api/docs`);
  await ana.page.getByText('/api/notebooks', { exact: true }).first().waitFor();
  assert.deepEqual([...hosts].filter((host) => host !== '' && host !== `127.0.0.1:${server.port}`), []);
  await ana.leave();
});

test('the_first_load_of_script_is_within_its_budget', async () => {
  const { id } = await server.notebook('Light', [['note', 'No formula here.'], ['code', 'x = 1']]);
  const ana = await Person.arrive(browser, server, 'Ana');
  const session = await ana.context.newCDPSession(ana.page);
  await session.send('Network.enable');
  const scripts = new Map();
  session.on('Network.responseReceived', ({ requestId, type, response }) => type === 'Script' && scripts.set(requestId, { url: response.url, size: 0 }));
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => scripts.has(requestId) && (scripts.get(requestId).size = encodedDataLength));
  await ana.open(id);
  await ana.cell((await ana.cells()).at(-1)).locator('.cm-content').waitFor();
  const total = [...scripts.values()].reduce((sum, script) => sum + script.size, 0);
  assert.ok(total > 50_000, 'the scripts were not counted');
  assert.ok(total <= 260_000, `${total} bytes: ${JSON.stringify([...scripts.values()])}`);
  await ana.leave();
});
