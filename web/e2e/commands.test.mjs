// The palette, the sheet of keys, and keys that people change.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { assertNoSidewaysScroll, seriousFaults } from './kit/axe.mjs';
import { eventually } from './kit/eventually.mjs';
import { Person } from './kit/people.mjs';
import { stage } from './kit/stage.mjs';

const { server, join, pair } = await stage();

const palette = (person) => person.page.getByRole('dialog', { name: 'Commands' });
const field = (person) => palette(person).getByRole('combobox');
const chosen = (person) => palette(person).getByRole('option', { selected: true });

async function alone(t, title, cells) {
  const notebook = await server.write(title, cells);
  const anna = await join(t, 'Anna');
  await Person.together([anna], notebook.id);
  return { notebook, anna };
}

test('p6_the_palette_opens_over_an_editor_and_gives_the_caret_back_exactly', async (t) => {
  const { notebook, anna } = await alone(t, 'Caret', [['code', 'alpha beta\ngamma'], ['note', 'One **two** three']]);
  for (const [id, offset] of [[notebook.cells[0], 13], [notebook.cells[1], 6]]) {
    const cell = anna.cell(id);
    await cell.caretAt(offset);
    await anna.press('Shift+ArrowLeft');
    await anna.press('Shift+ArrowLeft');
    const before = await cell.read();
    const scrolled = await anna.page.evaluate(() => window.scrollY);
    for (const keys of ['Control+Shift+p', 'Control+Shift+c']) {
      await anna.press(keys);
      await field(anna).waitFor();
      assert.ok(await field(anna).evaluate((input) => document.activeElement === input), 'the field has the focus');
      await anna.type('some words');
      await anna.press('Escape');
      await palette(anna).waitFor({ state: 'detached' });
      const now = await cell.read();
      assert.deepEqual([now.focused, now.anchor, now.head, now.text], [true, before.anchor, before.head, before.text], keys);
      assert.equal(await anna.page.evaluate(() => window.scrollY), scrolled);
    }
    await anna.type('X');
    const { text } = before;
    await cell.shows(`${text.slice(0, offset - 2)}X${text.slice(offset)}`);
  }
});

test('p6_a_command_is_found_by_its_initials_and_acts_on_the_selected_cell', async (t) => {
  const { notebook, anna } = await alone(t, 'Move', [['code', 'first'], ['code', 'second'], ['code', 'third']]);
  const [first, second, third] = notebook.cells;
  await anna.cell(second).box.focus();
  await anna.press('Control+k');
  await field(anna).fill('mcu');
  assert.match(await chosen(anna).innerText(), /^Move cells up/);
  assert.deepEqual(await chosen(anna).locator('mark').allInnerTexts(), ['M', 'c', 'u']);
  await anna.press('Enter');
  await anna.sees([second, first, third]);
  assert.ok(await anna.cell(second).box.evaluate((box) => document.activeElement === box), 'the cell has the focus again');

  // It is the first now: moving it up again is shown, with the reason, and does nothing.
  await anna.press('Control+k');
  await field(anna).fill('mcu');
  assert.equal(await chosen(anna).getAttribute('aria-disabled'), 'true');
  assert.match(await chosen(anna).innerText(), /It is the first cell/);
  await anna.press('Enter');
  assert.ok(await palette(anna).isVisible());
  await field(anna).fill('');
  // What was used lately is offered first.
  assert.match(await chosen(anna).innerText(), /^Move cells up/);
  await anna.press('Escape');
});

test('p6_the_palette_leads_to_cells_and_people_and_notebooks', async (t) => {
  const other = await server.write('Another place', [['note', 'elsewhere']]);
  const { notebook, anna, bela } = await pair(t, 'Places', Array.from({ length: 30 }, (_, index) => ['code', `value_${index} = ${index}`]));
  const last = notebook.cells[27];
  await anna.cell(notebook.cells[0]).box.focus();
  await anna.press('#');
  await field(anna).waitFor();
  await anna.type('value_27');
  await anna.press('Enter');
  await eventually(() => anna.cell(last).box.evaluate((box) => document.activeElement === box && box.getBoundingClientRect().bottom <= innerHeight), 'Anna is at the cell');

  await bela.cell(notebook.cells[14]).caretAt(3);
  await anna.press('Control+k');
  await field(anna).fill('@bel');
  await eventually(async () => /in cell 15/.test(await chosen(anna).innerText()), 'the palette says where Bela is');
  await anna.press('Enter');
  await eventually(() => anna.cell(notebook.cells[14]).box.evaluate((box) => {
    const { top, bottom } = box.getBoundingClientRect();
    return top >= 0 && bottom <= innerHeight;
  }), 'Anna sees the cell Bela is in');

  await Person.together([anna], other.id);
  await Person.together([anna], notebook.id);
  await anna.press('Control+k');
  await field(anna).fill('/another');
  await anna.press('Enter');
  await anna.page.waitForURL(`**/notebook/${other.id}`);
});

test('p6_the_sheet_of_keys_opens_from_everywhere_and_is_searched', async (t) => {
  const { notebook, anna } = await alone(t, 'Sheet', [['code', 'text']]);
  const cell = anna.cell(notebook.cells[0]);
  const sheet = anna.page.getByRole('dialog', { name: 'Keys', exact: true });
  await cell.caretAt(2);
  await anna.press('F1');
  await sheet.waitFor();
  await sheet.getByRole('searchbox').fill('ctrl+shift+p');
  await eventually(async () => (await sheet.locator('dd').count()) === 1, 'one line is left');
  await anna.press('Escape');
  await anna.press('Escape');
  await sheet.waitFor({ state: 'detached' });
  const now = await cell.read();
  assert.deepEqual([now.focused, now.head], [true, 2]);
  // In a text the signs are signs.
  await anna.type('?h');
  await cell.shows('te?hxt');
  await anna.press('Escape');
  await anna.press('h');
  await sheet.waitFor();
  await anna.press('Escape');
  await anna.page.getByRole('button', { name: 'Keys and help' }).click();
  await sheet.waitFor();
});

test('p6_keys_are_changed_conflicts_are_told_and_another_tab_follows_at_once', async (t) => {
  const { notebook, anna } = await alone(t, 'Remap', [['code', 'first'], ['code', 'second']]);
  const first = anna.page;
  const second = await anna.newTab();
  await anna.open(notebook.id);
  anna.page = first;
  const settings = first.getByRole('dialog', { name: 'Settings' });
  await anna.cell(notebook.cells[0]).box.focus();
  await anna.press('Control+k');
  await field(anna).fill('change the keys');
  await anna.press('Enter');
  await settings.getByRole('tab', { name: 'Keys', selected: true }).waitFor();

  await settings.getByRole('button', { name: 'Add a key for “Add a cell below”' }).click();
  await anna.press('a');
  await settings.getByText('A is “Add a cell above” now. Replace?').waitFor();
  await anna.press('Escape');
  assert.ok(await settings.isVisible(), 'Escape ends the pressing of keys only');
  await settings.getByRole('button', { name: 'Add a key for “Add a cell below”' }).click();
  await anna.press('g');
  await anna.press('n');
  await settings.getByRole('button', { name: 'Use them' }).click();
  await settings.getByRole('button', { name: 'Take G N from “Add a cell below”' }).waitFor();
  await settings.getByRole('button', { name: 'Take B from “Add a cell below”' }).click();
  await anna.press('Escape');
  await settings.waitFor({ state: 'detached' });

  anna.page = second;
  await second.bringToFront();
  await anna.cell(notebook.cells[0]).box.focus();
  await anna.press('b');
  await anna.press('g');
  await anna.press('n');
  await eventually(async () => (await anna.order()).length === 3, 'the new keys add one cell in the other tab');
  assert.equal((await anna.order())[0], notebook.cells[0]);

  // As text: a mistake is told, a whole one is used.
  await anna.press('Escape');
  await anna.page.getByRole('button', { name: 'Settings' }).click();
  const other = second.getByRole('dialog', { name: 'Settings' });
  await other.getByRole('tab', { name: 'Keys' }).click();
  await other.getByText('Keys as text').click();
  const area = other.getByRole('textbox', { name: 'Copy this text to keep your keys' });
  assert.deepEqual(JSON.parse(await area.inputValue()), { addBelow: ['g n'] });
  await area.fill('{"fly": ["f"]}');
  await other.getByRole('button', { name: 'Use this text' }).click();
  await other.getByRole('alert').getByText('There is no command “fly”.').waitFor();
  await area.fill('{"undo": ["u"]}');
  await other.getByRole('button', { name: 'Use this text' }).click();
  await other.getByRole('button', { name: 'Take U from “Undo my last change”' }).waitFor();
  await other.getByRole('button', { name: 'Reset all' }).click();
  await other.getByRole('button', { name: 'Take B from “Add a cell below”' }).waitFor();
});

test('p6_keys_work_on_a_layout_without_our_letters_and_never_while_composing', async (t) => {
  const { notebook, anna } = await alone(t, 'Layouts', [['code', 'first']]);
  await anna.cell(notebook.cells[0]).box.focus();
  const press = (init) => anna.page.evaluate((event) => {
    document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { bubbles: true, cancelable: true, ...event }));
  }, init);
  await press({ key: 'и', code: 'KeyB' });
  await eventually(async () => (await anna.order()).length === 2, 'the place of B adds a cell');
  await press({ key: 'b', code: 'KeyB', isComposing: true });
  await press({ key: 'Dead', code: 'BracketLeft' });
  await press({ key: 'a', code: 'KeyA' });
  await eventually(async () => (await anna.order()).length === 3, 'a adds one, the composition none');
});

test('p6_settings_hold_at_once_in_every_tab_of_the_browser', async (t) => {
  const { notebook, anna } = await alone(t, 'Settings', [['code', 'x = 1\ny = 2']]);
  const first = anna.page;
  const second = await anna.newTab();
  await anna.open(notebook.id);
  await anna.cell(notebook.cells[0]).editor.waitFor();
  const size = () => second.locator('.cm-content').first().evaluate((content) => parseFloat(getComputedStyle(content).fontSize));
  const before = await size();
  anna.page = first;
  await first.bringToFront();
  await anna.cell(notebook.cells[0]).caretAt(2);
  await anna.press('Control+,');
  const settings = first.getByRole('dialog', { name: 'Settings' });
  await settings.getByRole('checkbox', { name: 'Line numbers in code' }).check();
  await settings.getByRole('button', { name: 'Larger code' }).click();
  await settings.getByRole('radio', { name: 'Dark' }).check();
  await settings.getByRole('textbox', { name: 'Your name' }).fill('Annabel');
  await settings.getByRole('textbox', { name: 'Your name' }).press('Enter');
  await anna.press('Escape');
  await settings.waitFor({ state: 'detached' });
  const { focused, head } = await anna.cell(notebook.cells[0]).read();
  assert.deepEqual([focused, head], [true, 2]);

  await eventually(async () => (await second.locator('.cm-lineNumbers').count()) > 0, 'the other tab numbers the lines');
  await eventually(async () => Math.abs((await size()) / before - 1.1) < 0.01, 'its code is larger');
  await eventually(() => second.evaluate(() => document.documentElement.dataset.look === 'dark'), 'it is dark');
  await eventually(async () => (await second.getByLabel('You: Annabel').count()) > 0, 'it knows the new name');
});

test('p6_the_palette_opens_on_the_list_of_notebooks_too', async (t) => {
  const wanted = await server.write('A place to find', [['note', 'here']]);
  const anna = await join(t, 'Anna');
  await anna.press('Control+k');
  await field(anna).fill('place find');
  await anna.press('Enter');
  await anna.page.waitForURL(`**/notebook/${wanted.id}`);
  await anna.page.goBack();
  await anna.page.getByRole('heading', { name: 'Notebooks' }).waitFor();
  await anna.press('Control+k');
  await field(anna).fill('settings');
  await anna.press('Enter');
  await anna.page.getByRole('dialog', { name: 'Settings' }).getByRole('radio', { name: 'Light' }).check();
});

for (const viewport of [{ width: 1280, height: 800 }, { width: 390, height: 844 }]) {
  test(`p6_palette_sheets_find_and_outline_have_no_serious_fault_at_${viewport.width}_pixels`, async (t) => {
    const notebook = await server.write('Faults', [['note', '# One\n\ntext'], ['note', '## Two'], ['code', 'text = "text"']]);
    const anna = await join(t, 'Anna', { viewport });
    await Person.together([anna], notebook.id);
    const { page } = anna;
    const look = async (what) => {
      assert.deepEqual(await seriousFaults(page), [], what);
      await assertNoSidewaysScroll(page);
    };
    await page.getByRole('button', { name: 'Commands' }).click();
    await field(anna).fill('e');
    await look('palette');
    await anna.press('Escape');
    await anna.press('F1');
    await page.getByRole('dialog', { name: 'Keys', exact: true }).waitFor();
    await look('sheet of keys');
    await anna.press('Escape');
    await anna.press('Control+,');
    await page.getByRole('dialog', { name: 'Settings' }).waitFor();
    await look('settings');
    await page.getByRole('tab', { name: 'Keys' }).click();
    await page.getByRole('button', { name: 'Add a key for “Add a cell below”' }).click();
    await look('keys');
    await anna.press('Escape');
    await anna.press('Escape');
    await anna.press('Control+h');
    await page.getByRole('textbox', { name: 'Find', exact: true }).fill('text');
    await page.getByRole('search').getByText('of 3').waitFor();
    await look('find');
    await anna.press('Escape');
    await anna.press('Control+Shift+o');
    await page.getByRole('treeitem').first().waitFor();
    await look('outline');
  });
}
