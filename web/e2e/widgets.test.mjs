// Widget sessions in real browsers, driven by a program of nothing but a WebSocket and JSON.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { eventually } from './kit/eventually.mjs';
import { assertNoForeignHost, only, Person } from './kit/people.mjs';
import { Proxy } from './kit/proxy.mjs';
import { stage } from './kit/stage.mjs';
import { AtSession, clickMe, column, embedded, Program, ref, session } from './kit/widgets.mjs';

const VIEWERS = 'only-to-look-at-it';
const { server, join } = await stage({ viewerToken: VIEWERS });
const cable = await Proxy.to(server.port);
after(() => cable.close());

/** A session with a program that has run this setup, and people who have it open. */
async function open(t, setup, ...names) {
  const made = await session(server, names.join(' and '));
  const program = await Program.join(server, made, setup);
  t.after(() => program.kill());
  const people = await AtSession.together(await Promise.all(names.map((name) => join(t, name))), made.id);
  return { id: made.id, session: made, program, made: program.made, people };
}

test('pg_02_pg_05_the_example_of_the_seed_a_click_in_one_browser_shows_in_all', async (t) => {
  const { program, made, people } = await open(t, clickMe, 'Anna', 'Bela');
  const [anna, bela] = people;
  const window = anna.page.getByRole('region', { name: 'Remote App' });
  const { width, height } = await window.boundingBox();
  assert.deepEqual([width, height], [400, 300]);
  const [button, label] = await Promise.all([made.button, made.label].map((wid) => anna.widget(wid).boundingBox()));
  assert.equal(label.y - (button.y + button.height), 8);
  await bela.sees('Ready');
  await anna.page.getByRole('button', { name: 'Click me' }).click();
  for (const at of people) await at.sees('Clicked!');
  assert.deepEqual(program.heard(made.button, 'activated'), [[]]);
  for (const at of people) assert.deepEqual(at.person.errors, []);
  assertNoForeignHost(anna.person);
});

/** A window of which every part has something that people change. */
async function workbench(program) {
  const [entry, slider, check, tabs, splitter, tree, table, expander] = await column(program, 'Workbench', ['TextEntry', 'start'], ['Slider', { min: 0, max: 10, value: 2, track: true }], ['CheckBox', 'Tick'], ['TabWidget'], ['Splitter', { orientation: 'horizontal' }], ['TreeView', { columns: ['File'] }], ['TableView', { columns: [{ label: 'Name', key: 'name', editable: true }], sortable: true }], ['Expander', { title: 'More' }]);
  for (const title of ['First', 'Second']) await program.call(tabs, 'add_widget', ref(await program.make('Label', `page ${title}`)), { title });
  for (const side of ['left', 'right']) await program.call(splitter, 'add_widget', ref(await program.make('Label', side)));
  await program.call(expander, 'set_widget', ref(await program.make('Label', 'inside')));
  await program.call(tree, 'set_tree', { src: { 'main.rs': {} } });
  await program.call(table, 'set_rows', [['b'], ['a']]);
  const heard = [[entry, 'modified'], [slider, 'activated'], [check, 'activated'], [tabs, 'page-switch'], [splitter, 'sizing'], [tree, 'collapsed'], [table, 'sorted'], [table, 'selected'], [table, 'cell_edited'], [expander, 'toggled']];
  for (const [wid, action] of heard) await program.on(wid, action);
  return { entry, slider, check, tabs, splitter, tree, table, expander };
}

/** What a browser shows of a workbench. */
async function shown(at, made) {
  const { page } = at;
  return {
    entry: await at.field(made.entry).inputValue(),
    slider: await at.field(made.slider).inputValue(),
    check: await at.field(made.check).isChecked(),
    tab: await page.getByRole('tab', { selected: true }).innerText(),
    bar: Number(await page.getByRole('separator').getAttribute('aria-valuenow')),
    leaves: await at.widget(made.tree).locator('[role=row][aria-level="2"]').count(),
    rows: await at.widget(made.table).locator('[role=gridcell]').allInnerTexts(),
    selected: await at.widget(made.table).locator('[role=row][aria-selected="true"]').allInnerTexts(),
    expanded: await page.getByRole('button', { name: 'More' }).getAttribute('aria-expanded'),
  };
}

/** Somebody uses everything on a workbench. */
async function useAll(at, made) {
  const { page } = at;
  await at.field(made.entry).fill('changed');
  await at.field(made.slider).focus();
  for (let step = 0; step < 3; step += 1) await page.keyboard.press('ArrowRight');
  await at.field(made.check).check();
  await page.getByRole('tab', { name: 'Second' }).click();
  await page.getByRole('separator').focus();
  for (let step = 0; step < 4; step += 1) await page.keyboard.press('ArrowLeft');
  await at.widget(made.tree).getByRole('row', { name: 'src' }).focus();
  await page.keyboard.press('ArrowLeft');
  await at.widget(made.table).getByRole('button', { name: 'Sort by Name' }).click();
  await at.widget(made.table).getByRole('gridcell', { name: 'b' }).dblclick();
  await page.keyboard.type('c');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'More' }).click();
}

const alike = (one, other) => JSON.stringify({ ...one, bar: 0 }) === JSON.stringify({ ...other, bar: 0 }) && Math.abs(one.bar - other.bar) <= 1;

test('pg_09_pg_06_what_one_does_shows_in_the_other_browsers_and_is_there_after_a_reload_and_a_drop', async (t) => {
  const made = await session(server, 'Workbench');
  const program = await Program.join(server, made, workbench);
  t.after(() => program.kill());
  const anna = await AtSession.open(await join(t, 'Anna'), made.id);
  const bela = await AtSession.open(await join(t, 'Bela', { origin: cable.origin }), made.id);
  t.after(() => cable.mend());
  await useAll(anna, program.made);
  const wanted = { entry: 'changed', slider: '5', check: true, tab: 'Second', leaves: 0, rows: ['a', 'c'], expanded: 'false' };
  const now = async (at) => ({ ...(await shown(at, program.made)) });
  const isThere = async (at) => {
    const seen = await now(at);
    return Object.entries(wanted).every(([key, value]) => JSON.stringify(seen[key]) === JSON.stringify(value)) && seen.bar < 50 && seen.selected.length === 1;
  };
  for (const at of [anna, bela]) await eventually(() => isThere(at), async () => `${at.person.name} sees what was done; sees ${JSON.stringify(await now(at))}`);
  const before = await now(anna);
  assert.ok(alike(before, await now(bela)));
  // Reload.
  await anna.page.reload();
  await eventually(async () => alike(before, await now(anna)), async () => `after a reload it is as it was; it is ${JSON.stringify(await now(anna))}`);
  // The network goes and comes back; what happened meanwhile is there, without a reload.
  await bela.page.evaluate(() => (window.stayed = true));
  cable.cut();
  await bela.person.until('offline');
  await anna.page.getByRole('tab', { name: 'First' }).click();
  cable.mend();
  await bela.person.until('saved');
  await eventually(async () => (await now(bela)).tab === 'First', 'what was missed is there');
  assert.equal(await bela.page.evaluate(() => window.stayed), true);
  // Drawing anew told the program nothing.
  assert.equal(program.heard(program.made.tabs, 'page-switch').length, 2);
  assert.equal(program.heard(program.made.expander, 'toggled').length, 1);
});

test('pg_10_a_silent_call_changes_what_is_shown_and_no_handler_hears_of_it', async (t) => {
  const { program, made, people } = await open(t, (one) => column(one, 'Silent', ['Slider', { min: 0, max: 10 }], ['CheckBox', 'Tick']), 'Anna', 'Bela');
  const [slider, check] = made;
  await program.on(slider, 'activated');
  await program.on(check, 'activated');
  await program.silently(slider, 'set_value', 7);
  await program.call(check, 'set_state', true);
  for (const at of people) {
    await eventually(async () => (await at.field(slider).inputValue()) === '7', 'the slider has moved');
    await eventually(() => at.field(check).isChecked(), 'the box is ticked');
  }
  await people[0].field(check).uncheck();
  await program.hears(check, 'activated');
  assert.deepEqual([program.heard(slider, 'activated'), program.heard(check, 'activated')], [[], [[false]]]);
});

test('pg_11_a_browser_that_joins_disturbs_neither_focus_nor_half_typed_text_nor_scroll', async (t) => {
  const setup = async (program) => {
    const [entry, spin, area, scroll] = await column(program, 'Undisturbed', ['TextEntry'], ['SpinBox', { min: 0, max: 99, value: 5 }], ['TextArea', Array.from({ length: 40 }, (_, line) => `line ${line}`).join('\n')], ['ScrollArea']);
    await program.call(scroll, 'set_widget', ref(await program.make('Label', Array.from({ length: 60 }, (_, line) => `row ${line}`).join('\n'))));
    await program.call(scroll, 'set_max_size', 600, 150);
    // Ordered before anybody came: it is for nobody.
    await program.call(entry, 'set_focus');
    return { entry, spin, area, scroll };
  };
  const { id, program, made, people } = await open(t, setup, 'Anna');
  const [anna] = people;
  assert.equal(await anna.page.evaluate(() => document.activeElement.tagName), 'BODY');
  await anna.field(made.area).evaluate((field) => (field.scrollTop = 120));
  await anna.widget(made.scroll).locator('[role=region]').evaluate((area) => (area.scrollTop = 200));
  await anna.field(made.spin).click();
  await anna.page.keyboard.press('Control+a');
  await anna.page.keyboard.type('4');
  await anna.page.evaluate((wid) => {
    window.lost = 0;
    const field = document.querySelector(`[data-wid="${wid}"] input`);
    field.addEventListener('blur', () => (window.lost += 1));
    window.field = field;
  }, made.spin);
  const bela = await AtSession.open(await join(t, 'Bela'), id);
  await bela.shows(made.spin, '5');
  await bela.field(made.entry).fill('from Bela');
  await anna.shows(made.entry, 'from Bela');
  assert.deepEqual(await anna.page.evaluate(() => [window.lost, document.activeElement === window.field, window.field.value]), [0, true, '4']);
  assert.equal(await anna.field(made.area).evaluate((field) => field.scrollTop), 120);
  assert.equal(await anna.widget(made.scroll).locator('[role=region]').evaluate((area) => area.scrollTop), 200);
  // And what was half typed goes on.
  await anna.page.keyboard.type('2');
  await anna.page.keyboard.press('Enter');
  await bela.shows(made.spin, '42');
  assert.deepEqual(program.told.filter(({ type }) => type === 'callback' && type.wid === made.spin), []);
  // An order is done once, by those who are there, but takes no focus from somebody who writes.
  await anna.field(made.area).click();
  const carla = await AtSession.open(await join(t, 'Carla'), id);
  assert.equal(await carla.page.evaluate(() => document.activeElement.tagName), 'BODY');
});

test('pg_18_ng_11_two_people_type_in_one_field_and_one_area_and_lose_nothing', async (t) => {
  const { program, made, people } = await open(t, (one) => column(one, 'Together', ['TextEntry'], ['TextArea']), 'Anna', 'Bela');
  const [anna, bela] = people;
  for (const wid of made) {
    await Promise.all(people.map((at) => at.field(wid).focus()));
    const letters = ['abcdefghij'.repeat(3), '0123456789'.repeat(3)];
    await Promise.all(people.map((at, who) => at.page.keyboard.type(letters[who], { delay: 12 })));
    const values = () => Promise.all(people.map((at) => at.field(wid).inputValue()));
    const whole = async () => {
      const [one, other] = await values();
      return one === other && one.length === 60;
    };
    await eventually(whole, async () => `both see all that both typed: ${JSON.stringify(await values())}`);
    const [text] = await values();
    assert.deepEqual([only('abcdefghij', text), only('0123456789', text)], letters);
    await eventually(async () => (await program.call(wid, 'get_text')) === text, 'the program reads the same text');
  }
  assert.deepEqual([anna.person.errors, bela.person.errors], [[], []]);
});

test('ng_02_an_edit_by_another_keeps_the_caret_between_its_letters_and_undo_takes_back_ones_own', async (t) => {
  const { made, people } = await open(t, (one) => column(one, 'Caret', ['TextArea', 'one two three']), 'Anna', 'Bela');
  const [anna, bela] = people;
  const [area] = made;
  await anna.field(area).focus();
  await anna.field(area).evaluate((field) => field.setSelectionRange(4, 7));
  await bela.field(area).focus();
  await bela.page.keyboard.press('Control+Home');
  await bela.page.keyboard.type('NEW ');
  await anna.shows(area, 'NEW one two three');
  assert.deepEqual(await anna.caret(), { wid: area, start: 8, end: 11, value: 'NEW one two three' });
  await anna.page.keyboard.type('2');
  await bela.shows(area, 'NEW one 2 three');
  assert.equal((await anna.caret()).start, 9);
  await anna.page.keyboard.press('Control+z');
  for (const at of people) await at.shows(area, 'NEW one two three');
  await anna.page.keyboard.press('Control+y');
  for (const at of people) await at.shows(area, 'NEW one 2 three');
});

test('ng_11_a_word_that_is_being_composed_and_what_another_writes_at_the_same_place_are_both_there', async (t) => {
  const { made, people } = await open(t, (one) => column(one, 'Composed', ['TextEntry', 'ab']), 'Anna', 'Bela');
  const [anna, bela] = people;
  const [entry] = made;
  await anna.field(entry).focus();
  await anna.field(entry).evaluate((field) => field.setSelectionRange(1, 1));
  const input = await anna.page.context().newCDPSession(anna.page);
  await input.send('Input.imeSetComposition', { text: 'に', selectionStart: 1, selectionEnd: 1 });
  await bela.shows(entry, 'aにb');
  // Before it, in it, behind it: all while the word is open.
  await bela.field(entry).focus();
  await bela.page.keyboard.press('Home');
  await bela.page.keyboard.type('1');
  await bela.page.keyboard.press('ArrowRight');
  await bela.page.keyboard.type('2');
  await bela.page.keyboard.press('End');
  await bela.page.keyboard.type('3');
  await input.send('Input.imeSetComposition', { text: 'にほ', selectionStart: 2, selectionEnd: 2 });
  await eventually(async () => /にほ/.test(await bela.field(entry).inputValue()), async () => `the word goes on in Bela's: ${await bela.field(entry).inputValue()}`);
  assert.equal(await anna.field(entry).inputValue(), 'aにほb');
  await input.send('Input.insertText', { text: '日本' });
  for (const at of people) await at.shows(entry, '1a2日本b3');
  assert.equal((await anna.caret()).start, 5);
});

test('what_is_dragged_here_is_not_moved_by_others_and_goes_where_the_hand_left_it', async (t) => {
  const { program, made, people } = await open(t, (one) => column(one, 'Dragged', ['Slider', { min: 0, max: 100, value: 50 }]), 'Anna', 'Bela');
  const [anna, bela] = people;
  const [slider] = made;
  await program.on(slider, 'activated');
  const box = await anna.field(slider).boundingBox();
  const { mouse } = anna.page;
  await mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await mouse.down();
  await mouse.move(box.x + box.width * 0.8, box.y + box.height / 2, { steps: 5 });
  const held = await anna.field(slider).inputValue();
  await program.call(slider, 'set_value', 3);
  await bela.shows(slider, '3');
  assert.equal(await anna.field(slider).inputValue(), held);
  await mouse.up();
  await bela.shows(slider, held);
  await anna.shows(slider, held);
  await program.hears(slider, 'activated');
  assert.deepEqual(program.heard(slider, 'activated'), [[Number(held)]]);
});

test('what_a_program_orders_in_answer_to_a_press_is_done_where_it_was_pressed_and_nothing_opens_by_itself', async (t) => {
  const setup = async (program) => {
    const [button, entry] = await column(program, 'Orders', ['Button', 'Go'], ['TextEntry', '']);
    const dialog = await program.make('FileDialog', { mode: 'file' });
    await program.on(button, 'activated', async () => {
      await program.call(entry, 'set_focus');
      await program.call(dialog, 'open');
      await program.ask({ type: 'open-url', url: 'https://example.org/there' });
    });
    return { button, entry };
  };
  const { made, people } = await open(t, setup, 'Anna', 'Bela');
  const [anna, bela] = people;
  await bela.field(made.entry).focus();
  await bela.page.keyboard.type('half');
  await anna.page.getByRole('button', { name: 'Go' }).click();
  await eventually(async () => (await anna.caret()).wid === made.entry, 'the focus goes where the program put it');
  await anna.page.getByRole('button', { name: 'Choose a file' }).waitFor();
  await anna.person.toast('https://example.org/there').waitFor();
  assert.equal(anna.page.context().pages().length, 1);
  await bela.page.keyboard.type(' typed');
  await anna.shows(made.entry, 'half typed');
  assert.equal(await bela.page.getByRole('button', { name: 'Choose a file' }).count(), 0);
  assert.equal(await bela.page.locator('.toast').count(), 0);
});

test('ng_03_a_window_made_for_one_page_is_shown_in_that_page_alone', async (t) => {
  const { program, people } = await open(t, clickMe, 'Anna', 'Bela');
  const [anna, bela] = people;
  const clients = () => program.told.filter(({ type }) => type === 'client-connected');
  await eventually(() => clients().length === 2, () => `the program knows both pages: ${JSON.stringify(program.told)}`);
  const { client } = clients().find(({ name }) => name === 'Bela');
  const own = 100;
  await program.ask({ type: 'create', wid: own, class: 'TopLevel', args: [{ title: 'For Bela' }], client });
  await program.call(own, 'show');
  await bela.page.getByRole('region', { name: 'For Bela' }).waitFor();
  await program.call(program.made.label, 'set_text', 'after it');
  await anna.sees('after it');
  assert.equal(await anna.page.getByRole('region', { name: 'For Bela' }).count(), 0);
  // Who goes is told, once.
  await bela.person.leave();
  await eventually(() => program.told.some((message) => message.type === 'client-disconnected' && message.client === client), 'the program hears that Bela has gone');
});

test('what_only_a_browser_knows_is_answered_by_one_that_shows_it', async (t) => {
  const { program, made, people } = await open(t, clickMe, 'Anna');
  const { width, height } = await people[0].widget(made.button).boundingBox();
  assert.deepEqual(await program.call(made.button, 'get_size'), [Math.round(width), Math.round(height)]);
});

test('ng_01_ng_10_typing_updates_a_label_and_the_field_of_everybody_also_of_those_who_come_later', async (t) => {
  const { id, program, made, people } = await open(t, (one) => column(one, 'Shared', ['TextEntry'], ['Label', '']), 'Anna', 'Bela');
  const [entry, label] = made;
  await program.on(entry, 'modified', (text) => program.call(label, 'set_text', `You wrote: ${text}`));
  await people[0].field(entry).focus();
  await people[0].page.keyboard.type('hello', { delay: 10 });
  for (const at of people) {
    await at.sees('You wrote: hello');
    await at.shows(entry, 'hello');
  }
  assert.deepEqual(await people[0].caret(), { wid: entry, start: 5, end: 5, value: 'hello' });
  const later = await AtSession.open(await join(t, 'Carla'), id);
  await later.sees('You wrote: hello');
  await later.shows(entry, 'hello');
});

test('what_was_typed_before_enter_is_in_what_the_program_is_told', async (t) => {
  const { program, made, people } = await open(t, (one) => column(one, 'Order', ['TextEntry']), 'Anna');
  const [entry] = made;
  await program.on(entry, 'activated');
  await people[0].field(entry).focus();
  await people[0].page.keyboard.type('all of it');
  await people[0].page.keyboard.press('Enter');
  await program.hears(entry, 'activated');
  assert.deepEqual(program.heard(entry, 'activated'), [['all of it']]);
});

test('pg_13_a_program_that_dies_leaves_its_window_grey_and_at_rest_and_takes_it_up_again', async (t) => {
  const made = await session(server, 'Mortal');
  const program = await Program.join(server, made, clickMe);
  const anna = await AtSession.open(await join(t, 'Anna'), made.id);
  await anna.page.getByRole('button', { name: 'Click me' }).click();
  await anna.sees('Clicked!');
  program.kill();
  await anna.page.getByText('Program disconnected').waitFor();
  await anna.sees('Clicked!');
  assert.equal(await anna.page.getByRole('button', { name: 'Click me' }).isDisabled(), true);
  // Somebody who comes now sees the same.
  const bela = await AtSession.open(await join(t, 'Bela'), made.id);
  await bela.page.getByText('Program disconnected').waitFor();
  await bela.sees('Clicked!');
  const again = await Program.join(server, made, clickMe);
  t.after(() => again.kill());
  assert.equal(again.info.resumed, true);
  for (const at of [anna, bela]) await at.page.getByText('Program disconnected').waitFor({ state: 'detached' });
  await anna.page.getByRole('button', { name: 'Click me' }).click();
  await again.hears(again.made.button, 'activated');
});

test('offline_buttons_rest_and_say_so_and_text_that_is_typed_meanwhile_merges', async (t) => {
  const made = await session(server, 'Offline');
  const program = await Program.join(server, made, (one) => column(one, 'Offline', ['Button', 'Press'], ['TextEntry', '']));
  t.after(() => program.kill());
  const [, entry] = program.made;
  const anna = await AtSession.open(await join(t, 'Anna', { origin: cable.origin }), made.id);
  const bela = await AtSession.open(await join(t, 'Bela'), made.id);
  t.after(() => cable.mend());
  await anna.field(entry).focus();
  cable.cut();
  await anna.person.until('offline');
  assert.match((await anna.person.word()).text, /buttons rest/);
  await eventually(() => anna.page.getByRole('button', { name: 'Press' }).isDisabled(), 'the button rests');
  await anna.page.keyboard.type('mine');
  await bela.field(entry).fill('theirs');
  cable.mend();
  await anna.person.until('saved');
  for (const at of [anna, bela]) {
    const text = () => at.field(entry).inputValue();
    await eventually(async () => /mine/.test(await text()) && /theirs/.test(await text()), async () => `both texts are there: ${await text()}`);
  }
  await eventually(() => anna.page.getByRole('button', { name: 'Press' }).isEnabled(), 'the button is back');
  assert.equal((await anna.caret()).wid, entry);
});

test('pg_20_who_may_only_look_sees_everything_live_and_can_neither_press_nor_write', async (t) => {
  const { id, program, people } = await open(t, clickMe, 'Anna');
  const [anna] = people;
  const vera = await AtSession.open(await join(t, 'Vera', { link: server.viewerLink }), id);
  const button = vera.page.getByRole('button', { name: 'Click me' });
  await button.waitFor();
  assert.equal(await button.isDisabled(), true);
  await vera.page.getByText('You may look at this session').waitFor();
  await anna.page.getByRole('button', { name: 'Click me' }).click();
  await vera.sees('Clicked!');
  // Whatever its page sends.
  const answer = await vera.page.evaluate((address) => fetch(address, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ callbacks: [{ wid: 3, action: 'activated', args: [] }] }) }).then(({ status }) => status), `${vera.person.base}api/widgets/${id}/callbacks`);
  assert.equal(answer, 403);
  assert.equal(program.heard(program.made.button, 'activated').length, 1);
});

test('pg_19_a_session_in_the_output_of_a_cell_is_drawn_in_place_and_there_again_after_a_reload', async (t) => {
  const { id, program, made } = await open(t, clickMe);
  const notebook = await embedded(server, id);
  const people = await Promise.all([join(t, 'Anna'), join(t, 'Bela')]);
  await Person.together(people, notebook.id);
  for (const { page } of people) await page.locator('article').getByRole('button', { name: 'Click me' }).waitFor();
  const [anna, bela] = people;
  await anna.page.locator('article').getByRole('button', { name: 'Click me' }).click();
  for (const { page } of people) await page.locator('article').getByText('Clicked!').waitFor();
  assert.equal(program.heard(made.button, 'activated').length, 1);
  await bela.page.reload();
  await bela.page.locator('article').getByText('Clicked!').waitFor();
  program.kill();
  for (const { page } of people) await page.locator('article').getByText('Program disconnected').waitFor();
  assert.deepEqual([anna.errors, bela.errors], [[], []]);
});

test('pg_17_files_that_are_dropped_or_chosen_reach_the_program_whole', async (t) => {
  const setup = async (program) => {
    const [label] = await column(program, 'Files', ['Label', 'Drop it here', { interactive: true }]);
    await program.on(label, 'drop-end');
    const dialog = await program.make('FileDialog', { mode: 'file', accept: '.txt' });
    await program.on(dialog, 'activated');
    return { label, dialog };
  };
  const { program, made, people } = await open(t, setup, 'Anna');
  const [anna] = people;
  const content = 'x'.repeat(700_000);
  const transfer = await anna.page.evaluateHandle((text) => {
    const data = new DataTransfer();
    data.items.add(new File([text], 'dropped.txt', { type: 'text/plain' }));
    return data;
  }, content);
  const area = anna.widget(made.label).locator('[role=presentation]');
  await area.dispatchEvent('dragover', { dataTransfer: transfer });
  await area.dispatchEvent('drop', { dataTransfer: transfer });
  await program.hears(made.label, 'drop-end');
  const [[dropped]] = program.heard(made.label, 'drop-end');
  assert.equal(dropped.files?.[0]?.name ?? dropped.name, 'dropped.txt', JSON.stringify(dropped));
  const size = () => program.bytes.reduce((sum, bytes) => sum + bytes.length, 0);
  await eventually(() => size() === content.length, () => `the program has the file; it has ${size()} bytes, and ${JSON.stringify(program.told.slice(-3))}`);

  await program.call(made.dialog, 'open');
  const chooser = anna.page.waitForEvent('filechooser');
  await anna.page.getByRole('button', { name: 'Choose a file' }).click();
  await (await chooser).setFiles({ name: 'chosen.txt', mimeType: 'text/plain', buffer: Buffer.from('chosen') });
  await program.hears(made.dialog, 'activated');
  await eventually(() => size() === content.length + 6, 'the second file is there');
  await anna.page.getByRole('button', { name: 'Choose a file' }).waitFor({ state: 'detached' });
});

test('a_modal_dialog_keeps_the_keyboard_in_it_closes_at_escape_and_gives_the_focus_back', async (t) => {
  const setup = async (program) => {
    const [button] = await column(program, 'Asking', ['Button', 'Ask']);
    const dialog = await program.make('Dialog', 'Really?', [['Yes', 1], ['No', 0]], { modal: true, autoclose: true });
    await program.call(dialog, 'add_widget', ref(await program.make('Label', 'Shall it be done?')), 0);
    await program.on(button, 'activated', () => program.call(dialog, 'popup'));
    await program.on(dialog, 'activated');
    await program.on(dialog, 'close');
    return { button, dialog };
  };
  const { program, made, people } = await open(t, setup, 'Anna');
  const { page } = people[0];
  await page.getByRole('button', { name: 'Ask' }).focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Really?' });
  await dialog.waitFor();
  for (let presses = 0; presses < 6; presses += 1) {
    await page.keyboard.press('Tab');
    assert.ok(await page.evaluate(() => document.activeElement === document.body || document.querySelector('dialog').contains(document.activeElement)));
  }
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  await program.hears(made.dialog, 'close');
  await eventually(() => page.evaluate(() => document.activeElement?.textContent?.trim() === 'Ask'), 'the focus is where it was');
  await page.keyboard.press('Enter');
  await dialog.getByRole('button', { name: 'No' }).click();
  await dialog.waitFor({ state: 'detached' });
  await program.hears(made.dialog, 'activated');
  assert.deepEqual(program.heard(made.dialog, 'activated'), [[0]]);
});

test('the_list_teaches_the_first_lines_shows_sessions_as_they_come_and_deletes_them', async (t) => {
  const anna = await join(t, 'Anna');
  await anna.page.getByRole('link', { name: 'Widgets' }).click();
  await anna.page.getByRole('heading', { name: 'Widgets', exact: true }).waitFor();
  const made = await session(server, 'Comes and goes');
  const row = anna.page.locator(`[data-session="${made.id}"]`);
  await row.getByText('waits for its program').waitFor();
  const program = await Program.join(server, made, clickMe);
  t.after(() => program.kill());
  await row.getByText('program connected').waitFor();
  await row.getByRole('link').click();
  await anna.page.getByRole('button', { name: 'Click me' }).waitFor();
  await anna.page.getByRole('link', { name: 'All widget sessions' }).click();
  await row.getByRole('button', { name: 'Delete Comes and goes' }).click();
  await anna.page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click();
  await row.waitFor({ state: 'detached' });
});
