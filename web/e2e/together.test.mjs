// Two people in one notebook, in two browsers.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { launch, Person, Server, until } from './server.mjs';

let server;
let browser;
before(async () => {
  [server, browser] = await Promise.all([Server.start(), launch()]);
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

/** Ana and Ben in a notebook with the given cells behind the one that a new notebook has. */
async function pair(cells) {
  const notebook = await server.notebook('Together', cells);
  const ana = await Person.arrive(browser, server, 'Ana Silva', { color: '#0b6e99' });
  const ben = await Person.arrive(browser, server, 'Ben Okri', { color: '#b3402a' });
  await Promise.all([ana.open(notebook.id), ben.open(notebook.id)]);
  const all = (await server.read(notebook.id)).cells.map((cell) => cell.id);
  return { ana, ben, all, id: notebook.id, cells: notebook.cells, leave: () => Promise.all([ana.leave(), ben.leave()]) };
}

async function quiet(...people) {
  for (const person of people) assert.deepEqual(person.errors, []);
}

test('a person outside the editors is seen at their cell, and their avatar leads there', async () => {
  const { ana, ben, cells, leave } = await pair([...Array(30)].map((_, index) => ['code', `# ${index}`]));
  const target = cells[25];
  await ben.cell(target).scrollIntoViewIfNeeded();
  await ben.cell(target).locator('.rail').click();
  await ben.cell(target).evaluate((cell) => cell.focus());
  await ana.cell(target).locator('.here').waitFor({ state: 'attached' });
  await ana.page.getByRole('button', { name: 'Go to Ben Okri' }).click();
  await until(() => ana.cell(target).evaluate((cell) => { const box = cell.getBoundingClientRect(); return box.top >= 0 && box.bottom <= innerHeight; }));
  await leave();
});

test('a_new_name_and_colour_are_seen_by_the_others_and_kept', async () => {
  const { ana, ben, leave } = await pair([]);
  await ben.page.getByLabel('You: Ben Okri').click();
  await ben.page.getByLabel('Your name').fill('Benjamin');
  await ben.page.keyboard.press('Enter');
  await ana.page.getByRole('button', { name: 'Go to Benjamin' }).waitFor();
  assert.equal(await ana.page.getByRole('button', { name: /^Go to/ }).count(), 1);
  await ben.page.getByLabel('Green').click();
  await until(async () => (await ana.page.getByRole('button', { name: 'Go to Benjamin' }).evaluate((avatar) => avatar.style.getPropertyValue('--person'))) === '#507850');
  await leave();
});

test('ln_25_a_note_is_seen_as_it_is_typed', async () => {
  const { ana, ben, cells, leave } = await pair([['note', 'Tides']]);
  const [cell] = cells;
  await ana.cell(cell).locator('.note').dblclick();
  await ana.editor(cell).press('End');
  const seen = [];
  for (const letter of ' rise') {
    await ana.page.keyboard.type(letter);
    seen.push(letter);
    await ben.cell(cell).locator('.markdown', { hasText: `Tides${seen.join('')}`.trimEnd() }).waitFor();
  }
  await ana.page.keyboard.press('Escape');
  await ana.cell(cell).locator('.markdown', { hasText: 'Tides rise' }).waitFor();
  await quiet(ana, ben);
  await leave();
});

test('a deleted cell is found in the bin of another person and restored from there', async () => {
  const { ana, ben, cells, all, leave } = await pair([['code', 'needle'], ['code', 'hay']]);
  await ana.cell(cells[0]).evaluate((element) => element.focus());
  await ana.page.keyboard.press('d');
  await ana.page.keyboard.press('d');
  await ben.sees(all.filter((id) => id !== cells[0]));
  await ben.page.getByRole('button', { name: 'Bin' }).click();
  await ben.page.getByLabel('Search deleted cells').fill('needle');
  await ben.page.getByRole('complementary', { name: 'Bin' }).getByRole('button', { name: 'Restore' }).click();
  await ana.sees(all);
  await leave();
});

test('ln_14_folding_is_shared', async () => {
  const { ana, ben, cells, leave } = await pair([['code', 'fold me\nsecond line']]);
  await ana.cell(cells[0]).evaluate((element) => element.focus());
  await ana.page.keyboard.press('c');
  await ben.cell(cells[0]).locator('.folded', { hasText: 'fold me' }).waitFor();
  await ben.cell(cells[0]).locator('.folded').click();
  await ana.reads(cells[0], 'fold me\nsecond line');
  await leave();
});

test('ln_15_the_kind_of_a_cell_changes_while_another_types_in_it', async () => {
  const { ana, ben, cells, leave } = await pair([['code', 'Why']]);
  const [cell] = cells;
  await ben.editor(cell).click();
  await ben.page.keyboard.press('End');
  await ben.page.keyboard.type(' are');
  const node = await ben.editor(cell).elementHandle();
  await ana.cell(cell).evaluate((element) => element.focus());
  await ana.page.keyboard.press('p');
  await ben.page.locator(`[data-cell="${cell}"][data-kind="prompt"]`).waitFor();
  await ben.page.keyboard.type(' there tides?');
  await ana.reads(cell, 'Why are there tides?');
  assert.ok(await ben.editor(cell).evaluate((content, before) => content === before, node));
  await ana.page.keyboard.press('m');
  await ana.cell(cell).locator('.markdown', { hasText: 'Why are there tides?' }).waitFor();
  await ben.page.locator(`[data-cell="${cell}"][data-kind="note"]`).waitFor();
  await ben.page.keyboard.type(' Twice a day.');
  await ana.cell(cell).locator('.markdown', { hasText: 'Twice a day.' }).waitFor();
  await leave();
});

test('ln_17_a_remote_change_keeps_editor_caret_selection_composition_and_undo', async () => {
  const { ana, ben, cells, all, leave } = await pair([['code', 'first'], ['code', 'second line'], ['code', 'third']]);
  const [a, b, c] = cells;
  await ben.editor(b).click();
  await ben.page.keyboard.press('Home');
  await ben.page.keyboard.type('my ');
  const node = await ben.editor(b).elementHandle();
  // A composition as an input method makes it, still open while the others change everything around it.
  const session = await ben.context.newCDPSession(ben.page);
  await session.send('Input.imeSetComposition', { text: 'に', selectionStart: 1, selectionEnd: 1 });
  await ana.editor(b).click();
  await ana.page.keyboard.press('End');
  await ana.page.keyboard.type('!');
  await ana.cell(c).evaluate((element) => element.focus());
  await ana.page.keyboard.press('Alt+ArrowUp');
  await ana.cell(b).evaluate((element) => element.focus());
  await ana.page.keyboard.press('Alt+ArrowUp');
  await ben.sees([all[0], a, b, c].filter((id) => id !== b).toSpliced(2, 0, b));
  await session.send('Input.imeSetComposition', { text: 'にほん', selectionStart: 3, selectionEnd: 3 });
  await session.send('Input.insertText', { text: '日本' });
  await ben.page.keyboard.type(' ');
  await ana.reads(b, 'my 日本 second line!');
  assert.ok(await ben.editor(b).evaluate((content, before) => content === before && document.activeElement === content, node));
  await ben.page.keyboard.press('Control+z');
  await ana.reads(b, 'second line!');
  await quiet(ana, ben);
  await leave();
});

test('a remote change above what I read does not move it', async () => {
  const { ana, ben, cells, leave } = await pair([...Array(40)].map((_, index) => ['code', `# ${index}\n# second line`]));
  await ben.cell(cells[30]).scrollIntoViewIfNeeded();
  await ben.cell(cells[30]).locator('.cm-content').waitFor();
  const place = () => ben.cell(cells[30]).evaluate((cell) => Math.round(cell.getBoundingClientRect().top));
  const before = await place();
  await ana.cell(cells[2]).evaluate((element) => element.focus());
  await ana.page.keyboard.press('b');
  await until(async () => (await ben.cells()).length === 42);
  await ben.page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  assert.ok(Math.abs((await place()) - before) <= 2, `moved from ${before} to ${await place()}`);
  await leave();
});
