// What others write never runs in our origin, and the page asks nobody but its server.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join as path } from 'node:path';
import { after, test } from 'node:test';

import { eventually } from './kit/eventually.mjs';
import { assertNoForeignHost } from './kit/people.mjs';
import { stage } from './kit/stage.mjs';

const { server, join } = await stage();

/** Somebody else's server, which must never be asked. */
const asked = [];
const foreign = createServer((request, answer) => (asked.push(request.url), answer.end()));
await new Promise((resolve) => foreign.listen(0, '127.0.0.1', resolve));
const FOREIGN = `http://127.0.0.1:${foreign.address().port}`;
after(() => foreign.close());

const folder = await mkdtemp(path(tmpdir(), 'coscribe-e2e-safety-'));
after(() => rm(folder, { recursive: true, force: true }));

/** Everything that has run code from text somewhere; `WHERE` is told apart in the mark it would leave. */
const ATTACKS = `
<script>window.hurt = 'WHERE script'</script>
<img src="${FOREIGN}/WHERE-image" onerror="window.hurt = 'WHERE onerror'">
<img src=x onerror="top.hurt = 'WHERE onerror in the top'">
<svg onload="window.hurt = 'WHERE svg'"><script>window.hurt = 'WHERE svg script'</script></svg>
<iframe src="javascript:parent.hurt = 'WHERE iframe'"></iframe>
<iframe srcdoc="<script>parent.hurt = 'WHERE srcdoc'</script>"></iframe>
<object data="${FOREIGN}/WHERE-object"></object><embed src="${FOREIGN}/WHERE-embed">
<form action="${FOREIGN}/WHERE-form"><button>WHERE send</button></form>
<link rel="stylesheet" href="${FOREIGN}/WHERE-style"><style>@import "${FOREIGN}/WHERE-import";</style>
<base href="${FOREIGN}/">
<details open ontoggle="window.hurt = 'WHERE toggle'"><summary>x</summary></details>
<a href="javascript:window.hurt = 'WHERE link'">WHERE link</a>
<b style="background: url(${FOREIGN}/WHERE-background)">WHERE is here</b>
`;
/** Apart from the others: it takes away what else stands in a frame. */
const REFRESH = `<meta http-equiv="refresh" content="0;url=${FOREIGN}/refresh"><script>location = '${FOREIGN}/location'</script>`;
const attacks = (where) => ATTACKS.replaceAll('WHERE', where);

/** Told by the frame of the output itself: what its script could and could not do. */
const PROBE = `<p id="told">asleep</p><script>
  const tries = { parent: () => parent.document.title, cookie: () => document.cookie, storage: () => localStorage.length, mark: () => (parent.hurt = 'frame') };
  const got = Object.entries(tries).filter(([, attempt]) => { try { attempt(); return true; } catch { return false; } }).map(([name]) => name);
  fetch('${FOREIGN}/frame-fetch').catch(() => {});
  new Image().src = '${FOREIGN}/frame-image';
  document.getElementById('told').textContent = 'ran, got: ' + got.join(' ');
</script>`;

function hostileNotebook() {
  const code = (source, outputs) => ({ cell_type: 'code', execution_count: 1, metadata: {}, source, outputs });
  const display = (data) => ({ output_type: 'display_data', data, metadata: {} });
  const cells = [
    { cell_type: 'markdown', metadata: {}, source: `# Harmless\n${attacks('note')}${REFRESH}\n[link in Markdown](javascript:window.hurt='markdown')` },
    code('html', [display({ 'text/html': `<h2>Harmless HTML</h2>${PROBE}` })]),
    code('attacks', [display({ 'text/html': `${attacks('html')}<p>the end of it</p>` })]),
    code('refresh', [display({ 'text/html': REFRESH })]),
    code('svg', [display({ 'image/svg+xml': `<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20" onload="window.hurt='svg'"><script>window.hurt='svg'</script></svg>` })]),
    code('markdown', [display({ 'text/markdown': attacks('markdown-output') })]),
    code('latex', [display({ 'text/latex': '$\\href{javascript:window.hurt=1}{x}$' })]),
    code('script', [display({ 'application/javascript': "window.hurt = 'javascript'", 'text/plain': 'no script here' })]),
    code('text', [{ output_type: 'stream', name: 'stdout', text: `\u001b[31m<img src=x onerror="window.hurt='ansi'">\u001b[0m` }]),
  ];
  return { nbformat: 4, nbformat_minor: 4, metadata: { title: attacks('title') }, cells };
}

test('ln_08_what_a_collaborator_writes_does_not_run_at_anybody', async (t) => {
  const file = path(folder, 'hostile.ipynb');
  await writeFile(file, JSON.stringify(hostileNotebook()));
  const anna = await join(t, 'Anna');
  const chosen = anna.page.waitForEvent('filechooser');
  await anna.page.getByRole('button', { name: 'Import' }).click();
  await (await chosen).setFiles(file);
  await anna.page.getByRole('list', { name: 'Imports' }).getByRole('link', { name: 'Open' }).click();
  await anna.until('saved');
  const order = await anna.order();
  assert.equal(order.length, hostileNotebook().cells.length);

  // The note is drawn, without its teeth.
  const note = anna.cell(order[0]).box;
  await note.getByRole('heading', { name: 'Harmless' }).waitFor();
  await note.getByText('note is here').waitFor();
  const teeth = 'script, iframe, object, embed, form, link, meta, base, [onerror], [onload], [ontoggle], a[href^="javascript:" i]';
  assert.equal(await note.locator('.markdown').locator(teeth).count(), 0);

  // HTML output lives in its frame, runs its own script there, and reaches nothing from there.
  const frame = anna.cell(order[1]).box.frameLocator('iframe');
  await frame.getByRole('heading', { name: 'Harmless HTML' }).waitFor();
  assert.equal(await frame.locator('#told').innerText(), 'ran, got:');
  const sandbox = await anna.cell(order[1]).box.locator('iframe').getAttribute('sandbox');
  assert.equal(sandbox, 'allow-scripts');
  await anna.cell(order[2]).box.frameLocator('iframe').getByText('the end of it').waitFor();

  for (const id of order) await anna.cell(id).box.scrollIntoViewIfNeeded();
  await anna.cell(order[5]).box.getByText('markdown-output is here').waitFor();
  await anna.cell(order[8]).box.getByText('<img src=x').waitFor();

  // A collaborator who types it, read by the other as it is typed.
  const bela = await join(t, 'Bela');
  await bela.page.goto(anna.page.url());
  await bela.until('saved');
  await bela.cell(order[0]).caretAtEnd();
  await bela.page.keyboard.insertText(attacks('typed'));
  await bela.press('Escape');
  await note.getByText('typed is here').waitFor();

  // Whatever would still have run or asked has had its chance: a round trip of the page and of a frame.
  for (const person of [anna, bela]) {
    await person.page.evaluate(() => new Promise((resolve) => requestIdleCallback(resolve)));
    for (const inner of person.page.frames()) assert.equal(await inner.evaluate(() => typeof window.hurt === 'string' && window.origin !== 'null'), false, inner.url());
    assert.equal(await person.page.evaluate(() => window.hurt), undefined);
    assert.equal(await person.page.evaluate(() => document.cookie), '');
    assert.equal(new URL(person.page.url()).origin, server.origin);
    const sent = person.requests.filter((address) => address.startsWith(FOREIGN));
    // What the browser began it has stopped itself: the other server has seen nothing.
    if (sent.length > 0) t.diagnostic(`${person.name}'s browser stopped ${sent.length} requests`);
  }
  assert.deepEqual(asked, []);
});

test('p3_the_page_asks_no_host_but_its_own', async (t) => {
  const anna = await join(t, 'Anna');
  const [welcome] = (await server.rest('GET', 'notebooks')).notebooks.filter(({ title }) => title.startsWith('Welcome'));
  await anna.open(welcome.id);
  await anna.until('saved');
  await anna.page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await eventually(() => anna.page.evaluate(async () => (await caches.keys()).length > 0), 'the worker has stored the page');
  assertNoForeignHost(anna);
  assert.deepEqual(anna.errors, []);
});
