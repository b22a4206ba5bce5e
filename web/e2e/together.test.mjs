// Two people in one notebook, in two browsers.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { answer } from './kit/answer.mjs';
import { eventually } from './kit/eventually.mjs';
import { stage } from './kit/stage.mjs';

const { server, pair } = await stage();

function quiet(people) {
  for (const person of people) assert.deepEqual(person.errors, []);
}

test('a person outside the editors is seen at their cell, and their avatar leads there', async (t) => {
  const { anna, bela, notebook } = await pair(t, 'Far down', [...Array(30)].map((_, index) => ['code', `# ${index}`]));
  const target = notebook.cells[25];
  await bela.cell(target).bringIntoSight();
  await bela.cell(target).box.locator('.rail').click();
  await bela.cell(target).box.focus();
  await anna.cell(target).box.locator('.here').waitFor({ state: 'attached' });
  await anna.page.getByRole('button', { name: 'Go to Bela' }).click();
  const inView = () => anna.cell(target).box.evaluate((cell) => { const box = cell.getBoundingClientRect(); return box.top >= 0 && box.bottom <= innerHeight; });
  await eventually(inView, 'the cell is in view');
});

test('a_new_name_and_colour_are_seen_by_the_others_and_kept', async (t) => {
  const { anna, bela } = await pair(t, 'Names', [['code', '']]);
  await bela.page.getByLabel('You: Bela').click();
  await bela.page.getByLabel('Your name').fill('Benjamin');
  await bela.press('Enter');
  const avatar = anna.page.getByRole('button', { name: /^Go to/ });
  await anna.page.getByRole('button', { name: 'Go to Benjamin' }).waitFor();
  assert.equal(await avatar.count(), 1);
  await bela.page.getByLabel('You: Benjamin').click();
  await bela.page.getByLabel('Green').click();
  const color = () => avatar.evaluate((button) => button.style.getPropertyValue('--person'));
  await eventually(async () => (await color()) === '#507850', 'the new colour is seen');
  await bela.page.reload();
  await bela.page.getByLabel('You: Benjamin').waitFor({ state: 'attached' });
});

test('ln_25_a_note_is_seen_as_it_is_typed', async (t) => {
  const { anna, bela, people, notebook } = await pair(t, 'Notes', [['note', 'Tides']]);
  const [cell] = notebook.cells;
  await anna.cell(cell).caretAtEnd();
  let seen = 'Tides';
  for (const letter of ' rise') {
    await anna.type(letter);
    seen += letter;
    await bela.cell(cell).box.locator('.markdown', { hasText: seen.trimEnd() }).waitFor();
  }
  await anna.press('Escape');
  await anna.cell(cell).box.locator('.markdown', { hasText: 'Tides rise' }).waitFor();
  quiet(people);
});

test('a deleted cell is found in the bin of another person and restored from there', async (t) => {
  const { anna, bela, notebook } = await pair(t, 'Bins', [['code', 'needle'], ['code', 'hay']]);
  const { cells } = notebook;
  await anna.cell(cells[0]).box.focus();
  await anna.press('d');
  await anna.press('d');
  await bela.sees([cells[1]]);
  await bela.page.getByRole('button', { name: 'Bin' }).click();
  await bela.page.getByLabel('Search deleted cells').fill('needle');
  await bela.page.getByRole('complementary', { name: 'Bin' }).getByRole('button', { name: 'Restore' }).click();
  await anna.sees(cells);
});

test('ln_14_folding_is_shared', async (t) => {
  const { anna, bela, notebook } = await pair(t, 'Folds', [['code', 'fold me\nsecond line']]);
  const [cell] = notebook.cells;
  await anna.cell(cell).box.focus();
  await anna.press('Shift+c');
  await bela.cell(cell).box.locator('.folded', { hasText: 'fold me' }).waitFor();
  await bela.cell(cell).box.locator('.folded').click();
  await anna.cell(cell).shows('fold me\nsecond line');
});

test('ln_15_the_kind_of_a_cell_changes_while_another_types_in_it', async (t) => {
  const { anna, bela, notebook } = await pair(t, 'Kinds', [['code', 'Why']]);
  const [cell] = notebook.cells;
  await bela.cell(cell).caretAtEnd();
  await bela.type(' are');
  const node = await bela.cell(cell).editor.elementHandle();
  await anna.cell(cell).box.focus();
  await anna.press('p');
  await bela.page.locator(`[data-cell="${cell}"][data-kind="prompt"]`).waitFor();
  await bela.type(' there tides?');
  await anna.cell(cell).shows('Why are there tides?');
  assert.ok(await bela.cell(cell).editor.evaluate((content, before) => content === before, node));
  await anna.press('m');
  await anna.cell(cell).box.locator('.markdown', { hasText: 'Why are there tides?' }).waitFor();
  await bela.page.locator(`[data-cell="${cell}"][data-kind="note"]`).waitFor();
  await bela.type(' Twice a day.');
  await anna.cell(cell).box.locator('.markdown', { hasText: 'Twice a day.' }).waitFor();
});

test('ln_17_a_remote_change_keeps_editor_caret_selection_composition_and_undo', async (t) => {
  const { anna, bela, people, notebook } = await pair(t, 'Undisturbed', [['code', 'zeroth'], ['code', 'first'], ['code', 'second line'], ['code', 'third']]);
  const [zeroth, a, b, c] = notebook.cells;
  await bela.cell(b).caretAt(0);
  await bela.type('my ');
  const node = await bela.cell(b).editor.elementHandle();
  // A composition as an input method makes it, still open while the others change everything around it.
  const session = await bela.context.newCDPSession(bela.page);
  await session.send('Input.imeSetComposition', { text: 'に', selectionStart: 1, selectionEnd: 1 });
  await anna.cell(b).editor.click();
  await anna.press('End');
  await anna.type('!');
  await anna.cell(c).box.focus();
  await anna.press('Alt+ArrowUp');
  await anna.cell(b).box.focus();
  await anna.press('Alt+ArrowUp');
  await bela.sees([zeroth, a, b, c]);
  await session.send('Input.imeSetComposition', { text: 'にほん', selectionStart: 3, selectionEnd: 3 });
  await session.send('Input.insertText', { text: '日本' });
  await bela.type(' ');
  await anna.cell(b).shows('my 日本 second line!');
  assert.ok(await bela.cell(b).editor.evaluate((content, before) => content === before && document.activeElement === content, node));
  // Typing with pauses is several steps, how many depends on the machine.
  const takenBack = async () => {
    await bela.press('Control+z');
    return (await bela.cell(b).text()) === 'second line!';
  };
  await eventually(takenBack, 'all that Bela typed is taken back, and nothing of Anna');
  await anna.cell(b).shows('second line!');
  quiet(people);
});

test('a remote change above what I read does not move it', async (t) => {
  const { anna, bela, notebook } = await pair(t, 'Still', [...Array(40)].map((_, index) => ['code', `# ${index}\n# second line`]));
  const { cells } = notebook;
  await bela.cell(cells[30]).bringIntoSight();
  await bela.cell(cells[30]).editor.waitFor();
  const before = await bela.cell(cells[30]).top();
  await anna.cell(cells[2]).box.focus();
  await anna.press('b');
  await eventually(async () => (await bela.order()).length === 41, 'the new cell is there');
  await bela.page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  const now = await bela.cell(cells[30]).top();
  assert.ok(Math.abs(now - before) <= 2, `moved from ${before} to ${now}`);
});

test('ln_63_undo_takes_back_mine_only_over_several_cells_and_never_an_output', async (t) => {
  const { anna, bela, notebook } = await pair(t, 'Undo', [['code', 'one'], ['code', 'two'], ['code', 'three']]);
  const [one, two, three] = notebook.cells;
  await anna.cell(one).caretAtEnd();
  await anna.type(' by Anna');
  await bela.cell(one).caretAt(0);
  await bela.type('Bela: ');
  await anna.cell(two).caretAtEnd();
  await anna.type(' by Anna');
  await bela.cell(three).box.focus();
  await bela.press('d');
  await bela.press('d');
  await anna.sees([one, two]);
  await anna.cell(two).shows('two by Anna');
  await answer(server, notebook.id, two, 'an **output**');
  const output = anna.cell(two).box.locator('strong', { hasText: 'output' });
  await output.waitFor();
  await anna.press('Control+z');
  await anna.cell(two).shows('two');
  // The next one back is in another cell; what Bela wrote there stays, and so does the cell deleted by Bela.
  await anna.press('Control+z');
  await bela.cell(one).shows('Bela: one');
  await anna.press('Control+z');
  await anna.sees([one, two]);
  await anna.press('Control+Shift+z');
  await bela.cell(one).shows('Bela: one by Anna');
  await anna.press('Control+Shift+z');
  await bela.cell(two).shows('two by Anna');
  assert.equal(await output.count(), 1);
});
