// What the pages cost, whom they ask, and what a drawing output may do to its page.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { eventually } from './kit/eventually.mjs';
import { assertNoForeignHost, Person } from './kit/people.mjs';
import { stage } from './kit/stage.mjs';

/** Bytes of script, compressed, that the page of a notebook may load before it is there. */
const BUDGET = 260_000;

const { server, join } = await stage();

test('a_script_in_an_output_may_draw_and_its_height_is_taken_within_bounds', async (t) => {
  const html = '<div id="t"></div><script>document.getElementById("t").style.height = "90000px"; document.getElementById("t").textContent = "by script"; parent.postMessage({kind: "height", height: -5}, "*"); parent.postMessage({kind: "link", address: "javascript:alert(1)"}, "*")</script>';
  const cell = { id: 'high', cell_type: 'code', metadata: {}, execution_count: 1, source: '', outputs: [{ output_type: 'display_data', metadata: {}, data: { 'text/html': html } }] };
  const { id } = await server.rest('POST', 'notebooks/import?title=High', JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells: [cell] }));
  const anna = await join(t, 'Anna');
  await anna.open(id);
  const frame = anna.page.locator('article iframe');
  await frame.contentFrame().getByText('by script').waitFor();
  await eventually(async () => (await frame.evaluate((element) => element.offsetHeight)) === 2000, 'the frame is as high as one may be');
  assert.equal(await anna.page.locator('.toast').count(), 0);
});

test('a_formula_is_set_and_nothing_is_asked_of_a_foreign_host', async (t) => {
  const { id } = await server.write('Formula', [['note', 'It is $e^{i\\pi} = -1$ and costs $5 and $6.']]);
  const anna = await join(t, 'Anna');
  await anna.open(id);
  await anna.page.locator('.katex').waitFor();
  assert.equal(await anna.page.locator('.katex').count(), 1);
  assertNoForeignHost(anna);
  assert.deepEqual(anna.errors, []);
});

test('the_reference_page_shows_the_rest_interface_and_asks_no_foreign_host', async (t) => {
  const anna = await join(t, 'Anna');
  await anna.page.goto(`${anna.base}api/docs`);
  await anna.page.getByText('/api/notebooks', { exact: true }).first().waitFor();
  assertNoForeignHost(anna);
});

test('the_first_load_of_script_is_within_its_budget', async (t) => {
  const { id, cells } = await server.write('Light', [['note', 'No formula here.'], ['code', 'x = 1']]);
  // A worker that keeps the page would answer in place of the server.
  const anna = await join(t, 'Anna', { serviceWorkers: 'block' });
  const session = await anna.context.newCDPSession(anna.page);
  await session.send('Network.enable');
  await session.send('Network.setCacheDisabled', { cacheDisabled: true });
  const scripts = new Map();
  session.on('Network.responseReceived', ({ requestId, type, response }) => type === 'Script' && scripts.set(requestId, { url: response.url, size: 0 }));
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => scripts.has(requestId) && (scripts.get(requestId).size = encodedDataLength));
  await Person.together([anna], id);
  await anna.cell(cells.at(-1)).editor.waitFor();
  await eventually(() => [...scripts.values()].every(({ size }) => size > 0), 'all scripts have come');
  const total = [...scripts.values()].reduce((sum, script) => sum + script.size, 0);
  t.diagnostic(`${total} bytes in ${scripts.size} files`);
  assert.ok(total > 50_000, 'the scripts were not counted');
  assert.ok(total <= BUDGET, `${total} bytes: ${JSON.stringify([...scripts.values()])}`);
});
