// The word of state and what stands behind it: tabs, silences, refusals of the store, notebooks that are not there.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, test } from 'node:test';

import { seriousFaults } from './kit/axe.mjs';
import { eventually } from './kit/eventually.mjs';
import { keepPages, Person } from './kit/people.mjs';
import { Proxy } from './kit/proxy.mjs';
import { stage } from './kit/stage.mjs';

keepPages();

const { server, join } = await stage();
const cable = await Proxy.to(server.port);
after(() => cable.close());

/** Until it is plugged in again, at the latest when the test ends. */
function unplug(t) {
  t.after(() => cable.mend());
  cable.cut();
}

/** Notes every word that is said from now on. */
function noteWords(page) {
  return page.evaluate(() => {
    window.words = [];
    const look = () => {
      const word = document.querySelector('[data-state]');
      if (word && window.words.at(-1) !== word.dataset.state) window.words.push(word.dataset.state);
    };
    look();
    new MutationObserver(look).observe(document.querySelector('header'), { subtree: true, childList: true, attributes: true, attributeFilter: ['data-state'] });
  });
}

const facts = (person) => person.page.getByRole('dialog', { name: 'Where your changes are' });

/** The line of a fact behind the word. */
async function fact(person, term) {
  return facts(person).locator(`dt:text-is("${term}")`).locator('xpath=following-sibling::dd[1]').innerText();
}

const openFacts = async (person) => {
  await person.page.locator('[data-state]').click();
  await facts(person).waitFor();
};

/** How many records the notebook has in this browser's store: what was written, and what the server does not have. */
function records(page) {
  return page.evaluate(async () => {
    const [{ name }] = (await indexedDB.databases()).filter((database) => database.name.startsWith('coscribe:'));
    const opening = indexedDB.open(name);
    const database = await new Promise((resolve) => (opening.onsuccess = () => resolve(opening.result)));
    const count = (store) => new Promise((resolve) => (database.transaction(store).objectStore(store).count().onsuccess = ({ target }) => resolve(target.result)));
    const counts = { updates: await count('updates'), unsaved: await count('unsaved') };
    database.close();
    return counts;
  });
}

test('two_tabs_of_one_browser_share_what_is_typed_offline_and_the_one_that_closes_takes_nothing_along', async (t) => {
  const { id, cells } = await server.write('Tabs', [['code', 'x']]);
  const ana = await join(t, 'Ana', { origin: cable.origin });
  await ana.open(id);
  await ana.until('saved');
  const first = ana.page;
  const second = await ana.newTab();
  await ana.open(id);
  await ana.until('saved');
  unplug(t);
  await ana.until('offline');
  await ana.cell(cells[0]).caretAtEnd();
  await ana.type('yz');
  await eventually(async () => /2 changes kept in this browser/.test((await ana.word()).text), 'both are kept');
  ana.page = first;
  await ana.until('offline');
  await ana.cell(cells[0]).shows('xyz');
  await eventually(async () => /2 changes kept in this browser/.test((await ana.word()).text), async () => `the other tab says the same: ${JSON.stringify(await ana.word())}`);
  assert.deepEqual((await records(first)).unsaved, 2, 'each change has one mark, whichever tab is asked');
  // The first tab leads: it goes, and the second goes on with everything.
  await first.close();
  ana.page = second;
  await ana.type('!');
  await eventually(async () => /3 changes kept in this browser/.test((await ana.word()).text), 'the third is kept');
  cable.mend();
  await ana.until('saved');
  assert.equal(await server.source(id, cells[0]), 'xyz!');
  assert.equal((await records(second)).unsaved, 0);
});

test('what_the_server_sends_is_written_once_however_many_tabs_are_open', async (t) => {
  const { id, cells } = await server.write('Once', [['code', 'x']]);
  const [ana, ben] = await Promise.all([join(t, 'Ana', { origin: cable.origin }), join(t, 'Ben')]);
  await Person.together([ana, ben], id);
  const first = ana.page;
  await ana.newTab();
  await ana.open(id);
  await ana.until('saved');
  const before = await records(first);
  await ben.cell(cells[0]).caretAtEnd();
  for (const letter of 'abcdef') {
    await ben.type(letter);
    await ben.until('saved');
    await ana.cell(cells[0]).shows(`x${'abcdef'.slice(0, 'abcdef'.indexOf(letter) + 1)}`);
  }
  const written = async () => (await records(first)).updates - before.updates;
  await eventually(async () => (await written()) === 6, async () => `six changes are six records; there are ${await written()}`);
  // The leader goes in the middle of it: the other one takes over, and without a network all of it is there.
  await first.close();
  await ben.type('g');
  await ana.cell(cells[0]).shows('xabcdefg');
  const { updates } = await records(ana.page);
  assert.ok(updates - before.updates >= 6);
  await eventually(async () => (await records(ana.page)).updates > before.updates + 6, 'the heir writes what comes now');
  await ana.page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await eventually(() => ana.page.evaluate(() => navigator.serviceWorker.controller !== null), 'the worker is in charge');
  unplug(t);
  await ana.page.reload();
  await ana.until('offline');
  await ana.cell(cells[0]).shows('xabcdefg');
  cable.mend();
});

test('a_notebook_that_does_not_exist_offers_to_be_created_and_a_deleted_one_to_be_restored', async (t) => {
  const ana = await join(t, 'Ana');
  await ana.page.goto(`${ana.base}notebook/brand-new`);
  await ana.page.getByRole('button', { name: 'Create it' }).click();
  await ana.until('saved');
  await server.rest('DELETE', 'notebooks/brand-new');
  await ana.until('refused');
  await ana.page.getByRole('button', { name: 'Restore it' }).click();
  await ana.until('saved');
});

test('ln_04_an_avatar_appears_and_goes_with_its_person', async (t) => {
  const { id } = await server.write('Here', [['code', '']]);
  const ana = await join(t, 'Ana', { origin: cable.origin });
  const ben = await join(t, 'Ben Okri');
  await Person.together([ana, ben], id);
  const avatar = ana.page.getByRole('button', { name: 'Go to Ben Okri' });
  await avatar.waitFor();
  unplug(t);
  await avatar.waitFor({ state: 'detached' });
  cable.mend();
  await avatar.waitFor();
  await ben.leave();
  await avatar.waitFor({ state: 'detached' });
});

test('an_empty_notebook_opens_and_everything_typed_into_it_is_on_the_server', async (t) => {
  const ana = await join(t, 'Ana');
  await ana.page.getByRole('button', { name: 'New notebook' }).click();
  await ana.until('saved');
  const id = new URL(ana.page.url()).pathname.split('/').at(-1);
  await ana.page.getByLabel('Title').fill('Nile');
  await ana.press('Enter');
  await ana.page.getByRole('button', { name: 'Add prompt at the end' }).click();
  await ana.type('Where does it rise?');
  await eventually(async () => (await server.notebook(id)).cells.at(-1).source === 'Where does it rise?', 'it is on the server');
  const notebook = await server.notebook(id);
  assert.equal(notebook.title, 'Nile');
  assert.equal(notebook.cells.at(-1).type, 'prompt');
  assert.deepEqual(ana.errors, []);
});

test('a_new_name_reaches_the_others_without_a_word_of_being_offline_and_stands_in_every_tab', async (t) => {
  const { id } = await server.write('Names', [['code', 'x']]);
  const [ana, ben] = await Promise.all([join(t, 'Ana'), join(t, 'Ben')]);
  await Person.together([ana, ben], id);
  const first = ana.page;
  await ana.newTab();
  await ana.open(id);
  await ana.until('saved');
  await noteWords(ana.page);
  await noteWords(first);
  await ana.page.getByLabel('You: Ana').click();
  await ana.page.getByLabel('Your name').fill('Anastasia');
  await ana.press('Enter');
  await ben.page.getByRole('button', { name: 'Go to Anastasia' }).first().waitFor();
  await first.getByLabel('You: Anastasia').waitFor({ state: 'attached' });
  await ben.page.getByRole('button', { name: 'Go to Ana', exact: true }).waitFor({ state: 'detached' });
  await ana.until('saved');
  for (const page of [ana.page, first]) assert.deepEqual(await page.evaluate(() => window.words), ['saved']);
});

test('the_look_chosen_in_one_tab_is_the_look_of_all', async (t) => {
  const ana = await join(t, 'Ana');
  const first = ana.page;
  await ana.newTab();
  await ana.page.goto(ana.base);
  await ana.page.getByRole('button', { name: /^Look: as the system/ }).click();
  await first.getByRole('button', { name: 'Look: light' }).waitFor();
  assert.equal(await first.evaluate(() => document.documentElement.dataset.look), 'light');
});

test('behind_the_word_stand_the_facts_by_keyboard_alone_and_a_copy_to_take_along_without_a_network', async (t) => {
  const cells = [['note', '# Tides\n\n$a^2$'], ['code', 'print("😀")'], ['prompt', 'Why twice?'], ['raw', 'as it is']];
  const { id, cells: ids } = await server.write('Facts: tides/ebb', cells);
  const ana = await join(t, 'Ana', { origin: cable.origin });
  await ana.open(id);
  await ana.until('saved');
  await ana.page.locator('[data-state]').focus();
  await ana.press('Enter');
  assert.match(await fact(ana, 'Last saved'), /^\d\d:\d\d:\d\d, on the server’s disk$/);
  assert.equal(await fact(ana, 'Waiting for the server'), 'Nothing');
  assert.match(await fact(ana, 'Server'), /^127\.0\.0\.1:\d+ — connected$/);
  assert.equal(await fact(ana, 'Open in'), 'this tab only');
  assert.equal(await fact(ana, 'You may'), 'read and edit');
  assert.deepEqual(await seriousFaults(ana.page), []);
  await ana.press('Escape');
  await facts(ana).waitFor({ state: 'detached' });
  assert.ok(await ana.page.evaluate(() => document.activeElement.hasAttribute('data-state')), 'the focus is back on the word');

  const other = await ana.newTab();
  await ana.open(id);
  await ana.until('saved');
  await openFacts(ana);
  await eventually(async () => (await fact(ana, 'Open in')) === '2 tabs of this browser', 'the other tab is counted');
  await ana.press('Escape');
  unplug(t);
  await ana.until('offline');
  await ana.cell(ids[1]).caretAtEnd();
  await ana.type('!');
  await openFacts(ana);
  await eventually(async () => (await fact(ana, 'Waiting for the server')) === '1 change', 'the change is counted');
  assert.match(await fact(ana, 'Server'), /not reached/);
  assert.match(await fact(ana, 'Kept here'), /^In this browser/);
  const downloading = ana.page.waitForEvent('download');
  await ana.page.getByRole('button', { name: 'Download a copy' }).click();
  const download = await downloading;
  assert.equal(download.suggestedFilename(), 'Facts tides ebb.ipynb');
  const copy = JSON.parse(await readFile(await download.path(), 'utf8'));
  // Asked to, it tries at once; there is still no network.
  await facts(ana).getByRole('button', { name: 'Reconnect now' }).click();
  await ana.until('offline');
  cable.mend();
  await ana.until('saved');
  const exported = await server.rest('GET', `notebooks/${id}/export?format=ipynb`);
  const plain = (file) => file.cells.map((cell) => ({ ...cell, source: [cell.source].flat().join('') }));
  assert.deepEqual(plain(copy), plain(exported));
  assert.deepEqual([copy.metadata, copy.nbformat, copy.nbformat_minor], [exported.metadata, 4, 5]);
  // What was taken along can be brought back.
  const back = await server.rest('POST', 'notebooks/import?title=Back', JSON.stringify(copy));
  const read = async (notebook) => (await server.notebook(notebook)).cells.map(({ type, source }) => [type, source]);
  assert.deepEqual(await read(back.id), await read(id));
  await other.close();
});

/** Whether the browser asks before this tab is closed. Typing has made it willing to. */
async function asksBeforeClosing(page) {
  let asked = false;
  page.on('dialog', (dialog) => {
    asked = dialog.type() === 'beforeunload';
    void dialog.accept();
  });
  const closed = page.waitForEvent('close');
  await page.close({ runBeforeUnload: true });
  await closed;
  return asked;
}

test('closing_asks_nothing_while_this_browser_keeps_what_the_server_does_not_have', async (t) => {
  const { id, cells } = await server.write('Closing', [['code', 'x']]);
  const ana = await join(t, 'Ana', { origin: cable.origin });
  await ana.open(id);
  await ana.until('saved');
  unplug(t);
  await ana.until('offline');
  await ana.cell(cells[0]).caretAtEnd();
  await ana.type('y');
  await eventually(async () => /^Offline — 1 change kept in this browser$/.test((await ana.word()).text), 'it is kept');
  assert.equal(await asksBeforeClosing(ana.page), false);
  cable.mend();
});

/** Refuses whatever is to be written, as the browser does when the disk is full; no switch of its own does it here. */
function fill(page, full) {
  return page.evaluate((refuses) => {
    window.added ??= IDBObjectStore.prototype.add;
    IDBObjectStore.prototype.add = refuses
      ? function () {
          this.transaction.abort();
          throw new DOMException('The quota has been exceeded.', 'QuotaExceededError');
        }
      : window.added;
  }, full);
}

test('closing_asks_when_a_change_exists_nowhere_else_because_the_disk_is_full', async (t) => {
  const { id, cells } = await server.write('Full disk', [['code', 'x']]);
  const ana = await join(t, 'Ana', { origin: cable.origin });
  await ana.open(id);
  await ana.until('saved');
  await ana.keptForOffline();
  await fill(ana.page, true);
  unplug(t);
  await ana.until('offline');
  await ana.cell(cells[0]).caretAtEnd();
  await ana.type('y');
  await eventually(async () => /^Offline — 1 change not kept anywhere yet$/.test((await ana.word()).text), async () => `it is not kept: ${JSON.stringify(await ana.word())}`);
  await openFacts(ana);
  assert.match(await fact(ana, 'Kept here'), /^Nowhere/);
  await ana.press('Escape');
  // Once there is room the browser keeps it after all, without being asked.
  await fill(ana.page, false);
  await eventually(async () => /^Offline — 1 change kept in this browser$/.test((await ana.word()).text), async () => `it is kept now: ${JSON.stringify(await ana.word())}`);
  await fill(ana.page, true);
  await ana.cell(cells[0]).caretAtEnd();
  await ana.type('z');
  await eventually(async () => /1 change not kept/.test((await ana.word()).text), 'the next one is not');
  assert.equal(await asksBeforeClosing(ana.page), true);
  cable.mend();
});

test('without_any_store_a_notebook_works_says_that_nothing_is_kept_and_asks_before_it_is_closed', async (t) => {
  const { id, cells } = await server.write('No store', [['code', 'x']]);
  const ana = await join(t, 'Ana', { origin: cable.origin });
  await ana.context.addInitScript(() => Object.defineProperty(window, 'indexedDB', { value: undefined }));
  await ana.open(id);
  await ana.until('saved');
  unplug(t);
  await ana.until('offline');
  await ana.cell(cells[0]).caretAtEnd();
  await ana.type('yz');
  await eventually(async () => /^Offline — 2 changes not kept anywhere yet$/.test((await ana.word()).text), async () => `nothing is kept: ${JSON.stringify(await ana.word())}`);
  cable.mend();
  await ana.until('saved');
  assert.equal(await server.source(id, cells[0]), 'xyz');
  unplug(t);
  await ana.until('offline');
  await ana.type('!');
  await eventually(async () => /1 change not kept/.test((await ana.word()).text), 'the last one is not kept');
  assert.equal(await asksBeforeClosing(ana.page), true);
  cable.mend();
});

/** Makes the page believe that it slept: the clock has moved on, no timer has run. */
function sleep(page, ms, event) {
  return page.evaluate(
    ([passed, name]) => {
      const now = Date.now.bind(Date);
      Date.now = () => now() + passed;
      if (name === 'pageshow') window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }));
      else document.dispatchEvent(new Event('visibilitychange'));
    },
    [ms, event],
  );
}

for (const event of ['visibilitychange', 'pageshow']) {
  test(`after_a_sleep_a_dead_socket_is_noticed_at_once_and_saved_is_not_said_before_it_is_so_${event}`, async (t) => {
    const { id, cells } = await server.write('Asleep', [['code', 'x']]);
    const ana = await join(t, 'Ana', { origin: cable.origin });
    await ana.open(id);
    await ana.until('saved');
    await ana.cell(cells[0]).caretAtEnd();
    cable.stall();
    await ana.type('y');
    await ana.until('saving');
    await sleep(ana.page, 3_600_000, event);
    await ana.until('saved', 5_000);
    assert.equal(await server.source(id, cells[0]), 'xy');
    assert.deepEqual(await ana.order(), cells);
  });
}

test('a_clock_that_is_set_back_and_forth_loses_nothing_and_saved_stays_true', async (t) => {
  const { id, cells } = await server.write('Clocks', [['code', 'x']]);
  const ana = await join(t, 'Ana');
  await ana.open(id);
  await ana.until('saved');
  await ana.cell(cells[0]).caretAtEnd();
  let typed = 'x';
  for (const hours of [2, -3, 5]) {
    await sleep(ana.page, hours * 3_600_000, 'visibilitychange');
    await ana.type('y');
    typed += 'y';
    await eventually(async () => (await server.source(id, cells[0])) === typed, 'it is on the server');
    await ana.until('saved');
  }
});

test('a_page_left_and_come_back_to_is_in_step_and_takes_typing', async (t) => {
  const { id, cells } = await server.write('Back and forth', [['code', 'x']]);
  const [ana, ben] = await Promise.all([join(t, 'Ana'), join(t, 'Ben')]);
  await Person.together([ana, ben], id);
  await ana.page.goto(`${ana.base}api/docs/`);
  await ben.cell(cells[0]).caretAtEnd();
  await ben.type('y');
  await ben.until('saved');
  await ana.page.goBack();
  await ana.until('saved');
  await ana.cell(cells[0]).shows('xy');
  await ana.cell(cells[0]).caretAtEnd();
  await ana.type('z');
  await ben.cell(cells[0]).shows('xyz');
});

test('ln_74_who_wrote_in_a_cell_last_stands_at_its_rail_and_behind_the_word', async (t) => {
  const { id, cells } = await server.write('Authors', [['code', 'x = 1']]);
  const [ana, ben] = await Promise.all([join(t, 'Ana'), join(t, 'Ben Okri')]);
  await Person.together([ana, ben], id);
  await ben.cell(cells[0]).caretAtEnd();
  await ben.type(' # by Ben');
  await ana.cell(cells[0]).shows('x = 1 # by Ben');
  const rail = (person) => person.cell(cells[0]).box.locator('.rail');
  await rail(ana).hover();
  await eventually(async () => /^Last edited by Ben Okri · \d\d:\d\d$/.test(await rail(ana).getAttribute('title')), async () => `the rail tells: ${await rail(ana).getAttribute('title')}`);
  // Somebody who comes later was not there to see when; the text itself tells who.
  const carla = await join(t, 'Carla');
  await carla.open(id);
  await carla.until('saved');
  await rail(carla).hover();
  await eventually(async () => (await rail(carla).getAttribute('title')) === 'Last edited by Ben Okri', async () => `the rail tells: ${await rail(carla).getAttribute('title')}`);
  await carla.cell(cells[0]).box.focus();
  await openFacts(carla);
  assert.equal(await fact(carla, 'Cell 1'), 'Last edited by Ben Okri');
});
