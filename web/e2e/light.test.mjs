// What the pages cost, whom they ask, and what a drawing output may do to its page.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { eventually } from './kit/eventually.mjs';
import { assertNoForeignHost, keepPages, Person } from './kit/people.mjs';
import { stage } from './kit/stage.mjs';

keepPages();

/** Bytes of script, compressed, that the page of a notebook may load before it is there. */
const BUDGET = 260_000;
/** And with what comes once the editor is there: a grammar, and what helps in writing. */
const BUDGET_IN_ALL = 300_000;

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

test('names_of_characters_in_a_note_are_read_whole_and_with_their_semicolon', async (t) => {
  const { id } = await server.write('Names', [['note', 'A&copy;&notit;&semi;&amp;lt;&CounterClockwiseContourIntegral;&nosuch;&copyB&ngE;C']]);
  const anna = await join(t, 'Anna');
  await anna.open(id);
  const note = anna.page.locator('.note p');
  await note.waitFor();
  assert.equal(await note.textContent(), 'A©&notit;;&lt;∳&nosuch;&copyB≧̸C');
});

/** Notes when the first editor came into the page, and when the code in it was first coloured. */
function watchForEditor() {
  new MutationObserver((_, observer) => {
    if (document.querySelector('.cm-content')) globalThis.editorCameAt ??= performance.now();
    if (!document.querySelector('.cm-line span')) return;
    globalThis.colouredAt = performance.now();
    observer.disconnect();
  }).observe(document, { subtree: true, childList: true });
}

/** Of scripts: whether they came compressed, what they weigh on their way even if the cache had them, and whether the page waited for them. What is fetched ahead, when people pause, is not among them. */
function scriptsLoaded() {
  const { editorCameAt, colouredAt } = globalThis;
  const entries = performance.getEntriesByType('resource').filter(({ name, startTime }) => /\.js$/.test(new URL(name).pathname) && startTime <= colouredAt);
  return entries.map(({ name, startTime, encodedBodySize, decodedBodySize }) => ({ name, size: encodedBodySize, waited: startTime <= editorCameAt, compressed: encodedBodySize < decodedBodySize }));
}

const weight = (scripts) => scripts.reduce((sum, { size }) => sum + size, 0);

/** What most notebooks begin without, by the names of its files. */
const LATE = ['sanitise', 'Output', 'Prompt', 'Away', 'KernelMenu', 'KernelNotice', 'Variables', 'Files', 'Packages', 'Providers', 'Sent', 'Find', 'Outline', 'Bin', 'Help', 'Settings', 'Palette', 'Home', 'EmbeddedSession', 'SessionPage', 'SessionList'];

test('a_notebook_waits_for_no_part_of_the_page_that_it_has_nothing_for', async (t) => {
  const { id, cells } = await server.write('Bare', [['note', 'No *markup* here, but [a link](https://example.org).'], ['code', 'x = 1']]);
  const anna = await join(t, 'Anna', { serviceWorkers: 'block' });
  await anna.context.addInitScript(watchForEditor);
  await Person.together([anna], id);
  await anna.cell(cells.at(-1)).editor.locator('.cm-line span').first().waitFor();
  const nameOf = (address) => new URL(address, anna.base).pathname.split('/').at(-1).replace(/-[\w-]{8}\.js$/, '');
  const kept = (await (await fetch(`${server.origin}/service-worker.js`)).text()).match(/assets\/[\w.-]+\.js/g).map(nameOf);
  assert.deepEqual(LATE.filter((name) => !kept.includes(name)), [], 'there are parts of these names, and the worker keeps them');
  const waited = (await anna.page.evaluate(scriptsLoaded)).filter((script) => script.waited).map(({ name }) => nameOf(name));
  assert.ok(waited.includes('NotebookPage'));
  assert.deepEqual(LATE.filter((name) => waited.includes(name)), []);
});

test('the_first_load_of_script_is_within_its_budget', async (t) => {
  const { id, cells } = await server.write('Light', [['note', 'No formula here.'], ['code', 'x = 1']]);
  // A worker that keeps the page would answer in place of the server.
  const anna = await join(t, 'Anna', { serviceWorkers: 'block' });
  await anna.context.addInitScript(watchForEditor);
  await Person.together([anna], id);
  await anna.cell(cells.at(-1)).editor.waitFor();
  // The colours of the code come after it, and are the last of what every page loads.
  await anna.cell(cells.at(-1)).editor.locator('.cm-line span').first().waitFor();
  const scripts = await anna.page.evaluate(scriptsLoaded);
  const compressed = scripts.some((script) => script.compressed);
  if (!compressed && !process.env.COSCRIBE_BUILT_FOR_PRODUCTION) return t.skip('a build for development is not compressed: nothing to weigh');
  assert.ok(compressed, 'the scripts are not compressed');
  const first = scripts.filter(({ waited }) => waited);
  t.diagnostic(`${weight(first)} bytes in ${first.length} files, ${weight(scripts)} with what comes after the editor`);
  assert.ok(weight(first) > 50_000, 'the scripts were not counted');
  assert.ok(weight(first) <= BUDGET, `${weight(first)} bytes: ${JSON.stringify(first)}`);
  assert.ok(weight(scripts) <= BUDGET_IN_ALL, `${weight(scripts)} bytes: ${JSON.stringify(scripts)}`);
});
