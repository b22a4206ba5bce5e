// What others did while somebody was away: without the network, with the tab behind others, with the browser closed.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { eventually } from './kit/eventually.mjs';
import { keepPages, Person } from './kit/people.mjs';
import { Proxy } from './kit/proxy.mjs';
import { stage } from './kit/stage.mjs';

keepPages();

const { server, join } = await stage();
const cable = await Proxy.to(server.port);
after(() => cable.close());

const CELLS = Array.from({ length: 24 }, (_, index) => ['code', `a = ${index}\nprint(a)`]);

/** The page believes that so much time has passed. */
function later(person, ms) {
  return person.page.evaluate((more) => {
    const real = Date.now;
    Date.now = () => real() + more;
  }, ms);
}

/** The tab goes behind others, or comes back. */
function turn(person, state) {
  return person.page.evaluate((wanted) => {
    Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => wanted });
    document.dispatchEvent(new Event('visibilitychange'));
  }, state);
}

const card = (person) => person.page.locator('section.away');
const marked = (person) => person.page.locator('article.fresh').evaluateAll((cells) => cells.map((cell) => cell.dataset.cell));

/** Adds cells below the given one with the keyboard, as a person does. */
async function addBelow(person, id, count) {
  const before = await person.order();
  await person.cell(id).box.focus();
  for (let made = 0; made < count; made += 1) {
    await person.press('b');
    await eventually(async () => (await person.order()).length === before.length + made + 1, 'a cell more');
  }
  return (await person.order()).filter((cell) => !before.includes(cell));
}

async function write(person, id, text) {
  await person.cell(id).caretAtEnd();
  await person.type(text);
  await person.press('Escape');
}

test('complaint_2_after_a_reconnect_who_did_what_is_told_with_ways_to_it', async (t) => {
  const notebook = await server.write('Away', CELLS);
  const { cells } = notebook;
  const [anna, bela, carla] = await Promise.all([join(t, 'Anna'), join(t, 'Bela'), join(t, 'Carla', { origin: cable.origin })]);
  await Person.together([anna, bela, carla], notebook.id);
  cable.cut();
  await carla.until('offline');
  // What she does herself meanwhile is nothing to tell her.
  await write(carla, cells[0], ' # mine');
  const made = await addBelow(anna, cells[18], 3);
  await write(anna, cells[20], ' # by Anna');
  await anna.cell(cells[5]).box.focus();
  await anna.press('d');
  await anna.press('d');
  await write(bela, cells[21], ' # by Bela');
  await Promise.all([anna, bela].map((person) => person.until('saved')));
  await later(carla, 60_000);
  assert.equal(await card(carla).count(), 0);
  cable.mend();
  await carla.until('saved');

  await card(carla).waitFor();
  const words = (await card(carla).innerText()).replace(/\s+/g, ' ');
  assert.match(words, /While you were away: Anna added 3 cells, edited 1, deleted 1 · Bela edited 1 cell/);
  assert.deepEqual((await marked(carla)).toSorted(), [...made, cells[20], cells[21]].toSorted());

  await card(carla).getByRole('button', { name: 'added 3 cells' }).click();
  const [first] = made;
  const inView = (id) => carla.cell(id).box.evaluate((box) => box.getBoundingClientRect().bottom > 60 && box.getBoundingClientRect().top < innerHeight);
  await eventually(() => inView((made.find((id) => id !== undefined) ?? first)), 'a cell that was added is in view');
  await card(carla).getByRole('button', { name: 'deleted 1' }).click();
  await carla.page.getByRole('complementary', { name: 'Bin' }).getByText('a = 5').waitFor();
  await carla.page.getByRole('button', { name: 'Close the bin' }).click();

  // The marks of what was in sight go by themselves; the others stay until they are seen or the card is closed.
  await eventually(async () => (await marked(carla)).length < 5, 'what was seen is marked no more');
  await card(carla).getByRole('button', { name: 'Close' }).click();
  assert.equal(await card(carla).count(), 0);
  assert.deepEqual(await marked(carla), []);
});

test('a_tab_that_comes_back_tells_what_happened_and_a_short_look_elsewhere_tells_nothing', async (t) => {
  const notebook = await server.write('Behind', CELLS.slice(0, 6));
  const [anna, bela] = await Promise.all([join(t, 'Anna'), join(t, 'Bela')]);
  await Person.together([anna, bela], notebook.id);
  await turn(bela, 'hidden');
  await write(anna, notebook.cells[1], '!');
  await bela.cell(notebook.cells[1]).shows('a = 1\nprint(a)!');
  await turn(bela, 'visible');
  assert.equal(await card(bela).count(), 0);

  await turn(bela, 'hidden');
  await server.rest('POST', `notebooks/${notebook.id}/cells/${notebook.cells[0]}/move`, { after: notebook.cells[5] });
  await server.rest('PUT', `notebooks/${notebook.id}/cells/${notebook.cells[2]}/source`, { source: 'by a program' });
  await bela.cell(notebook.cells[2]).shows('by a program');
  await later(bela, 60_000);
  await turn(bela, 'visible');
  await card(bela).waitFor();
  // The document does not say who asked the server.
  assert.match((await card(bela).innerText()).replace(/\s+/g, ' '), /Somebody edited 1 cell, moved 1/);
});

test('own_changes_in_another_tab_are_never_told', async (t) => {
  const notebook = await server.write('Tabs', CELLS.slice(0, 4));
  const anna = await join(t, 'Anna');
  await Person.together([anna], notebook.id);
  const first = anna.page;
  await anna.newTab();
  await Person.together([anna], notebook.id);
  const second = anna.page;
  anna.page = first;
  await turn(anna, 'hidden');
  anna.page = second;
  await write(anna, notebook.cells[1], ' # mine');
  await anna.until('saved');
  await anna.page.close();
  anna.page = first;
  await anna.cell(notebook.cells[1]).shows('a = 1\nprint(a) # mine');
  await later(anna, 60_000);
  await turn(anna, 'visible');
  assert.equal(await card(anna).count(), 0);
});

test('a_notebook_this_browser_had_kept_tells_what_happened_since', async (t) => {
  const notebook = await server.write('Kept', CELLS.slice(0, 6));
  const [anna, bela] = await Promise.all([join(t, 'Anna'), join(t, 'Bela')]);
  await Person.together([anna, bela], notebook.id);
  await eventually(() => bela.page.evaluate(() => performance.getEntriesByType('resource').some(({ name }) => /\/Away/.test(name))), 'the page has settled');
  await bela.page.goto(bela.base);
  await bela.page.getByRole('heading', { name: 'Notebooks' }).waitFor();
  await bela.page.evaluate(() => localStorage.setItem('coscribe:seen', localStorage.getItem('coscribe:seen').replace(/\d{13}/, (at) => String(Number(at) - 26 * 3_600_000))));
  const [made] = await addBelow(anna, notebook.cells[5], 1);
  await anna.until('saved');
  await bela.open(notebook.id);
  await card(bela).waitFor();
  assert.match((await card(bela).innerText()).replace(/\s+/g, ' '), /Since you were here yesterday: Anna added 1 cell/);
  assert.deepEqual(await marked(bela), [made]);
});

test('complaint_2_the_card_is_never_over_the_line_in_which_one_types', async (t) => {
  const notebook = await server.write('Typing', CELLS);
  const { cells } = notebook;
  const [anna, bela] = await Promise.all([join(t, 'Anna'), join(t, 'Bela')]);
  await Person.together([anna, bela], notebook.id);
  await turn(bela, 'hidden');
  await write(anna, cells[1], '!');
  await bela.cell(cells[1]).shows('a = 1\nprint(a)!');
  await later(bela, 60_000);
  await turn(bela, 'visible');
  await card(bela).waitFor();
  const covers = () => bela.page.evaluate(() => {
    const box = document.querySelector('section.away').getBoundingClientRect();
    const line = getSelection().anchorNode.parentElement.closest('.cm-line').getBoundingClientRect();
    return line.bottom > box.top && line.top < box.bottom;
  });
  const placed = () => card(bela).evaluate((box) => box.getBoundingClientRect().top);
  await bela.cell(cells[0]).caretAtEnd();
  const low = await placed();
  assert.ok(low > 400, 'it begins at the foot of the window');
  // Down through the page line by line, so that the caret comes by where the card is.
  for (let step = 0; step < 45; step += 1) await bela.press('ArrowDown');
  await eventually(async () => (await placed()) < 200, 'the card went to the other end');
  assert.equal(await covers(), false);
});
