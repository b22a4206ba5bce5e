// The server is upgraded while people have the page open.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { eventually } from './kit/eventually.mjs';
import { keepPages } from './kit/people.mjs';
import { Upgraded } from './kit/upgraded.mjs';
import { stage } from './kit/stage.mjs';

keepPages();

const { server, join } = await stage();

async function front(t) {
  const upgraded = await Upgraded.before(server.port);
  t.after(() => upgraded.close());
  return upgraded;
}

const version = (page) => page.evaluate(() => document.querySelector('meta[name=version]').content);
const caches = (page) => page.evaluate(async () => (await caches.keys()).length);
const offer = (person) => person.toast('A new version is ready.');

async function inCharge(page) {
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await eventually(() => page.evaluate(() => navigator.serviceWorker.controller !== null), 'the worker is in charge');
}

/** The server has a new version, and the browser looks. */
async function upgrade(upgraded, page) {
  upgraded.generation += 1;
  // Only what the worker keeps may help: the browser's own cache of what it has fetched forgets when it likes.
  const session = await page.context().newCDPSession(page);
  await session.send('Network.clearBrowserCache');
  await page.evaluate(() => {
    navigator.serviceWorker.addEventListener('controllerchange', () => (window.taken = (window.taken ?? 0) + 1));
    window.before = window.taken ?? 0;
  });
  await page.evaluate(async () => (await navigator.serviceWorker.getRegistration()).update());
  const activated = async () => {
    const { active, installing, waiting } = await navigator.serviceWorker.getRegistration();
    return (window.taken ?? 0) > window.before && !installing && !waiting && active.state === 'activated';
  };
  await eventually(() => page.evaluate(activated), 'the new version has taken over');
}

test('a_tab_that_is_open_over_two_upgrades_goes_on_whole_and_is_offered_the_new_version_once', async (t) => {
  const upgraded = await front(t);
  const { id, cells } = await server.write('Upgraded', [['note', 'plain'], ['code', 'x']]);
  const [ana, ben] = await Promise.all([join(t, 'Ana', { origin: upgraded.origin }), join(t, 'Ben')]);
  await Promise.all([ana.open(id), ben.open(id)]);
  await Promise.all([ana.until('saved'), ben.until('saved')]);
  await inCharge(ana.page);
  const first = await version(ana.page);
  await upgrade(upgraded, ana.page);
  await offer(ana).waitFor();
  await upgrade(upgraded, ana.page);
  assert.equal(await offer(ana).count(), 1);

  // A part of the page that was never needed so far: the server has not had it for two versions.
  assert.equal(await ana.page.locator('.katex').count(), 0);
  await ben.cell(cells[0]).caretAtEnd();
  await ben.type(' $e^x$');
  await ana.cell(cells[0]).box.locator('.katex').waitFor();
  await ana.cell(cells[1]).caretAtEnd();
  await ana.type('yz');
  await ana.until('saved');
  assert.equal(await version(ana.page), first);

  await offer(ana).getByRole('button', { name: 'Reload' }).click();
  await eventually(async () => (await version(ana.page).catch(() => first)) !== first, 'the new version is shown');
  await ana.until('saved');
  await ana.cell(cells[1]).shows('xyz');
  await ana.cell(cells[0]).box.locator('.katex').waitFor();
  assert.equal(await offer(ana).count(), 0);
  // Nobody shows the first two any more: they go with the next upgrade, and the disk is not filled for ever.
  await upgrade(upgraded, ana.page);
  await eventually(async () => (await caches(ana.page)) === 2, async () => `two versions are kept; there are ${await caches(ana.page)}`);
  assert.deepEqual(ana.errors, []);
});

test('a_reload_to_a_new_version_without_a_network_in_between_loses_nothing_typed', async (t) => {
  const upgraded = await front(t);
  const { id, cells } = await server.write('Upgraded offline', [['code', 'x']]);
  const ana = await join(t, 'Ana', { origin: upgraded.origin });
  await ana.open(id);
  await ana.until('saved');
  await inCharge(ana.page);
  await upgrade(upgraded, ana.page);
  await offer(ana).waitFor();
  await server.kill();
  await ana.until('offline');
  await ana.cell(cells[0]).caretAtEnd();
  await ana.type('yz');
  await eventually(async () => /2 changes kept in this browser/.test((await ana.word()).text), 'both are kept');
  // The proxy answers in place of the server: not with the page, so the one that is kept is shown, in the new version.
  await offer(ana).getByRole('button', { name: 'Reload' }).click();
  await ana.page.waitForLoadState();
  await ana.cell(cells[0]).shows('xyz');
  await ana.until('offline');
  assert.match((await ana.word()).text, /2 changes kept in this browser/);
  await server.restart();
  await ana.until('saved');
  assert.equal(await server.source(id, cells[0]), 'xyz');
});

