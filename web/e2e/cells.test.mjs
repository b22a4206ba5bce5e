// Working with several cells at once: selecting, copying, moving, merging, folding, while others are at work in them.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { eventually } from './kit/eventually.mjs';
import { agreed, Person } from './kit/people.mjs';
import { stage } from './kit/stage.mjs';
import { settle } from './kit/steady.mjs';

const { server, join, pair } = await stage();

const codes = (count) => Array.from({ length: count }, (_, index) => ['code', `value_${index} = ${index}`]);
const texts = async (notebook) => (await server.notebook(notebook)).cells.map(({ source }) => source);
const kinds = async (notebook) => (await server.notebook(notebook)).cells.map(({ type }) => type);
const stored = (notebook, wanted) => eventually(async () => String(await texts(notebook)) === String(wanted), async () => `the server has ${wanted}; it has ${await texts(notebook)}`);

/** What is put on the clipboard as another program would: by the browser, of a text that is selected. */
async function copyElsewhere(person, text) {
  await person.context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await person.page.evaluate((content) => navigator.clipboard.writeText(content), text);
}

test('ln_11_what_one_has_selected_stays_what_it_is_while_others_add_move_and_delete_cells', async (t) => {
  const { notebook, anna, bela } = await pair(t, 'Selection', codes(8));
  const cells = notebook.cells;
  const said = () => anna.page.locator('[data-announcer]').innerText();

  await anna.cell(cells[1]).point();
  await anna.press('Shift+ArrowDown');
  await anna.press('Shift+j');
  await anna.press('Shift+j');
  await anna.press('Shift+k');
  await anna.selects(cells.slice(1, 4));
  assert.equal(await said(), '3 cells selected');
  assert.match(await anna.cell(cells[2]).box.getAttribute('aria-label'), /^Code cell 3, selected/);
  assert.equal(await anna.page.evaluate(() => document.activeElement.dataset.cell), cells[3]);

  // Into the midst of it Bela adds a cell; one of it he moves away, one he deletes.
  await bela.cell(cells[2]).slot.getByRole('button', { name: 'Add note here' }).click();
  await eventually(async () => (await anna.order()).length === 9, 'Anna sees the new cell');
  await anna.selects(cells.slice(1, 4));
  await bela.cell(cells[2]).use('Move cell 4 down');
  await bela.cell(cells[2]).use('Move cell 5 down');
  await eventually(async () => (await anna.order()).indexOf(cells[2]) === 5, 'Anna sees the move');
  await bela.cell(cells[3]).use('Delete cell 4');
  await eventually(async () => !(await anna.order()).includes(cells[3]), 'Anna sees the deletion');
  await anna.selects([cells[1], cells[2]]);
  await eventually(async () => (await anna.page.evaluate(() => document.activeElement.dataset.cell)) === cells[2], 'the focus goes on to what is left');

  // What she does then concerns these two and nothing else.
  await anna.press('d');
  await anna.press('d');
  await eventually(async () => (await anna.order()).length === 6, 'deleted');
  assert.ok(!(await anna.order()).some((id) => [cells[1], cells[2]].includes(id)));
  await anna.press('z');
  await anna.toast('Undid deleting 2 cells.').waitFor();
  await anna.selects([cells[1], cells[2]]);

  await anna.press('Escape');
  await anna.selects([cells[2]]);
  await anna.press('Control+a');
  await anna.selects(await anna.order());
  await anna.cell(cells[4]).point();
  await anna.selects([cells[4]]);
  await anna.cell(cells[6]).editor.click({ modifiers: ['Shift'] });
  const between = (order, first, last) => order.slice(order.indexOf(first), order.indexOf(last) + 1);
  const block = between(await anna.order(), cells[4], cells[6]);
  await anna.selects(block);
  await anna.cell(cells[0]).point(['Control']);
  await anna.selects([cells[0], ...block]);
  await anna.cell(cells[5]).box.locator('.rail').click({ position: { x: 30, y: 3 } });
  await anna.selects([cells[5]]);
  await anna.press('Shift+End');
  await anna.selects(between(await anna.order(), cells[5], (await anna.order()).at(-1)));
  await anna.press('Shift+Home');
  await anna.selects(between(await anna.order(), (await anna.order())[0], cells[5]));
});

test('ln_12_cells_are_selected_and_dragged_with_the_pointer', async (t) => {
  const { notebook, anna, bela } = await pair(t, 'Pointer', codes(8));
  const cells = notebook.cells;
  const { mouse } = anna.page;
  const middle = async (id, x) => {
    const { y, height } = await anna.cell(id).box.boundingBox();
    return [x, y + height / 2];
  };
  const rail = (await anna.cell(cells[0]).box.boundingBox()).x + 30;

  // Drawn over rails.
  await mouse.move(...(await middle(cells[2], rail)));
  await mouse.down();
  await mouse.move(...(await middle(cells[4], rail)), { steps: 4 });
  await anna.selects(cells.slice(2, 5));
  await mouse.move(...(await middle(cells[3], rail)), { steps: 2 });
  await mouse.up();
  await anna.selects(cells.slice(2, 4));
  await mouse.move(...(await middle(cells[7], rail)));
  await anna.selects(cells.slice(2, 4));

  // Out of the text of a cell: its words are no longer selected, cells are.
  await mouse.move(...(await middle(cells[5], rail + 80)));
  await mouse.down();
  await mouse.move(...(await middle(cells[5], rail + 120)), { steps: 2 });
  await mouse.move(...(await middle(cells[7], rail + 120)), { steps: 4 });
  await anna.selects(cells.slice(5, 8));
  await mouse.up();
  assert.equal(await anna.page.evaluate(() => getSelection().toString()), '');
  assert.equal(await anna.page.evaluate(() => document.activeElement.dataset.cell), cells[7]);

  // All that are selected go by the grip of one; a drag that is given up moves nothing.
  await anna.cell(cells[1]).point();
  await anna.press('Shift+ArrowDown');
  await anna.cell(cells[1]).box.hover();
  const grip = anna.cell(cells[1]).box.locator('.grip');
  const line = anna.page.locator('.drop');
  const drag = async () => {
    await grip.hover();
    await mouse.down();
    await mouse.move(...(await middle(cells[5], rail + 200)), { steps: 5 });
    const { y, height } = await anna.cell(cells[5]).box.boundingBox();
    await mouse.move(rail + 200, y + height - 2, { steps: 2 });
    await line.waitFor();
  };
  await drag();
  await anna.press('Escape');
  await line.waitFor({ state: 'detached' });
  await mouse.up();
  await anna.sees(cells);
  await drag();
  await mouse.up();
  const moved = [cells[0], cells[3], cells[4], cells[5], cells[1], cells[2], cells[6], cells[7]];
  await anna.sees(moved);
  await bela.sees(moved);
  await line.waitFor({ state: 'detached' });
  await anna.press('Control+z');
  await anna.toast('Undid moving 2 cells.').waitFor();
  await bela.sees(cells);

  // Near the edge the page comes along, and stays where it is when the drag is over.
  await anna.page.setViewportSize({ width: 1280, height: 300 });
  await grip.hover();
  await mouse.down();
  await mouse.move(rail + 200, 200, { steps: 3 });
  await mouse.move(rail + 200, 290, { steps: 3 });
  const scrolled = () => anna.page.evaluate(() => window.scrollY);
  await eventually(async () => (await scrolled()) > 100, 'the page scrolls');
  await anna.press('Escape');
  await mouse.up();
  await bela.sees(cells);
});

test('ln_10_cells_dragged_in_from_another_window_are_copies', async (t) => {
  const { notebook, anna, bela } = await pair(t, 'Windows', codes(2));
  const from = await server.write('Other', [['note', 'dragged']]);
  // What the other window gives to the browser when its grip is pulled.
  await bela.open(from.id);
  await bela.until('saved');
  const carried = await bela.cell(from.cells[0]).box.locator('.grip').evaluate((grip) => {
    const transfer = new DataTransfer();
    grip.dispatchEvent(new DragEvent('dragstart', { bubbles: true, dataTransfer: transfer }));
    return [...transfer.types].map((type) => [type, transfer.getData(type)]);
  });
  await anna.cell(notebook.cells[1]).editor.evaluate((editor, data) => {
    const transfer = new DataTransfer();
    data.forEach(([type, content]) => transfer.setData(type, content));
    const { top } = editor.getBoundingClientRect();
    for (const kind of ['dragover', 'drop']) editor.dispatchEvent(new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: transfer, clientY: top + 2 }));
  }, carried);
  await stored(notebook.id, ['value_0 = 0', 'dragged', 'value_1 = 1']);
  assert.deepEqual(await texts(from.id), ['dragged']);
  await anna.cell(notebook.cells[1]).shows('value_1 = 1');
});

test('ln_14_all_outputs_are_folded_and_shown_for_everybody', async (t) => {
  const { notebook, anna, bela } = await pair(t, 'Outputs', [['code', 'x']]);
  const output = (text) => ({ cell_type: 'code', source: text, metadata: {}, execution_count: 1, outputs: [{ output_type: 'stream', name: 'stdout', text: `out ${text}` }] });
  await copyElsewhere(anna, JSON.stringify([output('a'), output('b')]));
  await anna.cell(notebook.cells[0]).point();
  await anna.press('Control+v');
  await bela.page.getByText('out b', { exact: true }).waitFor();
  await anna.press('Shift+o');
  await eventually(async () => (await bela.page.getByRole('button', { name: 'Output hidden' }).count()) === 2, 'both are folded');
  await anna.toast('All outputs are folded, for everybody.').waitFor();
  await bela.page.getByRole('button', { name: 'Output hidden' }).first().click();
  await anna.page.getByText('out a', { exact: true }).waitFor();
  await anna.press('Shift+o');
  await anna.press('Shift+o');
  await bela.page.getByText('out b', { exact: true }).waitFor();
});

test('ln_10_cells_are_copied_between_notebooks_tabs_and_programs', async (t) => {
  const anna = await join(t, 'Anna');
  const from = await server.write('From', [['code', 'first'], ['note', '# Second'], ['prompt', 'Third?']]);
  const to = await server.write('To', [['code', 'there'], ['code', 'end']]);
  await Person.together([anna], from.id);

  // By keys, and from one notebook into another without leaving the page.
  await anna.cell(from.cells[0]).point();
  await anna.press('Shift+End');
  await anna.press('c');
  await anna.toast('3 cells copied.').waitFor();
  await anna.page.getByRole('link', { name: 'All notebooks' }).click();
  await anna.page.getByRole('link', { name: /^To\b/ }).first().click();
  await anna.until('saved');
  await anna.cell(to.cells[0]).point();
  await anna.press('v');
  await stored(to.id, ['there', 'first', '# Second', 'Third?', 'end']);
  assert.deepEqual(await kinds(to.id), ['code', 'code', 'note', 'prompt', 'code']);
  const made = (await anna.order()).slice(1, 4);
  await anna.selects(made);
  assert.ok(!made.some((id) => from.cells.includes(id)), 'copies have ids of their own');
  await anna.press('z');
  await anna.toast('Undid pasting 3 cells.').waitFor();
  await stored(to.id, ['there', 'end']);
  await anna.press('Shift+v');
  await stored(to.id, ['there', 'first', '# Second', 'Third?', 'end']);

  // A tab opened only now, by the browser's own commands; other programs get the texts.
  await anna.press('Control+c');
  await anna.newTab();
  await anna.open(from.id);
  await anna.until('saved');
  await anna.cell(from.cells[2]).point();
  await anna.press('Control+v');
  await stored(from.id, ['first', '# Second', 'Third?', 'first', '# Second', 'Third?']);
  await anna.context.grantPermissions(['clipboard-read']);
  assert.equal(await anna.page.evaluate(() => navigator.clipboard.readText()), 'first\n\n# Second\n\nThird?');

  // From other programs: a text is a code cell, a notebook is its cells, a broken one is refused with the place.
  await copyElsewhere(anna, 'import math\r\nmath.pi');
  await anna.press('Control+v');
  await eventually(async () => (await texts(from.id)).at(-1) === 'import math\nmath.pi', 'the text is a cell');
  await copyElsewhere(anna, JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells: [{ cell_type: 'markdown', source: ['from ', 'elsewhere'], metadata: {} }] }));
  await anna.press('Control+v');
  await eventually(async () => (await texts(from.id)).at(-1) === 'from elsewhere', 'the notebook is its cells');
  const before = await texts(from.id);
  await copyElsewhere(anna, JSON.stringify({ nbformat: 4, cells: [{ cell_type: 'code', source: 'x', metadata: {} }, { cell_type: 'code', metadata: {} }] }));
  await anna.press('Control+v');
  await anna.toast('The source of cell 2 of what you paste is missing').waitFor();
  assert.deepEqual(await texts(from.id), before);

  // Where one types, the clipboard is the browser's.
  await copyElsewhere(anna, 'plain');
  await anna.cell(from.cells[0]).caretAtEnd();
  await anna.press('Control+v');
  await anna.cell(from.cells[0]).shows('firstplain');
});

test('ln_53_cells_cut_and_pasted_are_the_same_with_what_others_typed_meanwhile', async (t) => {
  const { notebook, anna, bela, people } = await pair(t, 'Cut', codes(5));
  const cells = notebook.cells;
  await bela.cell(cells[1]).caretAtEnd();
  await anna.cell(cells[1]).point();
  await anna.press('Shift+ArrowDown');
  await anna.press('x');
  await anna.sees([cells[0], cells[3], cells[4]]);
  const banner = bela.cell(cells[1]).box.getByRole('alert');
  await banner.waitFor();
  await bela.type(' # Bela');
  await bela.until('saved');

  await anna.cell(cells[4]).point();
  await anna.press('v');
  const order = [cells[0], cells[3], cells[4], cells[1], cells[2]];
  await Promise.all(people.map((person) => person.sees(order)));
  await banner.waitFor({ state: 'detached' });
  await agreed(people, cells[1], (text) => text === 'value_1 = 1 # Bela');
  assert.ok((await bela.cell(cells[1]).read()).focused, 'Bela types on in it');
  // A second time they are copies.
  await anna.press('v');
  await eventually(async () => (await anna.order()).length === 7, 'pasted again');
  assert.deepEqual((await anna.order()).slice(0, 5), order);
  await anna.press('z');
  await anna.press('z');
  await anna.press('z');
  await Promise.all(people.map((person) => person.sees(cells)));
  await agreed(people, cells[1], (text) => text === 'value_1 = 1 # Bela');
});

test('ln_17_ln_51_deeds_on_many_cells_move_nobody_who_reads_or_types', async (t) => {
  const { notebook, anna, bela } = await pair(t, 'Steady', [['note', '# Part'], ...codes(31)]);
  const cells = notebook.cells;
  const steady = await settle(bela, cells[22], 4);
  const deed = async (name, act, holds) => {
    await act();
    await eventually(holds, `Bela sees: ${name}`);
    await steady(name);
  };
  const seen = async () => (await bela.order()).length;
  const select = async (first, last) => {
    await anna.cell(first).point();
    await anna.cell(last).point(['Shift']);
  };

  for (const [first, last] of [[1, 3], [26, 28]]) {
    await deed(`three cells copied and pasted at ${first}`, async () => {
      await select(cells[first], cells[last]);
      await anna.press('c');
      await anna.press('v');
    }, async () => (await seen()) === 35);
    await deed('the pasted cells made notes', () => anna.press('m'), async () => (await bela.page.locator('article[data-kind=note]').count()) === 4);
    await deed('the pasted cells made one', () => anna.press('Shift+m'), async () => (await seen()) === 33);
    await deed('the merged cell deleted', async () => {
      await anna.press('d');
      await anna.press('d');
    }, async () => (await seen()) === 32);
    await deed(`three cells cut at ${first}`, async () => {
      await select(cells[first], cells[last]);
      await anna.press('x');
    }, async () => (await seen()) === 29);
    await deed('the cut cells pasted at the end', async () => {
      await anna.press('End');
      await anna.press('v');
    }, async () => (await seen()) === 32 && (await bela.order()).at(-1) === cells[last]);
    await deed('the block taken back', async () => {
      await anna.press('z');
      await anna.press('z');
    }, async () => String(await bela.order()) === String(cells));
    await deed(`the block moved down at ${first}`, async () => {
      await select(cells[first], cells[last]);
      await anna.press('Alt+ArrowDown');
    }, async () => (await bela.order()).indexOf(cells[first]) === first + 1);
    await deed('the block moved up again', () => anna.press('Alt+ArrowUp'), async () => String(await bela.order()) === String(cells));
  }
  await deed('a whole section folded by Anna, for herself', async () => {
    await anna.cell(cells[0]).point();
    await anna.press('ArrowLeft');
    await eventually(async () => (await anna.unfolded()).length === 1, 'folded');
  }, async () => (await bela.unfolded()).length === 32);
});

test('ln_51_cells_are_split_and_merged_under_the_hands_of_another_who_is_told', async (t) => {
  const { notebook, anna, bela, people } = await pair(t, 'Merge', [['code', 'one\ntwo\nthree'], ['code', 'four'], ['code', 'five']]);
  const [first, second, third] = notebook.cells;

  await anna.cell(first).caretAt(3);
  await anna.press('Control+Shift+-');
  await eventually(async () => (await anna.order()).length === 4, 'split');
  const made = (await anna.order())[1];
  await bela.cell(made).shows('two\nthree');
  await eventually(async () => (await anna.cell(made).read()).focused, 'Anna goes on in the second part');
  assert.equal((await anna.cell(made).read()).head, 0);

  // Bela types in a cell that Anna merges away.
  await bela.cell(second).caretAtEnd();
  await anna.cell(first).point();
  await anna.press('Shift+End');
  await anna.press('Shift+k');
  await anna.selects([first, made, second]);
  await anna.press('Shift+m');
  const joined = 'one\ntwo\nthree\nfour';
  await agreed(people, first, (text) => text === joined);
  const banner = bela.cell(second).box.getByRole('alert');
  await banner.waitFor();
  assert.match(await banner.innerText(), /^Anna merged this cell into another\. Your text is kept\./);
  await bela.type(' and Bela');
  await bela.cell(second).shows('four and Bela');
  await bela.until('saved');
  await anna.sees([first, third]);
  await anna.press('Shift+x');
  const entry = anna.page.getByRole('complementary', { name: 'Bin' }).getByRole('listitem').filter({ hasText: 'four and Bela' });
  await entry.waitFor();
  assert.match(await entry.innerText(), /Anna, .*merged into another/);
  await anna.press('Escape');

  // What Bela writes into the whole stays there when Anna takes the merge back.
  await bela.cell(first).caretAt(0);
  await bela.type('zero\n');
  await agreed(people, first, (text) => text === `zero\n${joined}`);
  await anna.press('z');
  await anna.toast('Undid merging 3 cells.').waitFor();
  await Promise.all(people.map((person) => person.sees([first, made, second, third])));
  await agreed(people, first, (text) => text === 'zero\none');
  await agreed(people, second, (text) => text === 'four and Bela');
  await anna.press('z');
  await Promise.all(people.map((person) => person.sees([first, second, third])));
  await agreed(people, first, (text) => text === 'zero\none\ntwo\nthree');
});

test('ln_63_undo_of_a_deed_on_many_cells_leaves_what_another_did_to_them_since', async (t) => {
  const { notebook, anna, bela, people } = await pair(t, 'Undo', codes(6));
  const cells = notebook.cells;
  await anna.cell(cells[0]).point();
  await anna.press('Shift+ArrowDown');
  await anna.press('Shift+ArrowDown');
  await anna.press('m');
  await eventually(async () => (await bela.page.locator('article[data-kind=note]').count()) === 3, 'Bela sees three notes');
  await bela.cell(cells[1]).become('Raw');
  await bela.cell(cells[2]).caretAtEnd();
  await bela.type(' by Bela');
  await eventually(async () => (await anna.cell(cells[1]).box.getAttribute('data-kind')) === 'raw', 'Anna sees Bela’s kind');
  await anna.cell(cells[2]).box.getByText('by Bela').waitFor();

  await anna.press('z');
  await anna.toast('Undid changing the kind of 2 cells.').waitFor();
  await eventually(async () => (await bela.cell(cells[0]).box.getAttribute('data-kind')) === 'code', 'taken back at Bela’s');
  const kept = await Promise.all(cells.slice(0, 3).map((id) => bela.cell(id).box.getAttribute('data-kind')));
  assert.deepEqual(kept, ['code', 'raw', 'code']);
  await agreed(people, cells[2], (text) => text === 'value_2 = 2 by Bela');
  await anna.press('Shift+z');
  await anna.toast('Redid changing the kind of 2 cells.').waitFor();
  // Of Bela's there is nothing to undo for Anna.
  await anna.press('z');
  await anna.press('z');
  await anna.toast('Nothing of yours to undo.').waitFor();
  assert.match(await bela.cell(cells[2]).text(), /by Bela$/);
});

test('ln_14_a_folded_section_is_ones_own_goes_where_its_heading_goes_and_opens_for_whoever_goes_there', async (t) => {
  const { notebook, anna, bela, people } = await pair(t, 'Sections', [['note', '# One'], ['code', 'in one'], ['note', '## Deeper'], ['code', 'in deeper'], ['note', '# Two'], ['code', 'in two']]);
  const [one, inOne, deeper, inDeeper, two, inTwo] = notebook.cells;
  await anna.cell(one).point();
  await anna.press('ArrowLeft');
  await eventually(async () => String(await anna.unfolded()) === String([one, two, inTwo]), 'folded');
  const stub = (text) => anna.cell(one).box.getByRole('button', { name: text });
  await stub('3 cells hidden').waitFor();
  assert.deepEqual(await bela.unfolded(), notebook.cells);

  // What Bela adds in it does not pop up, but counts.
  await bela.cell(inDeeper).slot.getByRole('button', { name: 'Add code here' }).click();
  await stub('4 cells hidden').waitFor();
  const added = (await bela.order())[3];
  await bela.press('Escape');
  assert.deepEqual(await anna.unfolded(), [one, two, inTwo]);
  await anna.press('ArrowDown');
  await anna.selects([two]);

  // It is kept, it moves and goes with its heading, and comes back with it.
  await anna.page.reload();
  await anna.until('saved');
  await eventually(async () => String(await anna.unfolded()) === String([one, two, inTwo]), 'folded after a reload');
  await anna.cell(one).point();
  await anna.press('Alt+ArrowDown');
  await Promise.all(people.map((person) => person.sees([two, one, inOne, deeper, added, inDeeper, inTwo])));
  await anna.press('Alt+ArrowDown');
  const order = [two, inTwo, one, inOne, deeper, added, inDeeper];
  await Promise.all(people.map((person) => person.sees(order)));
  await anna.press('d');
  await anna.press('d');
  await Promise.all(people.map((person) => person.sees([two, inTwo])));
  await anna.toast('5 cells are in the bin.').getByRole('button', { name: 'Undo' }).click();
  await Promise.all(people.map((person) => person.sees(order)));

  // From the heading to the next and to the one above, opening on the way what is closed.
  await anna.cell(one).box.getByRole('button', { name: /section/ }).click();
  await anna.cell(inDeeper).point();
  await anna.press('ArrowLeft');
  await anna.selects([deeper]);
  await anna.press('ArrowLeft');
  await eventually(async () => !(await anna.unfolded()).includes(inDeeper), 'the inner section is folded');
  await anna.press('ArrowLeft');
  await anna.selects([one]);
  await anna.press('ArrowLeft');
  await eventually(async () => (await anna.unfolded()).length === 3, 'both are folded');
  // Bela is in there; to go to him opens what hides him.
  await bela.cell(inDeeper).caretAtEnd();
  await anna.page.getByRole('button', { name: /Go to Bela/ }).click();
  await eventually(async () => String(await anna.unfolded()) === String(order), 'all is open');
});

test('ln_11_the_bin_is_searched_and_emptied_by_keyboard', async (t) => {
  const { notebook, anna } = await pair(t, 'Bin', [['code', 'stays'], ['code', 'import numpy'], ['note', 'about whales'], ['prompt', 'How deep is the sea?']]);
  const [stays, numpy, whales, sea] = notebook.cells;
  await anna.cell(numpy).point();
  await anna.press('Shift+ArrowDown');
  await anna.press('d');
  await anna.press('d');
  await anna.sees([stays, sea]);
  await anna.press('d');
  await anna.press('d');
  await anna.sees([stays]);

  await anna.press('Shift+x');
  const bin = anna.page.getByRole('complementary', { name: 'Bin' });
  const search = bin.getByRole('searchbox');
  await search.waitFor();
  assert.ok(await search.evaluate((field) => document.activeElement === field), 'one begins in the search');
  await anna.type('WHALE');
  await eventually(async () => (await bin.getByRole('listitem').count()) === 1, 'found');
  assert.deepEqual(await bin.locator('mark').allInnerTexts(), ['whale']);
  assert.match(await bin.getByRole('listitem').innerText(), /Note\s+Anna, just now[^]*after cell 1, “stays”/);
  await search.fill('nothing like it');
  await bin.getByText('Nothing in the bin contains “nothing like it”.').waitFor();
  await search.fill('');

  // The focus stays in the bin and goes on to what is next; letters there are no commands.
  await anna.press('ArrowDown');
  await anna.press('Enter');
  await anna.sees([stays, sea]);
  await eventually(async () => bin.evaluate((panel) => panel.contains(document.activeElement) && document.activeElement.matches('li button')), 'the focus is on the next');
  await anna.press('d');
  await anna.press('d');
  assert.equal((await anna.order()).length, 2);
  await bin.getByRole('button', { name: 'Restore these 2' }).click();
  await anna.sees(notebook.cells);
  await bin.getByText('Deleted cells wait here').waitFor();
  await anna.press('Escape');
  await bin.waitFor({ state: 'detached' });
});

test('every command of a cell is in its menu, and its tools are one stop on the way through the page', async (t) => {
  const { notebook, anna } = await pair(t, 'Menu', codes(3));
  const cell = anna.cell(notebook.cells[1]);
  const focused = () => anna.page.evaluate(() => document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent.trim());
  await cell.point();
  await anna.press('Tab');
  assert.equal(await focused(), 'Run cell 2');
  for (const tool of ['Kind of cell 2', 'Move cell 2 up', 'Move cell 2 down', 'Fold cell 2', 'Delete cell 2', 'All commands for cell 2', 'Run cell 2']) {
    await anna.press('ArrowRight');
    assert.equal(await focused(), tool);
  }
  await anna.press('Tab');
  assert.equal(await focused(), 'Code of cell 2');
  assert.equal(await cell.box.locator('.tools [tabindex="0"]').count(), 1);

  await cell.point();
  await anna.press('Shift+F10');
  const menu = anna.page.getByRole('menu', { name: 'All commands for cell 2' });
  await menu.waitFor();
  await eventually(async () => /^Run/.test(await focused()), async () => `the first command has the focus: ${await focused()}`);
  await anna.press('End');
  assert.match(await focused(), /^Put cells into the bin/);
  await anna.press('Escape');
  await cell.box.locator('.rail').click({ button: 'right', position: { x: 30, y: 3 } });
  await menu.getByRole('menuitem', { name: /^Duplicate/ }).click();
  await eventually(async () => (await anna.order()).length === 4, 'duplicated');
  await eventually(async () => (await texts(notebook.id)).filter((text) => text === 'value_1 = 1').length === 2, 'with its text');
});

test('the keys of Jupyter do what they do there', async (t) => {
  const { notebook, anna } = await pair(t, 'Keys', [['code', 'one'], ['note', 'two'], ['code', 'three']]);
  const [one, two, three] = notebook.cells;
  const shown = (id) => anna.cell(id).box.getAttribute('data-kind');

  await anna.cell(one).caretAtEnd();
  await anna.press('Control+s');
  await anna.toast('Everything is saved already').waitFor();
  await anna.press('Alt+Enter');
  await eventually(async () => (await anna.order()).length === 4, 'a new cell below');
  const made = (await anna.order())[1];
  await eventually(async () => (await anna.cell(made).read()).focused, 'to be written in');
  await anna.type('new');
  // Back into the whole that was split, still writing.
  await anna.press('ArrowLeft');
  await anna.press('Control+Shift+-');
  await eventually(async () => (await anna.order()).length === 5, 'split');
  await anna.press('Control+z');
  await anna.cell(made).shows('new');
  await eventually(async () => (await anna.cell(made).read()).focused, 'Anna writes on in the whole');
  await anna.press('Escape');

  await anna.press('3');
  await eventually(async () => (await anna.cell(made).box.locator('.markdown h3').innerText()) === 'new', 'a heading, shown as one');
  await anna.press('y');
  await eventually(async () => (await shown(made)) === 'code', 'code');
  await anna.cell(made).shows('### new');
  await anna.press('ArrowDown');
  await anna.selects([two]);
  await anna.press('Enter');
  await eventually(async () => (await anna.cell(two).read()).focused, 'editing');
  await anna.press('Control+Enter');
  await anna.cell(two).box.locator('.markdown').waitFor();
  await anna.selects([two]);
  await anna.press('Control+Backspace');
  await eventually(async () => (await anna.order()).length === 3, 'merged with the cell above');
  await anna.cell(made).shows('### new\ntwo');
  await anna.press('Shift+d');
  await eventually(async () => (await anna.order()).length === 4, 'duplicated');
  await anna.press('Shift+l');
  await anna.cell(three).box.locator('.cm-lineNumbers').waitFor();
  await anna.press('l');
  await anna.cell(three).box.locator('.cm-lineNumbers').waitFor({ state: 'detached' });
});

test('ln_10_on_a_phone_a_plus_beside_the_tapped_cell_adds_one_and_the_bin_is_as_wide_as_the_screen', async (t) => {
  const notebook = await server.write('Phone', [['note', '# Part'], ['code', 'first'], ['code', 'second']]);
  const anna = await join(t, 'Anna', { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  await Person.together([anna], notebook.id);
  await anna.cell(notebook.cells[1]).box.locator('.rail').tap({ position: { x: 10, y: 20 } });
  const plus = anna.page.getByRole('button', { name: 'Add a cell here' });
  await eventually(async () => (await plus.count()) === 2, 'a plus above and one below');
  const { width, height } = await plus.last().boundingBox();
  assert.ok(width >= 44 && height >= 44, `a finger hits it: ${width} × ${height}`);
  await plus.last().tap();
  await anna.cell(notebook.cells[2]).slot.getByRole('button', { name: 'Add note here' }).tap();
  await eventually(async () => (await anna.order()).length === 4, 'added');
  assert.equal((await anna.order()).indexOf(notebook.cells[2]), 3);

  await anna.page.getByRole('button', { name: 'Bin', exact: true }).tap();
  const bin = await anna.page.getByRole('complementary', { name: 'Bin' }).boundingBox();
  assert.deepEqual([bin.x, bin.width], [0, 390]);
});
