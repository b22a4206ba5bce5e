// Who is here: going to people and following them, where they are, who they say they are, and what is kept of somebody's
// words when others delete the cells under them.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { eventually } from './kit/eventually.mjs';
import { inputMethod, watchComposition } from './kit/input.mjs';
import { Peer } from './kit/peer.mjs';
import { agreed, Person } from './kit/people.mjs';
import { stage } from './kit/stage.mjs';

const { server, browser, join, pair } = await stage();

const lines = (count) => Array.from({ length: count }, (_, index) => ['code', `# ${index}\n# second line`]);
const goTo = (person, name) => person.page.getByRole('button', { name: `Go to ${name}`, exact: true });
const bar = (person, name) => person.page.getByText(`Following ${name}`, { exact: true });
const scrolled = (person) => person.page.evaluate(() => window.scrollY);

function quiet(people) {
  for (const person of people) assert.deepEqual(person.errors, []);
}

function inView(person, id) {
  return person.cell(id).box.evaluate((cell) => {
    const { top, bottom, height } = cell.getBoundingClientRect();
    return height > 0 && top >= 0 && bottom <= innerHeight;
  });
}

const comesIntoView = (person, id) => eventually(() => inView(person, id), `${id} comes into ${person.name}’s view`);

/** The names in the margin of a cell, also of one that is out of sight. */
function marked(person, id) {
  return person.cell(id).box.locator('.here .names').evaluateAll((names) => names.map((name) => name.textContent).join());
}

const isMarked = (person, id, names) => eventually(async () => (await marked(person, id)) === names, async () => `“${names}” stands at ${id}: “${await marked(person, id)}”`);

/** Selects a cell that may be far away; it may become a view, of another node, on the way. */
async function goes(person, id) {
  const gone = async () => {
    await person.cell(id).bringIntoSight();
    await person.cell(id).point();
    return true;
  };
  await eventually(gone, `${person.name} goes to ${id}`);
  await person.selects([id]);
}

async function follows(anna, bela) {
  await goTo(anna, bela.name).click();
  await goTo(anna, bela.name).click();
  await bar(anna, bela.name).waitFor();
}

test('p6_interaction_5_complaint_13_an_avatar_leads_to_its_person_again_follows_and_any_own_input_ends_it', async (t) => {
  const { anna, bela, people, notebook } = await pair(t, 'Following', lines(40));
  const { cells } = notebook;
  await goes(bela, cells[20]);
  await isMarked(anna, cells[20], 'Bela');
  await goTo(anna, 'Bela').click();
  await comesIntoView(anna, cells[20]);
  await anna.selects([cells[20]]);
  assert.equal(await bar(anna, 'Bela').count(), 0);

  await goTo(anna, 'Bela').click();
  await bar(anna, 'Bela').waitFor();
  for (const index of [35, 3, 28]) {
    await goes(bela, cells[index]);
    await comesIntoView(anna, cells[index]);
  }
  // Whoever is followed sees it: she is where he is.
  await isMarked(bela, cells[28], 'Anna');
  // A press of the avatar while one follows ends it as well.
  await goTo(anna, 'Bela').click();
  await bar(anna, 'Bela').waitFor({ state: 'detached' });

  const ends = {
    escape: () => anna.press('Escape'),
    key: () => anna.press('ArrowUp'),
    wheel: async () => {
      await anna.page.mouse.move(640, 400);
      await anna.page.mouse.wheel(0, 40);
    },
    press: () => anna.page.mouse.click(1200, 500),
    button: () => anna.page.getByRole('button', { name: 'Stop following' }).click(),
  };
  for (const [how, act] of Object.entries(ends)) {
    await goes(bela, cells[28]);
    await isMarked(anna, cells[28], 'Bela');
    await follows(anna, bela);
    await comesIntoView(anna, cells[28]);
    await act();
    await bar(anna, 'Bela').waitFor({ state: 'detached' });
    await anna.page.getByRole('status').filter({ hasText: 'No longer following Bela.' }).waitFor({ state: 'attached' });
    // A wheel scrolls on for some frames.
    let before;
    await eventually(async () => before === (before = await scrolled(anna)), 'the page stands');
    await goes(bela, cells[2]);
    await isMarked(anna, cells[2], 'Bela');
    assert.equal(await scrolled(anna), before, `after ${how} the page goes with nobody`);
  }
  quiet(people);
});

test('p6_interaction_5_the_view_keeps_up_with_a_caret_in_a_long_cell', async (t) => {
  const long = Array.from({ length: 120 }, (_, line) => `# line ${line}`).join('\n');
  const { anna, bela, people, notebook } = await pair(t, 'Long', [['code', long], ['code', 'after']]);
  const [id] = notebook.cells;
  await bela.cell(id).caretAt(0);
  await isMarked(anna, id, 'Bela');
  await follows(anna, bela);
  await bela.press('Control+End');
  await bela.type('\nthe end');
  const caretInView = () =>
    anna.cell(id).box.locator('.caret-flag').first().evaluate((flag) => {
      const { top, bottom } = flag.getBoundingClientRect();
      return top >= 0 && bottom <= innerHeight;
    });
  await eventually(caretInView, 'the last line with Bela’s caret is in Anna’s view');
  await bela.press('Control+Home');
  await bela.type('x');
  await eventually(async () => (await anna.cell(id).top()) >= 0, 'the first line is in view again');
  quiet(people);
});

test('p6_interaction_5_an_avatar_leads_also_into_a_folded_section', async (t) => {
  const { anna, bela, people, notebook } = await pair(t, 'Sections', [['note', '# One'], ...lines(20), ['note', '# Two'], ['code', 'in two']]);
  const { cells } = notebook;
  const [one, two] = [cells[0], cells[21]];
  await anna.cell(one).point();
  await anna.press('ArrowLeft');
  await eventually(async () => !(await anna.unfolded()).includes(cells[15]), 'the section is folded');
  await goes(bela, cells[15]);
  // Folded away they stand at the heading.
  await isMarked(anna, one, 'Bela');
  await goTo(anna, 'Bela').click();
  await comesIntoView(anna, cells[15]);
  await anna.selects([cells[15]]);
  await anna.cell(one).bringIntoSight();
  await anna.cell(one).point();
  await anna.press('ArrowLeft');
  await goes(bela, two);
  await isMarked(anna, two, 'Bela');
  await follows(anna, bela);
  await goes(bela, cells[10]);
  await comesIntoView(anna, cells[10]);
  quiet(people);
});

test('p6_interaction_5_following_ends_with_a_sentence_when_the_person_leaves_and_goes_on_when_they_reload', async (t) => {
  const { anna, bela, people, notebook } = await pair(t, 'Leaving', lines(30));
  const { cells } = notebook;
  await goes(bela, cells[5]);
  await isMarked(anna, cells[5], 'Bela');
  await follows(anna, bela);
  await bela.page.reload();
  await bela.until('saved');
  await goes(bela, cells[25]);
  await comesIntoView(anna, cells[25]);
  await bar(anna, 'Bela').waitFor();
  await bela.page.close();
  await anna.toast('Bela left.').waitFor();
  await bar(anna, 'Bela').waitFor({ state: 'detached' });
  await goTo(anna, 'Bela').waitFor({ state: 'detached' });
  quiet(people);
});

test('complaint_12_ln_62_of_three_people_each_has_one_avatar_a_place_and_strangers_programs_break_nothing', async (t) => {
  const { anna, bela, notebook } = await pair(t, 'Three', [['note', '# Results'], ['code', 'fold me\nsecond'], ['code', 'third'], ...lines(12)]);
  const [note, folded, third] = notebook.cells;
  await goTo(anna, 'Bela').waitFor();
  const cleo = await join(t, 'Cleo');
  await cleo.open(notebook.id);
  const front = bela.page;
  await bela.newTab();
  await bela.open(notebook.id);
  await bela.until('saved');

  const avatars = () => anna.page.getByRole('group', { name: 'People here' }).locator('.person').evaluateAll((discs) => discs.map((disc) => disc.getAttribute('aria-label')));
  const stand = async (names) => eventually(async () => String(await avatars()) === String(names.map((name) => `Go to ${name}`)), async () => `${names} stand in the row: ${await avatars()}`);
  await stand(['Bela', 'Cleo']);
  // The tab used last tells the place; a rendered note and a folded cell show it too.
  await bela.cell(note).point();
  await isMarked(anna, note, 'Bela');
  await bela.page.close();
  bela.page = front;
  await bela.cell(third).point();
  await isMarked(anna, third, 'Bela');
  await isMarked(anna, note, '');
  await cleo.cell(folded).point();
  await cleo.press('Shift+c');
  await anna.cell(folded).box.locator('.folded', { hasText: 'fold me' }).waitFor();
  await isMarked(anna, folded, 'Cleo');
  assert.match(await anna.cell(folded).box.getAttribute('aria-label'), /Cleo/);
  await stand(['Bela', 'Cleo']);
  assert.match(await goTo(anna, 'Cleo').getAttribute('title'), /^Cleo, in cell 2 · Results\./);

  // As a client made for Jupyter introduces itself.
  const jupyter = await Peer.join(t, server, notebook.id, { name: 'Jo' });
  jupyter.awareness.setLocalStateField('user', { name: 'Jo', color: '#123456' });
  await stand(['Bela', 'Cleo', 'Jo']);
  const color = await goTo(anna, 'Jo').evaluate((disc) => disc.style.getPropertyValue('--person'));
  assert.match(color, /^#[0-9a-f]{6}$/);
  jupyter.sit(third, 2);
  const carets = async () => (await anna.cell(third).read()).carets.filter(({ name }) => name === 'Jo').map(({ offset }) => offset);
  await anna.cell(third).editor.waitFor();
  await eventually(async () => String(await carets()) === '2', async () => `Jo’s caret stands at 2: ${await carets()}`);

  const garbage = await Peer.join(t, server, notebook.id, { name: 'Gar' });
  const nonsense = [
    { user: 7, cell: {}, cursors: 'no' },
    { user: { name: ['x'], color: 'url(https://example.org/x)', id: {} }, cell: 'nowhere', cursors: [null, 1, {}, { anchor: 1, head: 'x' }], looking: [], following: 5, active: 'never' },
    { user: { name: 'Gar', color: '"></style>' }, cell: third, cursors: [{ anchor: { item: { client: -1, clock: 'x' } }, head: {} }, { anchor: { type: null, tname: 'source', item: null, assoc: 0 }, head: { tname: 'cells' } }], following: 'client:1', active: -1 },
    { user: { name: 'Gar' }, cell: third, cursors: Array.from({ length: 50 }, () => ({ anchor: 'x', head: null })) },
  ];
  for (const [turn, state] of nonsense.entries()) {
    garbage.awareness.setLocalState({ ...state, turn });
    // What comes after it is still understood.
    jupyter.sit(third, turn % 3);
    await eventually(async () => String(await carets()) === String(turn % 3), async () => `Jo’s caret is seen after nonsense ${turn}: ${await carets()}`);
  }
  garbage.leave();
  await stand(['Bela', 'Cleo', 'Jo']);
  await anna.cell(third).caretAtEnd();
  await anna.type('!');
  await agreed([anna, bela, cleo], third, (text) => text === 'third!');
  quiet([anna, bela, cleo]);
});

test('p6_interaction_5_on_a_phone_the_tools_do_not_cover_where_one_was_led', async (t) => {
  const notebook = await server.write('Phone', lines(30));
  const target = notebook.cells[20];
  const bela = await join(t, 'Bela');
  const phone = await join(t, 'Dora', { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  await Person.together([bela, phone], notebook.id);
  await goes(bela, target);
  await isMarked(phone, target, 'Bela');
  await goTo(phone, 'Bela').tap();
  const free = () => phone.cell(target).box.evaluate((cell) => cell.getBoundingClientRect().bottom <= cell.querySelector('.tools').getBoundingClientRect().top);
  await comesIntoView(phone, target);
  await eventually(free, 'the cell is above the tools');
  await goTo(phone, 'Bela').tap();
  await bar(phone, 'Bela').waitFor();
  await phone.page.getByRole('button', { name: 'Stop following' }).tap();
  await bar(phone, 'Bela').waitFor({ state: 'detached' });
  quiet([bela, phone]);
});

test('p6_the_list_of_all_says_where_each_person_is', async (t) => {
  const { anna, bela, notebook } = await pair(t, 'All', [['note', '# Results'], ['code', 'one'], ['code', 'two']]);
  const [, one] = notebook.cells;
  const others = await Promise.all(['Cleo', 'Dora', 'Edda', 'Fritz', 'Gerd'].map((name) => Peer.join(t, server, notebook.id, { name })));
  for (const [index, peer] of others.entries()) peer.awareness.setLocalStateField('user', { name: ['Cleo', 'Dora', 'Edda', 'Fritz', 'Gerd'][index] });
  await bela.cell(one).point();
  await isMarked(anna, one, 'Bela');
  await anna.page.getByRole('button', { name: 'All 6 people here' }).click();
  const list = anna.page.getByRole('dialog', { name: 'All 6 people here' });
  await list.getByRole('listitem').filter({ hasText: 'Bela' }).getByText('in cell 2 · Results').waitFor();
  await list.getByRole('listitem').filter({ hasText: 'Gerd' }).getByText('not in a cell').waitFor();
  // Also in the list of somebody who came after all of them, and when the cells around are others.
  const late = await join(t, 'Late');
  await late.open(notebook.id);
  await late.page.getByRole('button', { name: 'All 7 people here' }).click();
  const where = (sentence) => late.page.getByRole('dialog', { name: 'All 7 people here' }).getByRole('listitem').filter({ hasText: 'Bela' }).getByText(sentence);
  await where('in cell 2 · Results').waitFor();
  await server.rest('DELETE', `notebooks/${notebook.id}/cells/${notebook.cells[0]}`);
  await where('in cell 1').waitFor();
  await anna.page.getByRole('dialog', { name: 'All 7 people here' }).getByRole('button', { name: 'Follow Bela' }).click();
  await bar(anna, 'Bela').waitFor();
  quiet([anna, bela, late]);
});

/** Somebody in a browser that was never here. */
async function firstVisit(t) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const person = new Person('Nia', context, server.link);
  t.after(() => person.leave());
  await person.newTab();
  await person.page.goto(server.link);
  await person.page.getByRole('heading', { name: 'Notebooks' }).waitFor();
  return person;
}

/** Notes every word of state there is from now on. */
async function watchWord(person) {
  await person.page.evaluate(() => {
    window.words = [];
    const note = () => {
      const kind = document.querySelector('[data-state]')?.getAttribute('data-state');
      if (window.words.at(-1) !== kind) window.words.push(kind);
    };
    note();
    new MutationObserver(note).observe(document.body, { subtree: true, childList: true, attributes: true, attributeFilter: ['data-state'] });
  });
  return () => person.page.evaluate(() => window.words);
}

test('p6_complaint_11_a_name_and_a_colour_are_chosen_once_and_are_the_same_everywhere_at_once', async (t) => {
  const notebook = await server.write('Names', [['code', 'one']]);
  const [id] = notebook.cells;
  const anna = await join(t, 'Anna');
  await anna.open(notebook.id);
  const nia = await firstVisit(t);
  await nia.open(notebook.id);
  await nia.until('saved');
  const first = nia.page;
  await first.getByText('Say who you are').waitFor();
  const second = await nia.newTab();
  await nia.open(notebook.id);
  await nia.until('saved');
  nia.page = first;

  const watched = await watchWord(nia);
  await first.getByLabel('Your name').fill('Nia Okafor');
  await nia.press('Enter');
  await first.getByText('Say who you are').waitFor({ state: 'hidden' });
  await second.getByLabel('You: Nia Okafor').waitFor();
  await second.getByText('Say who you are').waitFor({ state: 'hidden' });
  await goTo(anna, 'Nia Okafor').waitFor();
  const count = () => anna.page.getByRole('button', { name: /^Go to/ }).count();
  await eventually(async () => (await count()) === 1, async () => `she is one person: ${await count()}`);

  await first.getByLabel('You: Nia Okafor').click();
  await first.getByLabel('Mauve').click();
  await first.keyboard.press('Escape');
  const mauve = (element) => element.evaluate((node) => node.style.getPropertyValue('--person') === '#a05a96');
  await eventually(() => mauve(goTo(anna, 'Nia Okafor')), 'Anna sees the colour');
  await eventually(() => mauve(second.locator('.self summary')), 'the other tab has the colour');
  await nia.until('saved');
  assert.deepEqual((await watched()).filter((kind) => !['saved', 'saving'].includes(kind)), [], 'the word of state says nothing of a connection');

  await nia.cell(id).caretAtEnd();
  await nia.type(' two');
  await anna.cell(id).editor.waitFor();
  await anna.cell(id).shows('one two');
  const named = async () => (await anna.cell(id).read()).carets.map(({ name }) => name);
  await eventually(async () => (await named()).includes('Nia Okafor'), async () => `her caret has her name: ${await named()}`);

  await first.reload();
  await first.getByLabel('You: Nia Okafor').waitFor();
  assert.ok(await mauve(first.locator('.self summary')));
  assert.equal(await first.getByText('Say who you are').isVisible(), false);
  quiet([anna, nia]);
});

test('p6_interaction_4_ln_53_several_cells_are_deleted_at_once_under_somebody_who_types', async (t) => {
  const { anna, bela, people, notebook } = await pair(t, 'Several', [['code', 'zero'], ['code', 'one'], ['code', 'two'], ['code', 'three'], ['code', 'four']]);
  const { cells } = notebook;
  const mine = anna.cell(cells[2]);
  await mine.caretAtEnd();
  await anna.type(' before');
  await bela.cell(cells[2]).shows('two before');
  await bela.cell(cells[1]).point();
  await bela.cell(cells[3]).point(['Shift']);
  await bela.selects(cells.slice(1, 4));
  await bela.press('d');
  await bela.press('d');
  await anna.sees([cells[0], cells[2], cells[4]]);
  await bela.sees([cells[0], cells[4]]);
  await mine.box.getByRole('alert').filter({ hasText: 'Bela deleted this cell. Your text is kept.' }).waitFor();
  await anna.type(' after');
  await mine.shows('two before after');
  assert.ok((await mine.read()).focused);
  await mine.box.getByRole('button', { name: 'Restore' }).click();
  await Promise.all(people.map((person) => person.sees([cells[0], cells[2], cells[4]])));
  await agreed(people, cells[2], (text) => text === 'two before after');
  quiet(people);
});

test('p6_interaction_4_ln_53_a_program_deletes_all_cells_by_rest_under_somebody_who_types', async (t) => {
  const { anna, bela, people, notebook } = await pair(t, 'By REST', [['code', 'one'], ['note', 'two'], ['code', 'three']]);
  const { cells } = notebook;
  const mine = anna.cell(cells[1]);
  await mine.caretAtEnd();
  await anna.type(' before');
  await Promise.all(cells.map((id) => server.rest('DELETE', `notebooks/${notebook.id}/cells/${id}`)));
  await bela.sees([]);
  await anna.sees([cells[1]]);
  await mine.box.getByRole('alert').waitFor();
  await anna.type(' after');
  await mine.shows('two before after');
  await mine.box.getByRole('button', { name: 'Restore' }).click();
  await Promise.all(people.map((person) => person.sees([cells[1]])));
  assert.ok((await mine.read()).text === 'two before after');
  await eventually(async () => (await server.source(notebook.id, cells[1])) === 'two before after', 'the server has all of it');
  quiet(people);
});

test('p6_interaction_4_ln_53_a_composition_goes_on_in_a_cell_that_is_deleted_meanwhile', async (t) => {
  const { anna, bela, people, notebook } = await pair(t, 'Composed', [['code', 'zero'], ['code', 'start '], ['code', 'two']]);
  const [zero, id, two] = notebook.cells;
  const mine = anna.cell(id);
  await mine.caretAtEnd();
  const events = await watchComposition(anna.page);
  const ime = await inputMethod(anna);
  await ime.compose('か');
  await mine.shows('start か');
  await bela.cell(id).point();
  await bela.cell(two).point(['Shift']);
  await bela.press('d');
  await bela.press('d');
  await bela.sees([zero]);
  await mine.box.getByRole('alert').waitFor();
  await ime.compose('かん');
  await ime.compose('かんじ');
  await ime.commit('漢字');
  await mine.shows('start 漢字');
  assert.deepEqual((await events()).map(([kind]) => kind), ['compositionstart', 'compositionend']);
  assert.ok((await mine.read()).focused);
  await mine.box.getByRole('button', { name: 'Restore' }).click();
  await Promise.all(people.map((person) => person.sees([zero, id])));
  await agreed(people, id, (text) => text === 'start 漢字');
  quiet(people);
});
