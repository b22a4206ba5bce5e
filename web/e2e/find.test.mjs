// Find and replace across the notebook, alone and while others type.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { eventually } from './kit/eventually.mjs';
import { agreed, Person } from './kit/people.mjs';
import { stage } from './kit/stage.mjs';

const { server, join, pair } = await stage();

const bar = (person) => person.page.getByRole('search', { name: 'Find and replace' });
const field = (person) => bar(person).getByRole('textbox', { name: 'Find', exact: true });
const replacement = (person) => bar(person).getByRole('textbox', { name: 'Replace with' });
const press = (person, name) => bar(person).getByRole('button', { name, exact: true }).click();
const count = async (person) => (await bar(person).locator('.count').innerText()).split(',')[0].trim();

function counts(person, wanted) {
  return eventually(async () => (await count(person)) === wanted, async () => `${person.name} reads “${wanted}”; reads “${await count(person)}”`);
}

/** What is marked in the editor of a cell, and which of it as the current one. */
const marked = (cell) => cell.editor.locator('.find-match').allInnerTexts();
const current = (cell) => cell.editor.locator('.find-current').allInnerTexts();

/** What the page highlights in text that is no editor's. */
function highlighted(person, name) {
  return person.page.evaluate((key) => [...(CSS.highlights.get(key) ?? [])].map((range) => range.toString()), name);
}

async function alone(t, title, cells) {
  const notebook = await server.write(title, cells);
  const anna = await join(t, 'Anna');
  await Person.together([anna], notebook.id);
  return { notebook, anna, cells: notebook.cells.map((id) => anna.cell(id)) };
}

async function findFor(person, pattern) {
  await person.press('Control+f');
  await field(person).waitFor();
  await field(person).fill(pattern);
}

test('p6_matches_are_counted_marked_and_gone_through_and_escape_leads_back', async (t) => {
  const filler = Array.from({ length: 25 }, (_, index) => ['code', `filler_${index} = ${index}`]);
  const { anna, cells } = await alone(t, 'Going', [['code', 'needle = 1\nprint(needle)'], ...filler, ['note', 'A **needle** in a [link](https://needle.example)'], ['code', 'last needle']]);
  const [first] = cells;
  const note = cells.at(-2);
  const last = cells.at(-1);
  await first.caretAt(13);
  const before = await first.read();
  const scrolled = await anna.page.evaluate(() => window.scrollY);
  await findFor(anna, 'needle');
  // From the caret on, around the end.
  await counts(anna, '2 of 5');
  assert.deepEqual(await marked(first), ['needle', 'needle']);
  assert.deepEqual(await current(first), ['needle']);

  await anna.press('Enter');
  await counts(anna, '3 of 5');
  await eventually(async () => (await highlighted(anna, 'find-current')).join() === 'needle', 'the rendered note shows the current match');
  await eventually(() => note.box.evaluate((box) => box.getBoundingClientRect().top > 50 && box.getBoundingClientRect().bottom < innerHeight), 'the note is in sight');
  await anna.press('Enter');
  await anna.press('Enter');
  await counts(anna, '5 of 5');
  await eventually(async () => (await current(last)).join() === 'needle', 'the last one is current');
  assert.deepEqual(await highlighted(anna, 'find-current'), []);
  await anna.press('Shift+Enter');
  await anna.press('F3');
  await counts(anna, '5 of 5');
  await anna.press('Control+g');
  await counts(anna, '1 of 5');
  await anna.press('Control+Shift+g');
  await counts(anna, '5 of 5');

  await anna.press('Escape');
  await bar(anna).waitFor({ state: 'detached' });
  await eventually(async () => (await anna.page.evaluate(() => window.scrollY)) === scrolled, 'Anna is where she was');
  const now = await first.read();
  assert.deepEqual([now.focused, now.head, now.text], [true, before.head, before.text]);
  assert.equal(await anna.page.locator('.find-match').count(), 0);
  assert.deepEqual(await highlighted(anna, 'find-match'), []);
});

test('p6_a_second_press_is_left_to_the_browser', async (t) => {
  const { anna, cells } = await alone(t, 'Second', [['code', 'text']]);
  await cells[0].caretAt(1);
  /** Whether each press of the key was taken from the browser, once all have heard of it. */
  const taken = () => anna.page.evaluate(() => window.finds.map((event) => event.defaultPrevented));
  await anna.page.evaluate(() => {
    window.finds = [];
    window.addEventListener('keydown', (event) => event.key === 'f' && window.finds.push(event), { capture: true });
  });
  await anna.press('Control+f');
  await field(anna).waitFor();
  await eventually(() => field(anna).evaluate((input) => document.activeElement === input), 'the field has the focus');
  await anna.press('Control+f');
  assert.deepEqual(await taken(), [true, false]);
});

test('p6_case_whole_words_expressions_and_places_limit_what_is_found', async (t) => {
  const { anna } = await alone(t, 'Options', [['code', 'set Setting = reset(set)'], ['note', 'Set the settings'], ['prompt', 'set?']]);
  await findFor(anna, 'set');
  await counts(anna, '1 of 7');
  await press(anna, 'Upper and lower case count');
  await counts(anna, '1 of 5');
  await press(anna, 'Whole words');
  await counts(anna, '1 of 3');
  await bar(anna).getByRole('combobox', { name: 'Where' }).selectOption('Code only');
  await counts(anna, '1 of 2');
  await bar(anna).getByRole('combobox', { name: 'Where' }).selectOption('Everywhere');
  await press(anna, 'Regular expression');
  await field(anna).fill('s(e|E)t\\b(');
  await bar(anna).getByRole('alert').getByText('A ( is not closed.').waitFor();
  await field(anna).fill('[st]e[st]');
  await counts(anna, '1 of 3');
  await press(anna, 'Whole words');
  await counts(anna, '1 of 5');
});

test('p6_an_expression_that_never_ends_does_not_stop_the_page', async (t) => {
  const { anna, cells } = await alone(t, 'Patience', [['code', `${'a'.repeat(60)}!`]]);
  await anna.press('Control+f');
  await press(anna, 'Regular expression');
  await field(anna).fill('^(a+)+$');
  // While it runs the page answers.
  await cells[0].caretAt(0);
  await anna.type('quick ');
  await cells[0].shows(`quick ${'a'.repeat(60)}!`);
  await bar(anna).getByRole('alert').getByText('This expression takes too long.').waitFor();
  await field(anna).fill('a!');
  await counts(anna, '1 of 1');
});

test('p6_counts_and_marks_follow_while_another_types_and_nothing_jumps', async (t) => {
  const filler = Array.from({ length: 20 }, (_, index) => ['code', `other_${index} = ${index}`]);
  const { notebook, anna, bela } = await pair(t, 'Live', [['code', 'one word'], ...filler, ['code', 'second word\nthird word']]);
  const [top] = notebook.cells;
  const low = notebook.cells.at(-1);
  await anna.cell(low).caretAt(0);
  await findFor(anna, 'word');
  await counts(anna, '2 of 3');
  await anna.press('Enter');
  await counts(anna, '3 of 3');
  const scrolled = await anna.page.evaluate(() => window.scrollY);

  await bela.cell(top).caretAtEnd();
  await bela.type(' word');
  await counts(anna, '4 of 4');
  await bela.cell(low).caretAt(0);
  await bela.type('a new word, ');
  await counts(anna, '5 of 5');
  assert.deepEqual(await current(anna.cell(low)), ['word']);
  assert.equal((await marked(anna.cell(low))).length, 3);
  assert.ok(Math.abs((await anna.page.evaluate(() => window.scrollY)) - scrolled) <= 2, 'Anna was not scrolled');
  assert.ok(await field(anna).evaluate((input) => document.activeElement === input), 'the field kept the focus');

  // The match Anna is at is typed over: she stays, and goes on from there.
  await bela.cell(low).caretAtEnd();
  for (let step = 0; step < 4; step += 1) await bela.press('Backspace');
  await counts(anna, '4 matches');
  await anna.press('Shift+Enter');
  await counts(anna, '4 of 4');
  await bela.cell(top).use('Delete cell 1');
  await counts(anna, '2 of 2');
});

test('p6_replacing_merges_with_what_another_types_in_the_same_cell_and_is_taken_back_at_once', async (t) => {
  const { notebook, anna, bela, people } = await pair(t, 'Replace', [['code', 'color = color_of(Color)'], ['note', 'the color'], ['code', 'none']]);
  const [code, note] = notebook.cells;
  await anna.press('Control+h');
  await field(anna).fill('color');
  // Both without the network, so that neither knows of the other's change.
  await Promise.all(people.map((person) => person.context.setOffline(true)));
  await Promise.all(people.map((person) => person.until('offline')));
  await bela.cell(code).caretAt(3);
  await bela.type('XY');
  await bela.cell(code).caretAtEnd();
  await bela.type(' # done');
  await replacement(anna).fill('colour');
  await press(anna, 'Keep the case of what is replaced');
  await press(anna, 'Replace all');
  await anna.toast('Replaced 4 in 2 cells.').waitFor();
  await anna.cell(code).shows('colour = colour_of(Colour)');
  await Promise.all(people.map((person) => person.context.setOffline(false)));
  await Promise.all(people.map((person) => person.until('saved')));
  // Bela's signs stand in the middle of a word that was replaced.
  await agreed(people, code, (text) => text === 'colXYour = colour_of(Colour) # done');
  assert.equal(await server.source(notebook.id, note), 'the colour');
  await counts(anna, 'Nothing found');

  await anna.press('Escape');
  await anna.press('Control+z');
  await agreed(people, code, (text) => text === 'colXYor = color_of(Color) # done');
  await eventually(async () => (await server.source(notebook.id, note)) === 'the color', 'the note is as it was');
});

test('p6_matches_are_replaced_one_by_one_with_groups_and_the_rest_stays', async (t) => {
  const { notebook, anna, cells } = await alone(t, 'One by one', [['code', 'f(a, b)\ng(c, d)\nf(e, f)']]);
  await cells[0].caretAt(0);
  await anna.press('Control+h');
  await press(anna, 'Regular expression');
  await field(anna).fill('f\\((\\w), (\\w)\\)');
  await replacement(anna).fill('h($2, $1)');
  await counts(anna, '1 of 2');
  await replacement(anna).press('Enter');
  await cells[0].shows('h(b, a)\ng(c, d)\nf(e, f)');
  await counts(anna, '1 of 1');
  await eventually(async () => (await current(cells[0])).join() === 'f(e, f)', 'it went on to the next');
  await press(anna, 'Next match');
  await press(anna, 'Replace');
  await cells[0].shows('h(b, a)\ng(c, d)\nh(f, e)');
  await eventually(async () => (await server.source(notebook.id, notebook.cells[0])) === 'h(b, a)\ng(c, d)\nh(f, e)', 'the server has it');
});

test('p6_what_is_selected_limits_the_search_and_stays_at_its_text', async (t) => {
  const { notebook, anna, bela } = await pair(t, 'Selection', [['code', 'x = 1\nx = 2\nx = 3'], ['code', 'x']]);
  const [id] = notebook.cells;
  await anna.cell(id).caretAt(6);
  await anna.press('Shift+ArrowDown');
  await anna.press('Control+h');
  await field(anna).fill('x');
  await counts(anna, '2 of 4');
  await bar(anna).getByRole('checkbox', { name: 'In the selection' }).check();
  await counts(anna, '1 of 1');
  await bela.cell(id).caretAt(0);
  await bela.type('x x ');
  await counts(anna, '1 of 1');
  await replacement(anna).fill('y');
  await press(anna, 'Replace all');
  await anna.cell(id).shows('x x x = 1\ny = 2\nx = 3');
});

test('p6_a_match_in_a_folded_cell_is_shown_here_and_stays_folded_for_others', async (t) => {
  const { notebook, anna, bela } = await pair(t, 'Folded', [['code', 'first'], ['code', 'line\nhidden treasure']]);
  const id = notebook.cells[1];
  await bela.cell(id).use('Fold cell 2');
  await anna.cell(id).editor.waitFor({ state: 'detached' });
  await anna.cell(notebook.cells[0]).box.focus();
  await findFor(anna, 'treasure');
  await counts(anna, '1 of 1');
  await eventually(async () => (await current(anna.cell(id))).join() === 'treasure', 'Anna sees the match');
  assert.equal(await bela.cell(id).editor.count(), 0);
  await anna.press('Control+Enter');
  await eventually(async () => {
    const { focused, anchor, head } = await anna.cell(id).read();
    return focused && anchor === 12 && head === 20;
  }, 'Anna edits at the match');
});

test('p6_outputs_are_searched_and_marked_too', async (t) => {
  const outputs = [
    { output_type: 'stream', name: 'stdout', text: 'a plain result\n' },
    { output_type: 'stream', name: 'stderr', text: '\u001b[31ma red re\u001b[0msult\n' },
    { output_type: 'display_data', data: { 'text/markdown': '*a* **result**' }, metadata: {} },
  ];
  const cell = { cell_type: 'code', id: 'ran', source: 'run()', metadata: {}, execution_count: 1, outputs };
  const file = { nbformat: 4, nbformat_minor: 5, metadata: {}, cells: [cell] };
  const notebook = await server.rest('POST', 'notebooks/import?title=Results', JSON.stringify(file));
  const anna = await join(t, 'Anna');
  await Person.together([anna], notebook.id);
  await findFor(anna, 'result');
  await counts(anna, '1 of 3');
  await eventually(async () => (await highlighted(anna, 'find-current')).join() === 'result', 'the first is current');
  await eventually(async () => (await highlighted(anna, 'find-match')).join() === 'result,result', 'the others are marked, across colours too');
  await anna.press('Control+h');
  assert.ok(await bar(anna).getByRole('button', { name: 'Replace', exact: true }).isDisabled());
  await bar(anna).getByRole('checkbox', { name: 'Outputs too' }).uncheck();
  await counts(anna, 'Nothing found');
});

/** A notebook as a course has it: 300 cells and 4 MB of outputs. */
const large = {
  nbformat: 4,
  nbformat_minor: 5,
  metadata: {},
  cells: Array.from({ length: 300 }, (_, index) => index % 3 === 0
    ? { cell_type: 'markdown', id: `n${index}`, metadata: {}, source: `## Part ${index}\n\nSome words about the number ${index}, and a value.` }
    : { cell_type: 'code', id: `c${index}`, metadata: {}, execution_count: 1, source: `value_${index} = compute(${index})\nprint(value_${index})`, outputs: [{ output_type: 'stream', name: 'stdout', text: `line of ${index} with numbers 0123456789\n`.repeat(560) }] }),
};

test('p6_a_search_through_300_cells_and_4_mb_of_outputs_leaves_the_page_its_frames', async (t) => {
  assert.ok(JSON.stringify(large).length > 4_000_000);
  const { id } = await server.rest('POST', 'notebooks/import?title=Large', JSON.stringify(large));
  const anna = await join(t, 'Anna');
  await Person.together([anna], id);
  await anna.press('Control+f');
  await field(anna).waitFor();
  await anna.page.evaluate(() => {
    window.longest = 0;
    let last = performance.now();
    const frame = (now) => {
      window.longest = Math.max(window.longest, now - last);
      last = now;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
  const begun = performance.now();
  await field(anna).fill('compute');
  await counts(anna, '1 of 200');
  t.diagnostic(`searched in ${Math.round(performance.now() - begun)} ms, the longest frame took ${Math.round(await anna.page.evaluate(() => window.longest))} ms`);
  await field(anna).fill('words about the number 297');
  await counts(anna, '1 of 1');
  await eventually(async () => (await highlighted(anna, 'find-current')).join() === 'words about the number 297', 'the last note is shown');
  t.diagnostic(`the longest frame took ${Math.round(await anna.page.evaluate(() => window.longest))} ms`);
});
