// The list of notebooks: found, sorted, arranged by keyboard, and true without a reload, whoever changes it.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, test } from 'node:test';

import { assertNoSidewaysScroll, seriousFaults } from './kit/axe.mjs';
import { eventually } from './kit/eventually.mjs';
import { keepPages, Person, same } from './kit/people.mjs';
import { Proxy } from './kit/proxy.mjs';
import { stage } from './kit/stage.mjs';

keepPages();

const VIEWERS = 'only-to-look-at-it';
const { server, browser, join } = await stage({ flags: ['--viewer-token', VIEWERS] });
const cable = await Proxy.to(server.port);
after(() => cable.close());

const list = (person) => person.page.getByRole('list', { name: 'Notebooks', exact: true });
const row = (person, title) => list(person).getByRole('link', { name: new RegExp(`^${title}`) });
const deleted = (person) => person.page.getByRole('list', { name: 'Deleted notebooks' });

async function titles(person) {
  return list(person).locator('.title').allInnerTexts();
}

async function seesTitles(person, wanted) {
  await eventually(async () => same(await titles(person), wanted), async () => `${person.name} sees ${wanted}; sees ${await titles(person)}`);
}

/** Chooses in the menu of a row. */
async function choose(person, title, item) {
  await list(person).getByRole('button', { name: `More for ${title}` }).click();
  await person.page.getByRole('menuitem', { name: item }).click();
}

/** Only these are in the list, made in this order. */
async function only(...wanted) {
  for (const { id, deletedAt } of (await server.rest('GET', 'notebooks')).notebooks) {
    if (deletedAt === undefined) await server.rest('DELETE', `notebooks/${id}`);
  }
  const made = [];
  for (const title of wanted) made.push(await server.write(title, [['code', `# ${title}`]]));
  return made;
}

const focusedTitle = (person) => person.page.evaluate(() => document.activeElement?.querySelector('.title')?.textContent ?? document.activeElement?.tagName);

test('notebooks_are_found_by_their_words_without_accents_and_the_number_is_announced', async (t) => {
  await only('Crème brûlée', 'Creme of the crop', 'Größe der Wellen');
  const anna = await join(t, 'Anna');
  await row(anna, 'Crème').waitFor();
  await anna.press('/');
  const field = anna.page.getByLabel('Search notebooks');
  assert.ok(await field.evaluate((element) => element === document.activeElement), 'the slash leads into the search');
  await anna.type('creme');
  await seesTitles(anna, ['Creme of the crop', 'Crème brûlée']);
  await anna.page.getByRole('status').filter({ hasText: '2 of 3 notebooks' }).waitFor();
  await anna.type(' brulee');
  await seesTitles(anna, ['Crème brûlée']);
  await anna.press('Escape');
  await seesTitles(anna, ['Größe der Wellen', 'Creme of the crop', 'Crème brûlée']);
  await anna.type('groesse nowhere');
  await anna.page.getByText('No title contains “groesse nowhere”.').waitFor();
  await anna.page.getByRole('status').filter({ hasText: '0 of 3 notebooks' }).waitFor();
  await anna.page.getByRole('button', { name: 'Clear the search' }).click();
  await seesTitles(anna, ['Größe der Wellen', 'Creme of the crop', 'Crème brûlée']);
  assert.deepEqual(anna.errors, []);
});

test('the_order_is_chosen_and_remembered', async (t) => {
  const [, , first] = await only('Chapter 10', 'beta', 'Chapter 9');
  const anna = await join(t, 'Anna');
  await Person.together([anna], first.id);
  await server.rest('PUT', `notebooks/${first.id}/cells/${first.cells[0]}/source`, { source: 'x' });
  const chapter10 = (await server.rest('GET', 'notebooks')).notebooks.find(({ title }) => title === 'Chapter 10');
  await server.rest('PATCH', `notebooks/${chapter10.id}`, { title: 'Chapter 10' });
  await anna.page.goto(anna.base);
  await seesTitles(anna, ['Chapter 9', 'beta', 'Chapter 10']);
  const sort = anna.page.getByLabel('Sort');
  await sort.selectOption('Title');
  await seesTitles(anna, ['beta', 'Chapter 9', 'Chapter 10']);
  await anna.page.reload();
  await seesTitles(anna, ['beta', 'Chapter 9', 'Chapter 10']);
  assert.equal(await sort.inputValue(), 'title');
  await sort.selectOption('Newest');
  await seesTitles(anna, ['Chapter 9', 'beta', 'Chapter 10']);
  await sort.selectOption('Last opened by me');
  await seesTitles(anna, ['Chapter 9', 'beta', 'Chapter 10']);
});

test('p6_the_keyboard_alone_opens_renames_deletes_and_takes_back', async (t) => {
  await only('third', 'second', 'first');
  const anna = await join(t, 'Anna');
  await seesTitles(anna, ['first', 'second', 'third']);
  await anna.press('/');
  await anna.press('ArrowDown');
  assert.equal(await focusedTitle(anna), 'first');
  await anna.press('ArrowDown');
  assert.equal(await focusedTitle(anna), 'second');
  await anna.press('End');
  await anna.press('ArrowDown');
  assert.equal(await focusedTitle(anna), 'third');
  await anna.press('Home');
  assert.equal(await focusedTitle(anna), 'first');
  // Tab leads to one row, its menu, and out of the list.
  await anna.press('Tab');
  assert.equal(await anna.page.evaluate(() => document.activeElement.getAttribute('aria-label')), 'More for first');
  await anna.press('Shift+Tab');

  await anna.press('F2');
  await anna.type('renamed');
  await anna.press('Escape');
  assert.equal(await focusedTitle(anna), 'first');
  await anna.press('F2');
  await anna.type('renamed');
  await anna.press('Enter');
  await seesTitles(anna, ['renamed', 'second', 'third']);
  assert.equal(await focusedTitle(anna), 'renamed');
  await eventually(async () => (await server.rest('GET', 'notebooks')).notebooks.some(({ title }) => title === 'renamed'), 'the server has the title');

  await anna.press('ArrowDown');
  await anna.press('Delete');
  await seesTitles(anna, ['renamed', 'third']);
  assert.equal(await focusedTitle(anna), 'third');
  await anna.toast('“second” was deleted.').waitFor();
  await anna.press('Control+z');
  await seesTitles(anna, ['renamed', 'second', 'third']);
  await anna.press('ArrowUp');
  await anna.press('Enter');
  await anna.until('saved');
  assert.match(await anna.page.title(), /^second/);
  assert.deepEqual(anna.errors, []);
});

test('p6_the_menu_of_a_row_is_worked_by_keys_and_gives_the_focus_back', async (t) => {
  await only('Menus');
  const anna = await join(t, 'Anna');
  const button = list(anna).getByRole('button', { name: 'More for Menus' });
  await button.focus();
  await anna.press('Enter');
  const focused = () => anna.page.evaluate(() => document.activeElement.textContent.trim());
  await eventually(async () => /^Rename/.test(await focused()), 'the first entry has the focus');
  await anna.press('ArrowUp');
  assert.match(await focused(), /^Delete/);
  await anna.press('d');
  assert.match(await focused(), /^Duplicate/);
  await anna.press('Escape');
  await eventually(() => button.evaluate((element) => element === document.activeElement), 'the focus is back');
  assert.equal(await anna.page.getByRole('menuitem').count(), 0);
  await button.click();
  await anna.page.getByRole('menuitem').first().waitFor();
  await anna.page.mouse.click(5, 5);
  await eventually(async () => (await anna.page.getByRole('menuitem').count()) === 0, 'pressing elsewhere closes it');
});

test('ms_01_what_others_do_to_notebooks_shows_within_a_second_and_moves_no_row', async (t) => {
  const [older] = await only('Older', 'Newer');
  const [anna, bela] = await Promise.all([join(t, 'Anna'), join(t, 'Béla Őry')]);
  await Promise.all([seesTitles(anna, ['Newer', 'Older']), seesTitles(bela, ['Newer', 'Older'])]);
  await anna.page.evaluate(() => (window.sameVisit = true));
  const took = [];
  const measured = async (action, seen) => {
    await action();
    const start = performance.now();
    await seen();
    took.push(Math.round(performance.now() - start));
  };

  await measured(() => server.write('Fresh', []), () => seesTitles(anna, ['Fresh', 'Newer', 'Older']));
  await measured(() => choose(bela, 'Newer', 'Rename').then(() => bela.type('Renamed\n')), () => seesTitles(anna, ['Fresh', 'Renamed', 'Older']));
  await measured(() => choose(bela, 'Renamed', 'Delete'), () => seesTitles(anna, ['Fresh', 'Older']));
  await measured(() => bela.page.getByRole('button', { name: 'Undo' }).click(), () => seesTitles(anna, ['Fresh', 'Renamed', 'Older']));
  t.diagnostic(`seen after ${took.join(', ')} ms`);
  assert.ok(Math.min(...took) < 1000, `none of ${took} is within a second`);

  // Somebody types: who and when change in their place.
  await Person.together([bela], older.id);
  await bela.cell(older.cells[0]).caretAtEnd();
  await bela.type(' typed');
  await row(anna, 'Older').getByText('Béla Őry, just now').waitFor();
  await seesTitles(anna, ['Fresh', 'Renamed', 'Older']);
  assert.ok(await anna.page.evaluate(() => window.sameVisit), 'nothing was reloaded');
  assert.deepEqual([...anna.errors, ...bela.errors], []);
});

test('ln_17_what_others_do_takes_nothing_from_a_title_that_is_being_typed', async (t) => {
  const [notebook, other] = await only('Title', 'Other');
  const anna = await join(t, 'Anna');
  await choose(anna, 'Title', 'Rename');
  await anna.type('half a ti');
  await server.rest('PATCH', `notebooks/${notebook.id}`, { title: 'Theirs' });
  await server.rest('PATCH', `notebooks/${other.id}`, { title: 'Renamed' });
  await server.rest('POST', 'notebooks', { title: 'Fresh' });
  await seesTitles(anna, ['Fresh', 'Renamed']);
  await anna.type('tle\n');
  await seesTitles(anna, ['Fresh', 'Renamed', 'half a title']);
  await eventually(async () => (await server.notebook(notebook.id)).title === 'half a title', 'the server has the title');
});

test('a_notebook_is_deleted_with_a_way_back_and_restored_from_those_deleted', async (t) => {
  await only('Going', 'Staying');
  const anna = await join(t, 'Anna');
  await choose(anna, 'Going', 'Delete');
  await seesTitles(anna, ['Staying']);
  await anna.toast('“Going” was deleted.').getByRole('button', { name: 'Undo' }).click();
  await seesTitles(anna, ['Staying', 'Going']);
  await choose(anna, 'Going', 'Delete');
  await seesTitles(anna, ['Staying']);
  await anna.page.locator('summary').filter({ hasText: 'Deleted notebooks' }).click();
  const entry = deleted(anna).getByRole('listitem').filter({ hasText: 'Going' });
  await entry.getByText('deleted just now').waitFor();
  await entry.getByRole('button', { name: 'Restore Going' }).press('Enter');
  await seesTitles(anna, ['Staying', 'Going']);
  await eventually(() => anna.page.evaluate(() => document.activeElement.tagName === 'SUMMARY'), 'the focus is not lost with the button');
});

test('ms_36_a_change_that_is_refused_goes_back_with_the_reason', async (t) => {
  const [notebook] = await only('Mine');
  const anna = await join(t, 'Anna');
  await anna.page.route('**/api/notebooks/*', async (route) => {
    const message = 'The disk is full; nothing was changed.';
    if (route.request().method() === 'PATCH') await route.fulfill({ status: 507, json: { error: { code: 'disk_full', message } } });
    else await route.continue();
  });
  await choose(anna, 'Mine', 'Rename');
  await anna.type('Yours\n');
  await anna.toast('The disk is full; nothing was changed.').waitFor();
  await seesTitles(anna, ['Mine']);
  assert.equal((await server.notebook(notebook.id)).title, 'Mine');
});

test('a_duplicate_has_the_cells_and_lives_on_its_own', async (t) => {
  const [notebook] = await only('Original');
  const anna = await join(t, 'Anna');
  await choose(anna, 'Original', 'Duplicate');
  await seesTitles(anna, ['Copy of Original', 'Original']);
  await row(anna, 'Copy of Original').getByText('Anna, just now').waitFor();
  await anna.toast('“Copy of Original” was made.').getByRole('button', { name: 'Open' }).click();
  await anna.until('saved');
  const [cell] = await anna.order();
  await anna.cell(cell).shows('# Original');
  await anna.cell(cell).caretAtEnd();
  await anna.type(' changed');
  await anna.until('saved');
  assert.equal(await server.source(notebook.id, notebook.cells[0]), '# Original');
});

test('the_link_to_a_notebook_is_copied', async (t) => {
  const [notebook] = await only('Linked');
  const anna = await join(t, 'Anna', { permissions: ['clipboard-read', 'clipboard-write'] });
  await choose(anna, 'Linked', 'Copy link');
  await anna.toast('The link is in the clipboard.').waitFor();
  assert.equal(await anna.page.evaluate(() => navigator.clipboard.readText()), `${anna.base}notebook/${notebook.id}`);
});

test('a_notebook_is_exported_in_three_forms', async (t) => {
  await only('Exports');
  const anna = await join(t, 'Anna');
  const forms = { 'Export as Jupyter notebook': /^\{[^]*"nbformat": 4/, 'Export as Markdown': /```/, 'Export as Python': /# %%/ };
  const names = [];
  for (const [item, content] of Object.entries(forms)) {
    const downloading = anna.page.waitForEvent('download');
    await choose(anna, 'Exports', item);
    const download = await downloading;
    names.push(download.suggestedFilename());
    const file = await readFile(await download.path(), 'utf8');
    assert.match(file, content);
    assert.match(file, /# Exports/);
  }
  assert.deepEqual(names, ['Exports.ipynb', 'Exports.md', 'Exports.py']);
});

test('notebooks_opened_last_stand_apart_when_the_list_is_long', async (t) => {
  const made = await only(...Array.from({ length: 13 }, (_, number) => `Long ${number}`));
  const anna = await join(t, 'Anna');
  const apart = anna.page.getByRole('list', { name: 'Recently opened' });
  for (const { id } of [made[3], made[7]]) await Person.together([anna], id);
  await anna.page.getByRole('link', { name: 'All notebooks' }).click();
  await eventually(async () => same(await apart.locator('.title').allInnerTexts(), ['Long 7', 'Long 3']), 'the two stand apart, last one first');
  await anna.page.getByLabel('Search notebooks').fill('Long 1');
  await eventually(async () => (await apart.count()) === 0, 'a search is about all of them');
});

test('ms_18_without_the_server_the_list_says_what_opens_and_comes_back_by_itself', async (t) => {
  const [known] = await only('Known', 'Unknown');
  const bela = await join(t, 'Béla', { origin: cable.origin });
  await Person.together([bela], known.id);
  await bela.page.goto(bela.base);
  await seesTitles(bela, ['Unknown', 'Known']);

  cable.cut();
  await bela.page.getByText('The server is not reached.').waitFor();
  await row(bela, 'Known').getByText('Opens offline').waitFor();
  await row(bela, 'Unknown').getByText('Not in this browser').waitFor();
  assert.ok(await list(bela).getByRole('button', { name: 'More for Known' }).isDisabled());
  await row(bela, 'Known').click();
  await bela.cell(known.cells[0]).shows('# Known');
  await bela.page.getByRole('link', { name: 'All notebooks' }).click();
  await bela.page.getByText('The server is not reached.').waitFor();

  await server.write('Made meanwhile', []);
  cable.mend();
  await seesTitles(bela, ['Made meanwhile', 'Unknown', 'Known']);
  await eventually(async () => (await bela.page.getByText('The server is not reached.').count()) === 0, 'the notice goes by itself');
  await bela.page.getByRole('status').filter({ hasText: 'The server is reached again.' }).waitFor({ state: 'attached' });
  await choose(bela, 'Known', 'Delete');
  await seesTitles(bela, ['Made meanwhile', 'Unknown']);
});

test('whoever_may_only_read_is_offered_nothing_that_would_be_refused', async (t) => {
  const [notebook] = await only('Look');
  const link = server.link.replace(server.token, VIEWERS);
  const carla = await Person.join(browser, { link, origin: server.origin }, 'Carla');
  t.after(() => carla.leave());
  await carla.page.getByText('You may read the notebooks here, not change them.').waitFor();
  assert.equal(await carla.page.getByRole('button', { name: /New notebook|Import/ }).count(), 0);
  await list(carla).getByRole('button', { name: 'More for Look' }).click();
  const items = await carla.page.getByRole('menuitem').allInnerTexts();
  assert.deepEqual(items.map((item) => item.trim()), ['Copy link', 'Export as Jupyter notebook', 'Export as Markdown', 'Export as Python']);
  await carla.press('Escape');
  await row(carla, 'Look').focus();
  await carla.press('Delete');
  await carla.press('F2');
  await seesTitles(carla, ['Look']);
  assert.equal(await carla.page.getByLabel('Title', { exact: true }).count(), 0);
  assert.equal((await server.notebook(notebook.id)).title, 'Look');
});

test('an_empty_list_teaches_and_the_tour_is_a_real_notebook', async (t) => {
  await only();
  const anna = await join(t, 'Anna');
  await anna.page.getByRole('heading', { name: 'Begin a notebook' }).waitFor();
  for (const kind of ['Note', 'Code', 'Prompt']) await anna.page.getByRole('term').filter({ hasText: kind }).waitFor();
  await anna.page.getByText('coscribe notebook import FILE.ipynb').waitFor();
  assert.deepEqual(await seriousFaults(anna.page), []);
  await anna.page.getByRole('button', { name: 'Make the tour' }).click();
  await anna.until('saved');
  const tour = (await server.rest('GET', 'notebooks')).notebooks.find(({ title, deletedAt }) => title === 'A tour' && deletedAt === undefined);
  const { cells } = await server.notebook(tour.id);
  assert.deepEqual([...new Set(cells.map(({ type }) => type))].sort(), ['code', 'note', 'prompt']);
  assert.deepEqual(tour.updatedBy, { name: 'Anna', kind: 'human' });
  assert.equal(anna.page.url(), `${anna.base}notebook/${tour.id}`);
});

for (const colorScheme of ['light', 'dark']) {
  test(`p6_the_list_is_usable_in_${colorScheme}_on_a_phone`, async (t) => {
    await only('Short', 'A title that is so long that it cannot stand in one line of a telephone, however small the letters are');
    const anna = await join(t, 'Anna', { colorScheme, viewport: { width: 390, height: 844 } });
    await row(anna, 'Short').waitFor();
    await anna.page.locator('summary').filter({ hasText: 'Deleted notebooks' }).click();
    await assertNoSidewaysScroll(anna.page);
    assert.deepEqual(await seriousFaults(anna.page), []);
    await list(anna).getByRole('button', { name: 'More for Short' }).click();
    await anna.page.getByRole('menuitem').first().waitFor();
    await assertNoSidewaysScroll(anna.page);
    assert.deepEqual(await seriousFaults(anna.page), []);
    const box = await anna.page.getByRole('menu').boundingBox();
    assert.ok(box.x >= 0 && box.x + box.width <= 390, 'the menu is on the screen');
  });
}
