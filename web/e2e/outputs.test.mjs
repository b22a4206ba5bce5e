// Every kind of output as it is drawn, and what one can do with it. Where they arrive while somebody types, a program
// writes them as a kernel will: into the document.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

import * as Y from 'yjs';

import { eventually } from './kit/eventually.mjs';
import { code, display, gallery, PLOTLY, plot, stream as printed, table, VEGA_LITE } from './kit/gallery.mjs';
import { stage } from './kit/stage.mjs';

const { server, join, pair } = await stage();
const AXE = new URL(import.meta.resolve('axe-core/axe.min.js'));
const every = await server.rest('POST', 'notebooks/import?title=Every%20output', await gallery());

/** A person in a notebook of the given code cells. */
async function open(t, cells, settings) {
  const { id } = await server.rest('POST', 'notebooks/import?title=Outputs', JSON.stringify({ nbformat: 4, nbformat_minor: 4, metadata: {}, cells }));
  const anna = await join(t, 'Anna', settings);
  await anna.open(id);
  await anna.until('saved');
  return { anna, page: anna.page, id, cells: (await anna.order()).map((cell) => anna.cell(cell)) };
}

const clipboard = (page) => page.evaluate(() => navigator.clipboard.readText());

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

for (const colorScheme of ['light', 'dark']) {
  test(`ln_83_every_kind_of_output_is_drawn_and_usable_in_${colorScheme}`, async (t) => {
    const anna = await join(t, 'Anna', { colorScheme });
    await anna.open(every.id);
    await anna.until('saved');
    const of = async (source) => (await anna.cellWith(source)).box;
    const expectations = [
      ['progress()', (box) => box.getByText('100%|██████████| 3/3', { exact: true })],
      ['warn()', (box) => box.getByText('Standard error:')],
      ['1/0', (box) => box.getByText('ZeroDivisionError: division by zero').first()],
      ['plt.plot(x)', (box) => box.getByRole('button', { name: /^Enlarge: / })],
      ['SVG(...)', (box) => box.locator('img[src^="data:image/svg+xml"]')],
      ['Latex(...)', (box) => box.locator('.katex').first()],
      ['JSON(...)', (box) => box.getByRole('tree', { name: 'JSON' })],
      ['frame.head()', (box) => box.frameLocator('iframe').getByRole('columnheader', { name: 'column 5' })],
      ['large', (box) => box.getByRole('button', { name: 'Show output, 2.3 MB' })],
      ['cdn', (box) => box.getByText('It wanted to load from cdn.example.org.')],
      ['vegalite', (box) => box.frameLocator('iframe').getByText('twice the amount')],
      ['Vega(spec)', (box) => box.frameLocator('iframe').getByText('made by Vega')],
      ['plotly', (box) => box.frameLocator('iframe').getByText('made by Plotly')],
      ['broken', (box) => box.getByText('This is an interactive Vega-Lite chart. It could not be drawn: ')],
      ['broken', (box) => box.getByText('alt.Chart(broken)')],
      ['widget', (box) => box.getByText('This is a widget of a kernel that is gone.')],
      ['widget', (box) => box.getByText('IntSlider(value=0)')],
      ['unheard_of', (box) => box.getByText('This page cannot show application/x-nothing-known.')],
    ];
    for (const [source, drawn] of expectations) {
      const box = await of(source);
      await box.scrollIntoViewIfNeeded();
      await drawn(box).waitFor({ state: 'attached' });
    }
    // A table stands in the page's own colours, on the page's own ground.
    const cell = (await of('frame.head()')).frameLocator('iframe');
    const colors = (locator) => locator.evaluate((node) => ({ ink: getComputedStyle(node).color, paper: getComputedStyle(node).backgroundColor }));
    const [inside, outside] = [await colors(cell.locator('html')), await colors(anna.page.locator('body'))];
    assert.equal(inside.ink, outside.ink);
    assert.equal(inside.paper, 'rgba(0, 0, 0, 0)');
    await anna.page.evaluate(await readFile(AXE, 'utf8'));
    const { violations } = await anna.page.evaluate(() => window.axe.run('main', { iframes: false }));
    const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
    assert.deepEqual(serious.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ target, html }) => `${target} ${html}`).join('; ')}`), []);
    assert.deepEqual(anna.errors, []);
  });
}

test('c23_a_long_text_is_shown_in_part_until_all_of_it_is_asked_for_and_the_page_stays_awake', async (t) => {
  const lines = Array.from({ length: 90_000 }, (_, index) => `${index % 100 === 0 ? '\u001b[31m' : ''}line ${index} of what a program had to say`);
  const { page, cells } = await open(t, [code('print(1)', []), code('talk()', [printed(lines.join('\n'))])]);
  const { box } = cells[1];
  await box.getByText('line 89999 of').waitFor();
  assert.equal(await box.getByText('line 70 of').count(), 0);
  // Red was switched on in the part that is not shown.
  assert.equal(await box.getByText('line 89999 of').evaluate((line) => line.closest('.ansi-red-fg') !== null), true);
  await page.evaluate(() => {
    window.longest = 0;
    new PerformanceObserver((list) => list.getEntries().forEach(({ duration }) => (window.longest = Math.max(window.longest, duration)))).observe({ entryTypes: ['longtask'] });
  });
  await box.getByRole('button', { name: 'Show all (90,000 lines)' }).click();
  const whole = box.locator('.text > pre').first();
  await eventually(async () => (await whole.evaluate((pre) => pre.textContent.length)) >= lines.join('').length - 900 * 5, 'all of it is there', 30_000);
  t.diagnostic(`longest task while ${Math.round(lines.join('\n').length / 1e6)} MB were laid out: ${Math.round(await page.evaluate(() => window.longest))} ms`);
  await box.getByRole('button', { name: 'Show less' }).click();
  await box.getByText('lines not shown').waitFor();
});

test('ln_50_a_selection_in_an_output_that_grows_stays', async (t) => {
  const { notebook, anna } = await pair(t, 'Growing', [['code', 'grow()']]);
  const [id] = notebook.cells;
  const change = await program(notebook.id);
  await change((doc) => outputs(doc, id).push([stream('first line\n')]));
  const line = anna.cell(id).box.getByText('first line');
  await line.waitFor();
  await line.evaluate((node) => getSelection().selectAllChildren(node));
  await change((doc) => outputs(doc, id).push([stream('another output\n')]));
  await anna.cell(id).box.getByText('another output').waitFor();
  assert.equal((await anna.page.evaluate(() => getSelection().toString())).trim(), 'first line');
});

test('p6_a_picture_keeps_its_place_and_is_enlarged_and_left_by_keys', async (t) => {
  const { page, cells } = await open(t, [code('plot()', [await plot()])]);
  const picture = cells[0].box.getByRole('button', { name: /^Enlarge: / });
  const image = picture.locator('img');
  const { told, natural } = await image.evaluate(async (img) => (await img.decode(), { told: [img.width, img.height].join(), natural: [img.naturalWidth, img.naturalHeight].join() }));
  assert.equal(told, natural);
  await picture.focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog');
  await dialog.waitFor();
  await dialog.getByRole('button', { name: 'Full size' }).click();
  await dialog.getByRole('button', { name: 'Fit to window' }).waitFor();
  await page.keyboard.press('Escape');
  await eventually(async () => (await dialog.count()) === 0, 'it is closed');
  assert.equal(await picture.evaluate((node) => node === document.activeElement), true, 'the focus is where it was');
});

test('p6_json_is_walked_through_by_arrow_keys', async (t) => {
  const value = { deep: { deeper: { deepest: 'found' } }, many: Array.from({ length: 250 }, (_, index) => index) };
  const { page, cells } = await open(t, [code('JSON()', [display({ 'application/json': value })])]);
  const tree = cells[0].box.getByRole('tree', { name: 'JSON' });
  const focused = () => page.evaluate(() => document.activeElement.innerText.replace(/\s+/g, ' ').trim());
  await tree.getByRole('treeitem').first().focus();
  for (const key of ['ArrowDown', 'ArrowRight', 'ArrowRight', 'ArrowRight', 'ArrowRight']) await page.keyboard.press(key);
  await eventually(async () => (await focused()) === 'deepest: "found"', async () => `the deepest is reached: ${await focused()}`);
  for (const key of ['ArrowLeft', 'ArrowLeft', 'ArrowLeft', 'ArrowLeft', 'End', 'Enter', 'End']) await page.keyboard.press(key);
  await eventually(async () => /150 more$/.test(await focused()), async () => `the last row has more: ${await focused()}`);
  await page.keyboard.press('Enter');
  await tree.getByRole('treeitem', { name: '199:' }).waitFor();
  // The notebook's own keys were not meant.
  assert.equal((await page.getByRole('article').count()), 1);
});

test('p6_an_output_is_copied_and_downloaded_whole', async (t) => {
  const text = Array.from({ length: 500 }, (_, index) => `\u001b[32mline ${index}\u001b[0m`).join('\n');
  const settings = { permissions: ['clipboard-read', 'clipboard-write'] };
  const { page, anna, cells } = await open(t, [code('talk()', [printed(text)]), code('frame', [display({ 'text/html': table(2, 2), 'text/plain': 'a table' })]), code('plot()', [await plot()])], settings);
  const use = (cell, name) => {
    const pressed = async () => {
      // A frame that came under a resting pointer keeps its movements to itself.
      await page.mouse.move(0, 0);
      await cell.box.locator('.output').hover({ timeout: 5000 });
      await cell.box.getByRole('group', { name: /^Output 1 of/ }).getByRole('button', { name }).click({ timeout: 5000 });
      return true;
    };
    return eventually(pressed, `${name} is pressed`);
  };
  await use(cells[0], 'Copy');
  await anna.toast('The output is copied.').waitFor();
  assert.equal(await clipboard(page), text.replaceAll(/\u001b\[\d+m/g, ''));
  await use(cells[1], 'Copy');
  await eventually(async () => (await clipboard(page)) === 'a table', 'code is pasted what the kernel printed');
  const kinds = () => page.evaluate(async () => (await navigator.clipboard.read()).flatMap((item) => item.types).sort().join());
  assert.equal(await kinds(), 'text/html,text/plain');
  await use(cells[2], 'Copy');
  await eventually(async () => (await kinds()) === 'image/png', 'the picture is copied');
  const downloading = page.waitForEvent('download');
  await use(cells[2], 'Download');
  const download = await downloading;
  assert.equal(download.suggestedFilename(), 'cell-3-output-1.png');
  const bytes = await readFile(await download.path());
  assert.equal(bytes.toString('base64'), (await plot()).data['image/png'].replaceAll(/\s/g, ''));
});

test('c23_a_large_output_the_server_keeps_is_fetched_when_it_is_wanted', async (t) => {
  const put = async (content) => (await (await fetch(`${server.origin}/api/blobs`, { method: 'POST', headers: { authorization: `Bearer ${server.token}` }, body: content })).json()).sha256;
  const kept = async (mime, content, plain) => display({ 'application/vnd.coscribe.blob-ref+json': { sha256: await put(content), mime, size: content.length }, 'text/plain': plain });
  const png = Buffer.from((await plot()).data['image/png'], 'base64');
  const big = `<p>kept page</p>${' '.repeat(1_200_000)}`;
  const { anna, cells } = await open(t, [code('a', [await kept('image/png', png, '<image 388×278>')]), code('b', [await kept('text/html', '<p>small page</p>', 'small')]), code('c', [await kept('text/html', big, 'big')]), code('d', [await kept('application/octet-stream', 'x', 'bytes')])]);
  await eventually(() => cells[0].box.getByRole('img').evaluate((img) => img.complete && img.naturalWidth > 0), 'the picture is there');
  await cells[1].box.frameLocator('iframe').getByText('small page').waitFor();
  assert.equal(anna.requests.filter((address) => address.includes('/api/blobs/')).length, 2, 'what is large waits');
  await cells[2].box.getByRole('button', { name: 'Show output, 1.2 MB' }).click();
  await cells[2].box.frameLocator('iframe').getByText('kept page').waitFor();
  await cells[3].box.getByRole('link', { name: 'Download, 1 kB' }).waitFor();
});

test('nothing_jumps_when_one_scrolls_back_over_tables_that_were_put_away', async (t) => {
  const cells = Array.from({ length: 60 }, (_, index) => code(`frame_${index}`, [display({ 'text/html': table(4 + (index % 9), 5), 'text/plain': 't' })]));
  const { page, anna } = await open(t, cells);
  const order = await anna.order();
  // Each is drawn once, so that its height is known and not guessed.
  for (const id of order) {
    await anna.cell(id).bringIntoSight();
    await anna.cell(id).box.frameLocator('iframe').getByText('column 0').waitFor();
  }
  const alive = () => page.locator('iframe').count();
  await eventually(async () => (await alive()) < 45, async () => `frames far away are put away: ${await alive()}`);
  const heights = () => page.evaluate(() => [...document.querySelectorAll('article')].map((node) => Math.round(node.getBoundingClientRect().height)));
  const before = await heights();
  await anna.cell(order[10]).box.evaluate((node) => node.scrollIntoView());
  await anna.cell(order[10]).box.frameLocator('iframe').getByText('column 0').waitFor();
  assert.deepEqual((await heights()).slice(8, 50), before.slice(8, 50));
});

test('ln_83_a_chart_stands_in_the_colours_of_the_page_and_follows_when_they_change', async (t) => {
  const anna = await join(t, 'Anna', { colorScheme: 'light' });
  const { id } = await server.rest('POST', 'notebooks/import?title=Charts', JSON.stringify({ nbformat: 4, nbformat_minor: 4, metadata: {}, cells: [code('chart', [display({ 'application/vnd.vegalite.v6+json': VEGA_LITE })]), code('chart', [display({ 'application/vnd.plotly.v1+json': PLOTLY })])] }));
  await anna.open(id);
  const [vega, plotly] = (await anna.order()).map((cell) => anna.cell(cell).box.frameLocator('iframe'));
  const titles = [vega.getByText('twice the amount'), plotly.getByText('made by Plotly')];
  const inks = () => Promise.all(titles.map((title) => title.evaluate((node) => getComputedStyle(node).fill)));
  for (const title of titles) await title.waitFor({ state: 'attached' });
  const ink = () => anna.page.evaluate(() => getComputedStyle(document.body).color);
  const light = await ink();
  assert.deepEqual(await inks(), [light, light]);
  await anna.page.emulateMedia({ colorScheme: 'dark' });
  await eventually(async () => (await ink()) !== light && (await inks()).join() === [await ink(), await ink()].join(), 'they are drawn anew');
});

test('ln_83_the_libraries_of_charts_are_loaded_when_one_is_near_and_never_by_an_output', async (t) => {
  const chart = code('chart', [display({ 'application/vnd.vegalite.v6+json': VEGA_LITE })]);
  const { anna, cells } = await open(t, [code('print(1)', []), ...Array.from({ length: 40 }, () => code(Array(20).fill('x').join('\n'), [])), chart]);
  const libraries = () => anna.requests.filter((address) => /\/(?:vega|plotly)[.-][^/]*\.js$/.test(address));
  assert.deepEqual(libraries(), [], 'nobody has seen a chart');
  await cells.at(-1).bringIntoSight();
  await cells.at(-1).box.frameLocator('iframe').getByText('twice the amount').waitFor();
  assert.equal(libraries().length, 1);
});

test('c23_the_middle_of_a_long_stream_comes_when_it_is_asked_for', async (t) => {
  const middle = Array.from({ length: 3000 }, (_, index) => `middle ${index}`).join('\n');
  const put = await (await fetch(`${server.origin}/api/blobs`, { method: 'POST', headers: { authorization: `Bearer ${server.token}` }, body: middle })).json();
  const reference = [{ sha256: put.sha256, mime: 'text/plain', size: middle.length }];
  const stands = display({ 'application/vnd.coscribe.blob-ref+json': reference, 'text/plain': '… 3000 lines (38 KiB) are left out here …' }, { coscribe: { part: 'middle', name: 'stdout' } });
  const { anna, cells } = await open(t, [code('talk()', [printed('head\n'), stands, printed('tail\n')])]);
  const { box } = cells[0];
  await box.getByText('3000 lines (38 KiB) are left out').waitFor();
  assert.equal(anna.requests.filter((address) => address.includes('/api/blobs/')).length, 0);
  await box.getByRole('button', { name: 'Show all', exact: true }).click();
  await box.getByText('middle 2999').waitFor();
  await box.getByText('middle 1500').waitFor();
});
