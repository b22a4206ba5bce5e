// What others write never runs in our origin, and the page asks nobody but its server.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join as path } from 'node:path';
import { after, test } from 'node:test';

import { eventually } from './kit/eventually.mjs';
import { assertNoForeignHost, keepPages } from './kit/people.mjs';
import { stage } from './kit/stage.mjs';

keepPages();

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

/** In one line, as a title must be. */
const TITLE = `<script>window.hurt = 'title'</script><img src="${FOREIGN}/title" onerror="window.hurt = 'title'">`;

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
  return { nbformat: 4, nbformat_minor: 4, metadata: { title: TITLE }, cells };
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

  for (const id of order) await anna.cell(id).bringIntoSight();
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

/** What a note can hold besides HTML. */
const NOTE_ATTACKS = `
[one](javascript:window.hurt='link') <a href="JaVa&#9;ScRiPt:window.hurt='tab'">two</a> <a href="data:text/html,<script>top.hurt=1</script>">three</a> <a href="vbscript:hurt">four</a>
<a href="#x" target="_self" onclick="window.hurt='fragment'">five</a>

- [ ] <input type="checkbox" onclick="window.hurt='box'" autofocus onfocus="window.hurt='focus'"> six <img src=x onerror="window.hurt='task'">
- [x] <span class="box task" data-task="0" tabindex="0" onclick="window.hurt='forged'">seven</span>

<a id="cell-forged" name="querySelector"></a><img name="getElementById" src="x"><form name="body"><input name="parentNode"></form>
<div class="bar toast sr-only" style="position:fixed;inset:0">eight</div>
<table background="${FOREIGN}/table"><tr><td background="${FOREIGN}/cell">nine</td></tr></table>
<math><mtext><table><mglyph><style><img src=x onerror="window.hurt='math'"></style></mglyph></table></mtext></math>
<svg><a href="javascript:window.hurt='svg link'"><text>ten</text></a><use href="${FOREIGN}/use#x"/></svg>

$\\href{javascript:window.hurt='tex'}{x}$ $\\includegraphics{${FOREIGN}/tex}$ $\\htmlData{hurt=1}{y}$

![attached](attachment:evil.svg) ![blob](api/blobs/BLOB?type=text/html) ![blob](api/blobs/BLOB?type=image/svg%2Bxml) ![relative](api/notebooks) ![up](../../../etc/passwd)
<img alt="lazy" src="api/blobs/BLOB"> <img alt="own" src="/api/notebooks">

\`\`\`mermaid
%%{init: {"securityLevel": "loose", "htmlLabels": true, "flowchart": {"htmlLabels": true}, "themeCSS": "@import '${FOREIGN}/theme'; * { background: url(${FOREIGN}/theme-url) }"}}%%
flowchart LR
  A["<img src=x onerror='top.hurt=1;parent.hurt=1;window.hurt=1'>Drawn"] --> B["<script>parent.hurt=1</script><iframe src='${FOREIGN}/mermaid-frame'>"]
  A --> C["<style>@import '${FOREIGN}/mermaid-style'</style>"]
  click A href "javascript:parent.hurt='mermaid'"
  click B call alert()
\`\`\`

\`\`\`mermaid
flowchart LR
  D@{ img: "${FOREIGN}/mermaid-image", label: "Pictured", w: 60, h: 60 } --> E[Other]
\`\`\`

\`\`\`mermaid
flowchart LR
  F --> G
  style F fill:url(${FOREIGN}/mermaid-fill)
\`\`\`

the end of it
`;
const EVIL_SVG = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="30" height="30" onload="top.hurt='attached'"><script>top.hurt='attached script'</script><image href="${FOREIGN}/attached-image" width="9" height="9"/><foreignObject width="30" height="30"><iframe xmlns="http://www.w3.org/1999/xhtml" src="${FOREIGN}/attached-frame"></iframe></foreignObject><style>@import "${FOREIGN}/attached-style";</style></svg>`;

test('ln_08_nothing_that_a_note_can_hold_runs_in_the_page_or_asks_another_host', async (t) => {
  const blob = await fetch(`${server.origin}/api/blobs`, { method: 'POST', headers: { authorization: `Bearer ${server.token}` }, body: `<script>window.hurt='blob'</script>` }).then((answer) => answer.json());
  const source = NOTE_ATTACKS.replaceAll('BLOB', blob.sha256);
  const attachments = { 'evil.svg': { 'image/svg+xml': Buffer.from(EVIL_SVG).toString('base64') }, 'page.html': { 'text/html': 'PHNjcmlwdD4=' } };
  const file = { nbformat: 4, nbformat_minor: 5, metadata: {}, cells: [{ cell_type: 'markdown', id: 'evil', metadata: {}, source, attachments }, { cell_type: 'markdown', id: 'after', metadata: {}, source: 'quiet' }] };
  const { id } = await server.rest('POST', 'notebooks/import?title=Evil', JSON.stringify(file));
  asked.length = 0;
  const anna = await join(t, 'Anna');
  await anna.open(id);
  await anna.until('saved');
  const note = anna.cell('evil').box.locator('.markdown');
  await note.getByText('the end of it').waitFor();
  const diagrams = note.locator('.diagram');
  await eventually(async () => (await diagrams.locator('img, figcaption').count()) >= 3, 'all diagrams are drawn or refused', 40_000);
  await diagrams.first().getByRole('img', { name: /Drawn/ }).waitFor();

  // Every link, box and picture of it is used as a person would use it.
  const addresses = await note.locator('a').evaluateAll((links) => links.map((link) => link.href).filter(Boolean));
  for (const address of addresses) assert.match(address, /^https?:/);
  for (const box of await note.getByRole('checkbox').all()) await box.click();
  assert.equal(await note.getByRole('checkbox').count(), 2);
  await note.getByText('five').click();
  await note.getByText('seven').click();

  const teeth = 'script, iframe, object, embed, form, link, meta, base, style, svg:not(.katex svg), [onerror], [onclick], [onfocus], [onload], [background], [autofocus], .bar, .toast, [id], [name], input:not(.box)';
  assert.deepEqual(await note.locator(teeth).evaluateAll((found) => found.map((one) => one.outerHTML)), []);
  const pictures = await note.locator('img').evaluateAll((images) => images.map((image) => image.src.slice(0, 40)));
  for (const address of pictures) assert.match(address, new RegExp(`^data:image/|^${server.origin}/api/blobs/`), address);
  // The frame that draws has no origin, and no way out.
  const frame = anna.page.frames().find((one) => one !== anna.page.mainFrame());
  assert.equal(await frame.evaluate(() => window.origin), 'null');
  assert.equal(await frame.evaluate((address) => fetch(address).then(() => 'asked', () => 'refused'), `${FOREIGN}/from-the-frame`), 'refused');
  assert.equal(await frame.evaluate((address) => fetch(address).then(() => 'asked', () => 'refused'), `${server.origin}/api/notebooks`), 'refused');

  // A blob opened by itself is a download without rights.
  const sent = await fetch(`${server.origin}/api/blobs/${blob.sha256}?type=text/html`, { headers: { authorization: `Bearer ${server.token}` } });
  assert.equal(sent.headers.get('content-disposition'), 'attachment');
  assert.match(sent.headers.get('content-security-policy'), /sandbox; default-src 'none'/);

  await anna.page.evaluate(() => new Promise((resolve) => requestIdleCallback(resolve)));
  assert.equal(await anna.page.evaluate(() => window.hurt), undefined);
  assert.equal(await frame.evaluate(() => window.hurt), undefined, 'not even in the frame');
  assert.equal(await anna.page.evaluate(() => typeof document.querySelector === 'function' && document.body === document.querySelector('body')), true);
  assert.equal(new URL(anna.page.url()).origin, server.origin);
  assert.deepEqual(asked, []);
});
