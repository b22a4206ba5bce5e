// Parts of the page that come when a notebook first needs them: not before, what is there stays in its place until then,
// and a press of a key or a network that fails costs nothing.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { eventually } from './kit/eventually.mjs';
import { code, stream } from './kit/gallery.mjs';
import { keepPages, Person } from './kit/people.mjs';
import { Proxy } from './kit/proxy.mjs';
import { stage } from './kit/stage.mjs';

keepPages();

const { server, join } = await stage();
const cable = await Proxy.to(server.port);
after(() => cable.close());

/** A worker that keeps the page would answer in place of the network. */
const ASKING_THE_SERVER = { serviceWorkers: 'block' };

/** Holds back what is asked for at such an address; returns how to let it go, and all that is asked for later. */
async function held(page, address) {
  let letGo;
  const gate = new Promise((resolve) => (letGo = resolve));
  await page.route(address, (route) => gate.then(() => route.continue()));
  return letGo;
}

async function imported(title, cells) {
  const { id } = await server.rest('POST', `notebooks/import?title=${title}`, JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells }));
  return id;
}

const note = (id, source) => ({ cell_type: 'markdown', id, metadata: {}, source });
const top = (locator) => locator.evaluate((element) => element.getBoundingClientRect().top);

test('a_note_that_needs_the_sanitiser_stands_as_it_was_written_until_that_is_there_and_a_link_into_it_still_arrives', async (t) => {
  const hostile = '<a name="mark" onclick="window.hurt = 1"></a>marked <img src="x" onerror="window.hurt = 1">';
  const far = Array.from({ length: 40 }, (_, index) => ({ ...code(`x = ${index}\n`.repeat(10), []), id: `far-${index}` }));
  const id = await imported('Held', [note('first', '**plain**'), ...far, note('last', `# Far\n\n${'text\n\n'.repeat(20)}${hostile}`)]);
  const anna = await join(t, 'Anna', ASKING_THE_SERVER);
  const letGo = await held(anna.page, '**/assets/sanitise-*.js');
  await anna.page.goto(`${anna.base}notebook/${id}#mark`);
  const last = anna.cell('last').box;
  await last.getByText(hostile).waitFor();
  assert.equal(await last.locator('h1, img, a').count(), 0);

  letGo();
  const marked = last.locator('[data-anchor="mark"]');
  await marked.waitFor({ state: 'attached' });
  await eventually(() => marked.evaluate((place) => place.getBoundingClientRect().top >= 0 && place.getBoundingClientRect().top < innerHeight / 2), 'the place is at the top of what is seen');
  assert.equal(await last.getByText('onclick').count(), 0);
  await anna.page.evaluate(() => scrollTo(0, 0));
  await anna.cell('first').box.locator('.markdown strong').waitFor();
  assert.equal(await anna.page.evaluate(() => window.hurt), undefined);
  assert.deepEqual(anna.errors, []);
});

test('a_note_that_only_now_needs_the_sanitiser_shows_what_it_showed_until_that_is_there', async (t) => {
  const { id, cells } = await server.write('Later', [['note', 'a **plain** note'], ['note', 'quiet']]);
  const anna = await join(t, 'Anna', ASKING_THE_SERVER);
  const letGo = await held(anna.page, '**/assets/sanitise-*.js');
  await anna.open(id);
  const { box } = anna.cell(cells[0]);
  await box.locator('strong').waitFor();
  const drawn = await box.locator('.markdown').innerHTML();
  await server.rest('PUT', `notebooks/${id}/cells/${cells[0]}/source`, { source: 'a <span lang="de">neue</span> note' });
  await server.rest('PUT', `notebooks/${id}/cells/${cells[1]}/source`, { source: 'later than that' });
  await anna.cell(cells[1]).box.getByText('later than that').waitFor();
  assert.equal(await box.locator('.markdown').innerHTML(), drawn);
  assert.equal(await box.getByText('<span').count(), 0);
  letGo();
  await box.locator('[lang="de"]').waitFor();
  assert.equal(await box.locator('strong').count(), 0);
});

test('outputs_keep_their_place_until_their_part_is_there_and_a_failure_is_made_good', async (t) => {
  const lines = 'one\ntwo\nthree\nfour\nfive\nsix\n';
  const id = await imported('Printed', [{ ...code('print()', [stream(lines)]), id: 'printed' }, note('below', 'below')]);
  const anna = await join(t, 'Anna', ASKING_THE_SERVER);
  let broken = true;
  await anna.page.route('**/assets/Output-*.js', (route) => (broken ? route.abort() : route.continue()));
  const failed = anna.page.waitForEvent('console', (message) => message.text().startsWith('A part of the page was not loaded.'));
  await anna.open(id);
  await failed;
  const below = anna.cell('below').box.getByText('below');
  await below.waitFor();
  const outputs = anna.cell('printed').box.locator('.outputs');
  await anna.cell('printed').editor.waitFor();
  assert.equal(await outputs.locator('.output').count(), 0);
  const before = await top(below);

  broken = false;
  await outputs.getByText('six').waitFor();
  const line = await outputs.locator('pre').first().evaluate((text) => Number.parseFloat(getComputedStyle(text).lineHeight));
  assert.ok(Math.abs((await top(below)) - before) < line, `what stands below moved from ${before} to ${await top(below)}`);
});

test('a_key_pressed_before_its_part_is_there_does_what_it_does_when_it_is', async (t) => {
  const { id, cells } = await server.write('Keys', [['code', 'x = 1']]);
  const anna = await join(t, 'Anna', ASKING_THE_SERVER);
  const letGo = await held(anna.page, '**/assets/Help-*.js');
  await anna.open(id);
  await anna.cell(cells[0]).point();
  await anna.press('h');
  const sheet = anna.page.getByRole('dialog', { name: 'Keys', exact: true });
  assert.equal(await sheet.count(), 0);
  letGo();
  await sheet.waitFor();
});

test('ln_61_parts_that_were_never_opened_open_without_a_network', async (t) => {
  const id = await imported('Cut', [note('markup', 'with <span lang="de">Auszeichnung</span>'), { ...code('print()', [stream('printed\n')]), id: 'printed' }, { ...code('Why?', []), id: 'asked', metadata: { coscribe: { kind: 'prompt' } } }]);
  const other = await server.write('Bare', [['code', 'x = 1']]);
  const bela = await join(t, 'Bela', { origin: cable.origin });
  // Kept in this browser, though nothing of it was ever drawn but by another page.
  await Person.together([bela], id);
  await bela.keptForOffline();
  await bela.open(other.id);
  await bela.until('saved');
  cable.cut();
  await bela.context.setOffline(true);
  await bela.page.close();

  await bela.newTab();
  await bela.open(id);
  await bela.until('offline');
  await bela.cell('markup').box.locator('[lang="de"]').waitFor();
  await bela.cell('printed').box.locator('.outputs').getByText('printed').waitFor();
  await bela.cell('asked').box.locator('button.ask').waitFor();
  const { page } = bela;
  const command = async (name) => {
    await bela.press('Control+Shift+P');
    await page.getByRole('combobox', { name: 'Find a command' }).fill(name);
    await page.getByRole('option', { name }).first().click();
  };
  await bela.cell('printed').point();
  for (const [name, role, shown] of [
    ['Keys and help', 'dialog', 'Keys'],
    ['Settings', 'dialog', 'Settings'],
    ['Files of the notebook', 'complementary', 'Files'],
    ['Packages of Python', 'complementary', 'Packages'],
    ['Kernel: choose, restart, shut down', 'dialog', 'Kernel'],
    ['Open the bin', 'complementary', 'Bin'],
    ['Show or hide the outline', 'navigation', 'Outline'],
  ]) {
    await command(name);
    const part = page.getByRole(role, { name: shown, exact: true });
    await part.waitFor();
    if (role === 'dialog') {
      await bela.press('Escape');
      await part.waitFor({ state: 'detached' });
    }
  }
  await bela.press('Control+f');
  await page.getByRole('search', { name: 'Find and replace' }).waitFor();
});
