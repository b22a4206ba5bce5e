// Cells are added, deleted, moved, folded and changed by one while the other reads and types.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { eventually } from './kit/eventually.mjs';
import { agreed, Person } from './kit/people.mjs';
import { stage } from './kit/stage.mjs';
import { settle } from './kit/steady.mjs';

const { join, pair } = await stage();

const NUMBERS = Array.from({ length: 14 }, (_, index) => `value_${index} = ${index}\nprint(value_${index})`);
const LONG = NUMBERS.map((source) => ['code', source]);

test('ln_10_ln_11_ln_12_ln_14_ln_15_structure_changes_are_seen_at_once_and_move_nobody', async (t) => {
  const { notebook, anna, bela } = await pair(t, 'Structure', LONG);
  let order = [...notebook.cells];
  const steady = await settle(bela, order[7], 5);

  // Above, where Bela does not look, and below, where he does.
  for (const [place, number] of [['above', 1], ['below', 9]]) {
    const at = order[number];
    await anna.cell(at).slot.getByRole('button', { name: 'Add note here' }).click();
    await eventually(async () => (await anna.order()).length === order.length + 1, 'Anna sees her new cell');
    const made = (await anna.order()).find((id) => !order.includes(id));
    order.splice(number, 0, made);
    await bela.sees(order);
    await steady(`a cell added ${place}`);

    await anna.cell(made).editor.waitFor();
    await anna.type('A **new** note');
    await eventually(async () => (await bela.cell(made).box.locator('.markdown strong').innerText()) === 'new', 'Bela reads the note as it is typed');
    await steady(`a note written ${place}`);

    await anna.cell(made).use(`Move cell ${number + 1} down`);
    order.splice(number, 2, order[number + 1], made);
    await bela.sees(order);
    await steady(`a cell moved ${place}`);

    await anna.cell(made).become('Code');
    await eventually(async () => (await bela.cell(made).box.getAttribute('data-kind')) === 'code', 'Bela sees code');
    await bela.cell(made).shows('A **new** note');
    await steady(`a kind changed ${place}`);

    await anna.cell(made).use(`Fold cell ${number + 2}`);
    await bela.cell(made).box.getByRole('button', { name: 'A **new** note' }).waitFor();
    assert.equal(await bela.cell(made).editor.count(), 0);
    await steady(`a cell folded ${place}`);
    await anna.cell(made).use(`Show cell ${number + 2}`);
    await bela.cell(made).shows('A **new** note');
    await steady(`a cell unfolded ${place}`);

    await anna.cell(made).use(`Delete cell ${number + 2}`);
    order = order.filter((id) => id !== made);
    await bela.sees(order);
    await steady(`a cell deleted ${place}`);
  }
  // After the last.
  await anna.page.getByRole('button', { name: 'Add code at the end' }).click();
  await eventually(async () => (await anna.order()).length === order.length + 1, 'Anna sees her last cell');
  await bela.sees([...order, (await anna.order()).at(-1)]);
  await steady('a cell added at the end');
});

test('ln_17_ln_51_the_editor_one_types_in_is_never_replaced', async (t) => {
  const { notebook, anna, bela } = await pair(t, 'Editors', LONG.slice(0, 8));
  const id = notebook.cells[3];
  const mine = bela.cell(id);
  await mine.caretAt(0);
  await bela.type('mine ');
  await bela.press('Shift+ArrowLeft');
  await bela.press('Shift+ArrowLeft');
  const before = await mine.read();
  await mine.editor.evaluate((node) => (window.editorOfMine = node));
  const focusLosses = await bela.page.evaluateHandle(() => {
    const losses = [];
    window.editorOfMine.addEventListener('blur', () => losses.push(new Error().stack));
    return losses;
  });

  const untouched = async (deed) => {
    const kept = await mine.editor.evaluate((node) => window.editorOfMine === node && document.activeElement === node);
    assert.ok(kept, `the same editor has the focus after ${deed}`);
    const now = await mine.read();
    assert.deepEqual([now.anchor, now.head, now.text], [before.anchor, before.head, before.text], deed);
  };
  let order = await anna.order();
  const expect = async (deed) => {
    order = await anna.order();
    await bela.sees(order);
    await untouched(deed);
  };

  await anna.cell(order[0]).slot.getByRole('button', { name: 'Add code here' }).click();
  await eventually(async () => (await anna.order()).length === 9, 'added');
  await expect('a cell added above');
  await anna.cell(order[2]).use('Delete cell 3');
  await eventually(async () => (await anna.order()).length === 8, 'deleted');
  await expect('a cell deleted above');
  // Past the one Bela is in, and the one he is in itself.
  const number = order.indexOf(id) + 1;
  await anna.cell(order[number]).use(`Move cell ${number + 1} up`);
  await eventually(async () => (await anna.order()).indexOf(id) === number, 'moved past');
  await expect('a cell moved past mine');
  await anna.cell(id).use(`Move cell ${number + 1} down`);
  await eventually(async () => (await anna.order()).indexOf(id) === number + 1, 'moved');
  await expect('my cell moved by another');
  await anna.cell(id).become('Note');
  await eventually(async () => (await mine.box.getAttribute('data-kind')) === 'note', 'kind');
  await expect('my cell made a note by another');
  assert.deepEqual(await focusLosses.jsonValue(), []);

  await bela.press('ArrowRight');
  await bela.type('!');
  assert.equal(await mine.text(), `mine !${NUMBERS[3]}`);
  await bela.press('Control+z');
  await eventually(async () => !(await mine.text()).includes('!'), 'undone');
  await bela.press('Control+z');
  await mine.shows(NUMBERS[3]);
});

test('ln_18_only_the_note_that_changed_is_drawn_again', async (t) => {
  const notes = Array.from({ length: 6 }, (_, index) => ['note', `# Note ${index}\n\nwith **bold** text`]);
  const { notebook, anna, bela } = await pair(t, 'Previews', notes);
  const drawn = bela.page.locator('.markdown h1');
  await eventually(async () => (await drawn.count()) === 6, 'all notes are drawn');
  // What of a note is drawn again, the browser tells.
  const touched = await bela.page.evaluateHandle(() => {
    const notes = new Set();
    const told = (changes) => changes.forEach(({ target }) => notes.add((target.closest ? target : target.parentElement).closest('[data-cell]').dataset.cell));
    const observer = new MutationObserver(told);
    document.querySelectorAll('.markdown').forEach((note) => observer.observe(note, { childList: true, characterData: true, subtree: true }));
    return notes;
  });
  const drawnAgain = () => touched.evaluate((notes) => [...notes]);

  await anna.cell(notebook.cells[2]).caretAtEnd();
  await anna.type(' and more');
  await bela.cell(notebook.cells[2]).box.getByText('and more').waitFor();
  assert.deepEqual(await drawnAgain(), [notebook.cells[2]]);

  await anna.cell(notebook.cells[4]).use('Move cell 5 up');
  await eventually(async () => (await anna.order()).indexOf(notebook.cells[4]) === 3, 'moved');
  await anna.cell(notebook.cells[0]).use('Delete cell 1');
  await eventually(async () => (await anna.order()).length === 5, 'deleted');
  await bela.sees(await anna.order());
  assert.deepEqual(await drawnAgain(), [notebook.cells[2]]);
});

test('ln_53_who_types_in_a_cell_that_is_deleted_is_told_types_on_and_restores_it', async (t) => {
  const { notebook, anna, bela, people } = await pair(t, 'Deleted', [['code', 'first'], ['code', 'second'], ['code', 'third']]);
  const [first, id, third] = notebook.cells;
  const mine = anna.cell(id);
  await mine.caretAtEnd();
  await anna.type(' before');
  await bela.cell(id).shows('second before');

  await bela.cell(id).use('Delete cell 2');
  await bela.sees([first, third]);
  const banner = mine.box.getByRole('alert');
  await banner.waitFor();
  assert.match(await banner.innerText(), /^Bela deleted this cell/);
  assert.ok((await mine.read()).focused);
  await anna.type(' after');
  await mine.shows('second before after');
  await anna.until('saved');

  await bela.page.getByRole('button', { name: 'Bin', exact: true }).click();
  const binned = (text) => bela.page.getByRole('complementary', { name: 'Bin' }).getByRole('listitem').filter({ hasText: text });
  const entry = binned('second before after');
  await entry.waitFor();
  assert.match(await entry.innerText(), /Bela/);
  assert.deepEqual((await bela.order()), [first, third]);

  await banner.getByRole('button', { name: 'Restore' }).click();
  await Promise.all(people.map((person) => person.sees([first, id, third])));
  await banner.waitFor({ state: 'detached' });
  await agreed(people, id, (text) => text === 'second before after');
  await entry.waitFor({ state: 'detached' });
  await mine.caretAtEnd();
  await anna.type('!');
  await agreed(people, id, (text) => text === 'second before after!');

  // From the bin as well, by the other.
  await anna.cell(third).use('Delete cell 3');
  await bela.sees([first, id]);
  await binned('third').getByRole('button', { name: 'Restore' }).click();
  await Promise.all(people.map((person) => person.sees([first, id, third])));
});

test('ln_54_two_moves_of_one_cell_at_the_same_time_give_one_copy', async (t) => {
  const { notebook, anna, bela, people } = await pair(t, 'Moves', LONG.slice(0, 6));
  const id = notebook.cells[2];
  // Both without the network, so that neither move knows of the other.
  await Promise.all(people.map((person) => person.context.setOffline(true)));
  await Promise.all(people.map((person) => person.until('offline')));
  await anna.cell(id).use('Move cell 3 up');
  await anna.cell(id).use('Move cell 2 up');
  await bela.cell(id).use('Move cell 3 down');
  await bela.cell(id).use('Move cell 4 down');
  await bela.cell(id).caretAtEnd();
  await bela.type(' # edited');
  await anna.sees([id, ...notebook.cells.filter((cell) => cell !== id)]);

  await Promise.all(people.map((person) => person.context.setOffline(false)));
  await Promise.all(people.map((person) => person.until('saved')));
  await eventually(async () => String(await anna.order()) === String(await bela.order()), 'both see one order');
  const order = await anna.order();
  assert.deepEqual(order.toSorted(), notebook.cells.toSorted());
  assert.ok([0, 4].includes(order.indexOf(id)), `one of the two moves won: ${order.indexOf(id)}`);
  await agreed(people, id, (text) => text === `${NUMBERS[2]} # edited`);

  // A newcomer sees the same.
  const carla = await join(t, 'Carla');
  await Person.together([carla], notebook.id);
  await carla.sees(order);
});
