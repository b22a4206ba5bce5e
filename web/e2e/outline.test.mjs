// The outline beside the notebook: it follows what is written, shows who is where, and leads there.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { eventually } from './kit/eventually.mjs';
import { Person } from './kit/people.mjs';
import { stage } from './kit/stage.mjs';

const { server, join, pair } = await stage();

const outline = (person) => person.page.getByRole('navigation', { name: 'Outline' });
const rows = (person) => outline(person).getByRole('treeitem');
const texts = (person) => rows(person).locator('.text').allInnerTexts();
const row = (person, text) => rows(person).filter({ hasText: text });

const filler = (name) => Array.from({ length: 8 }, (_, index) => ['code', `${name}_${index} = ${index}\nprint(${name}_${index})`]);
const CELLS = [['note', '# First'], ...filler('a'), ['note', '## Inner\n\ntext'], ...filler('b'), ['note', '# Second'], ...filler('c')];

async function shows(person, wanted) {
  await eventually(async () => String(await texts(person)) === String(wanted), async () => `${person.name} sees ${wanted}; sees ${await texts(person)}`);
}

test('p6_the_outline_is_walked_by_keys_leads_to_a_section_and_follows_the_scrolling', async (t) => {
  const notebook = await server.write('Walk', CELLS);
  const anna = await join(t, 'Anna');
  await Person.together([anna], notebook.id);
  const cell = anna.cell(notebook.cells[2]);
  await cell.caretAt(4);
  await anna.press('Control+Shift+o');
  await shows(anna, ['First', 'Inner', 'Second']);
  await eventually(() => row(anna, 'First').evaluate((element) => document.activeElement === element), 'the row of the present section has the focus');
  assert.deepEqual(await rows(anna).evaluateAll((all) => all.map((each) => each.getAttribute('aria-level'))), ['1', '2', '1']);
  assert.match(await row(anna, 'First').getAttribute('aria-label'), /^First, 18 cells/);

  await anna.press('ArrowLeft');
  await shows(anna, ['First', 'Second']);
  await anna.press('ArrowRight');
  await shows(anna, ['First', 'Inner', 'Second']);
  // Back to the very place in the text.
  await anna.press('Escape');
  const now = await cell.read();
  assert.deepEqual([now.focused, now.head], [true, 4]);
  await anna.press('Control+Shift+o');
  await anna.press('End');
  await anna.press('Enter');
  await eventually(() => anna.cell(notebook.cells[18]).box.evaluate((box) => document.activeElement === box && box.getBoundingClientRect().top < 160), 'Anna is at the second section');
  await eventually(async () => (await row(anna, 'Second').getAttribute('aria-current')) === 'location', 'it is marked as the one that is read');

  await anna.cell(notebook.cells[12]).box.evaluate((box) => box.scrollIntoView({ block: 'start' }));
  await eventually(async () => (await row(anna, 'Inner').getAttribute('aria-current')) === 'location', 'the mark follows the scrolling');
  await row(anna, 'First').click();
  await eventually(() => anna.page.evaluate(() => window.scrollY < 40), 'a click leads to the beginning');
});

test('p6_the_outline_follows_what_others_write_shows_where_they_are_and_keeps_the_focus', async (t) => {
  const { notebook, anna, bela } = await pair(t, 'Live', CELLS);
  await anna.cell(notebook.cells[0]).box.focus();
  await anna.press('Control+Shift+o');
  await shows(anna, ['First', 'Inner', 'Second']);
  await anna.press('ArrowDown');

  await bela.cell(notebook.cells[9]).caretAt('## Inner'.length);
  await bela.type(' and new');
  await shows(anna, ['First', 'Inner and new', 'Second']);
  assert.ok(await row(anna, 'Inner and new').evaluate((element) => document.activeElement === element), 'the focus stays on the heading that is renamed');
  await eventually(async () => /Bela here/.test(await row(anna, 'Inner').getAttribute('aria-label')), 'Bela is shown in the section');
  await anna.press('ArrowUp');
  await anna.press('ArrowLeft');
  await eventually(async () => /Bela here/.test(await row(anna, 'First').getAttribute('aria-label')), 'a closed section shows who is below it');
  await bela.cell(notebook.cells[9]).caretAt(0);
  for (let step = 0; step < 3; step += 1) await bela.press('Delete');
  await anna.press('ArrowRight');
  await eventually(async () => (await texts(anna)).length === 2, 'what is a heading no more is gone');
});

test('p6_a_section_moves_with_all_its_cells', async (t) => {
  const { notebook, anna, bela } = await pair(t, 'Sections', [['note', '# One'], ['code', '1'], ['note', '# Two'], ['note', '## Deep'], ['code', '2']]);
  const [one, first, two, deep, second] = notebook.cells;
  await anna.cell(two).box.focus();
  await anna.press('Control+Shift+o');
  await row(anna, 'Two').focus();
  await anna.press('Alt+ArrowUp');
  await bela.sees([two, deep, second, one, first]);
  assert.ok(await row(anna, 'Two').evaluate((element) => document.activeElement === element), 'the focus stays on the section');
  await anna.press('Escape');
  await anna.press('Control+z');
  await bela.sees([one, first, two, deep, second]);
});

test('p6_on_a_phone_the_outline_lies_over_the_page_and_goes_when_it_has_led_somewhere', async (t) => {
  const notebook = await server.write('Phone', CELLS);
  const anna = await join(t, 'Anna', { viewport: { width: 390, height: 844 } });
  await Person.together([anna], notebook.id);
  await anna.page.getByRole('button', { name: 'Outline', exact: true }).click();
  await row(anna, 'Second').click();
  await outline(anna).waitFor({ state: 'detached' });
  await eventually(() => anna.cell(notebook.cells[18]).box.evaluate((box) => {
    const { top } = box.getBoundingClientRect();
    return top > 0 && top < 200;
  }), 'Anna is at the second section');
});

test('p6_a_section_is_dragged_before_another', async (t) => {
  const { notebook, anna, bela } = await pair(t, 'Dragged', [['note', '# One'], ['code', '1'], ['note', '# Two'], ['code', '2'], ['note', '# Three']]);
  const [one, first, two, second, three] = notebook.cells;
  await anna.page.getByRole('button', { name: 'Outline', exact: true }).click();
  await row(anna, 'Two').dragTo(row(anna, 'One'));
  await bela.sees([two, second, one, first, three]);
});
