// The kernel on the page: its environment being made, its menu, what it knows while one types, its variables and files.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { seriousFaults, assertNoSidewaysScroll } from './kit/axe.mjs';
import { eventually } from './kit/eventually.mjs';
import { Engine, kernelIs, KERNEL_LIMIT_MS, mark, marked, outputShows, told } from './kit/kernel.mjs';
import { Person } from './kit/people.mjs';
import { Server } from './kit/server.mjs';
import { stage } from './kit/stage.mjs';

const MAKING_LIMIT_MS = 300_000;
/** Nobody listens there. */
const NOWHERE = 'http://127.0.0.1:9/simple';
const { server, browser, join, pair } = await stage();
const engine = new Engine(server);

/** The card about the kernel over the page. */
const notice = (person) => person.page.getByRole('complementary', { name: 'Kernel' });

test('ln_84_the_environment_that_the_first_run_makes_is_shown_to_both_with_its_log_and_then_the_cell_runs', async (t) => {
  const { notebook, anna, bela } = await pair(t, 'First', [['code', 'print("made", 6 * 7)']]);
  const [cell] = notebook.cells;
  assert.equal((await engine.kernel(notebook.id)).state, 'stopped');
  await anna.cell(cell).point();
  await anna.press('Shift+Enter');
  for (const person of [anna, bela]) {
    await kernelIs(person, 'preparing');
    await notice(person).getByText('Python is being made ready').waitFor();
    await notice(person).getByRole('progressbar').waitFor();
    await marked(person, cell, 'queued');
  }
  await eventually(async () => (await notice(bela).locator('pre').textContent({ timeout: 1000 })).length > 20, 'the log is told', MAKING_LIMIT_MS);
  assert.deepEqual(await seriousFaults(anna.page), []);
  for (const person of [anna, bela]) await outputShows(person, cell, 'made 42', MAKING_LIMIT_MS);
  for (const person of [anna, bela]) await notice(person).waitFor({ state: 'detached' });
  await kernelIs(bela, 'idle');
});

/** Somebody at a server of their own, whose environment is not made yet. */
async function fresh(t, environment, title) {
  const other = await Server.start({ environment });
  t.after(() => other.remove());
  const notebook = await other.write(title, [['code', 'print("here")']]);
  const anna = await Person.join(browser, other, 'Anna');
  t.after(() => anna.leave());
  await Person.together([anna], notebook.id);
  return { anna, notebook, cell: notebook.cells[0] };
}

test('an_index_that_cannot_be_reached_ends_in_a_sentence_with_another_try_and_no_run_waits_for_ever', async (t) => {
  const { anna, cell } = await fresh(t, { PIP_INDEX_URL: NOWHERE, UV_INDEX_URL: NOWHERE, UV_DEFAULT_INDEX: NOWHERE, PIP_CONFIG_FILE: '/dev/null', UV_NO_CONFIG: '1' }, 'Unreached');
  await anna.cell(cell).point();
  await anna.press('Shift+Enter');
  await notice(anna).getByText('Python could not be made ready').waitFor({ timeout: MAKING_LIMIT_MS });
  await notice(anna).getByText('The package index cannot be reached.').waitFor();
  await marked(anna, cell, 'failed');
  await anna.cell(cell).box.getByRole('button', { name: 'Run again' }).waitFor();
  await notice(anna).getByRole('button', { name: 'Try again' }).click();
  await kernelIs(anna, 'preparing');
  await kernelIs(anna, 'dead');
});

test('the_making_of_the_environment_can_be_called_off', async (t) => {
  const { anna, cell } = await fresh(t, {}, 'Called off');
  await anna.cell(cell).point();
  await anna.press('Shift+Enter');
  await kernelIs(anna, 'preparing');
  await notice(anna).getByRole('button', { name: 'Cancel' }).click();
  await kernelIs(anna, 'stopped');
  await marked(anna, cell, 'stopped');
  await notice(anna).waitFor({ state: 'detached' });
});

test('the_menu_of_the_kernel_restarts_shuts_down_and_runs_all_and_asks_once_more_before_anything_is_lost', async (t) => {
  const { notebook, anna, bela } = await pair(t, 'Menu', [['code', 'x = globals().get("x", 0) + 1\nprint(x)'], ['code', 'x']]);
  const [first, second] = notebook.cells;
  await anna.page.getByRole('button', { name: 'Run all cells' }).click();
  await outputShows(bela, second, '1');
  const menu = anna.page.getByRole('dialog', { name: 'Kernel' });
  const choose = async (name, really) => {
    await anna.page.locator('[data-kernel]').click();
    await menu.getByRole('button', { name, exact: true }).click();
    if (really) await menu.getByRole('button', { name: really }).click();
    await menu.waitFor({ state: 'detached' });
  };
  await anna.cell(first).point();
  await anna.press('Control+Enter');
  await outputShows(anna, first, '2');
  await choose('Restart and run all', 'Really restart?');
  await outputShows(anna, first, '1');
  await marked(bela, second, 'ok');
  await choose('Shut down', 'Really shut down?');
  await kernelIs(bela, 'stopped');
  await choose('Start');
  await kernelIs(bela, 'idle');
  await anna.cell(second).point();
  await anna.press('Control+Enter');
  await outputShows(bela, second, "NameError: name 'x' is not defined");
});

test('a_server_that_was_killed_leaves_runs_interrupted_with_another_try', async (t) => {
  const { notebook, anna } = await pair(t, 'Killed', [['code', 'import time\nprint("begun", flush=True)\ntime.sleep(globals().get("nap", 600))']]);
  const [cell] = notebook.cells;
  await anna.cell(cell).point();
  await anna.press('Control+Enter');
  await outputShows(anna, cell, 'begun');
  await server.kill();
  await anna.until('offline');
  await server.restart();
  await anna.until('saved', KERNEL_LIMIT_MS);
  await marked(anna, cell, 'interrupted');
  const line = anna.cell(cell).box.locator('.line');
  assert.match(await line.innerText(), /^Interrupted after .*The server stopped in the middle of it\./);
  await outputShows(anna, cell, 'begun');
  await line.getByRole('button', { name: 'Run again' }).click();
  await marked(anna, cell, 'running');
  await anna.page.getByRole('button', { name: 'Stop all that runs or waits' }).click();
  await marked(anna, cell, 'stopped');
});

test('what_runs_is_read_out_politely_and_the_page_is_usable_by_all_on_a_desk_and_on_a_phone', async (t) => {
  for (const settings of [{ colorScheme: 'light' }, { colorScheme: 'dark', viewport: { width: 390, height: 844 } }]) {
    const { notebook, anna } = await pair(t, 'Everybody', [['code', '1/0'], ['code', 'input("Word? ")'], ['code', '2']]);
    const person = await join(t, 'Clara', settings);
    await person.open(notebook.id);
    for (const cell of notebook.cells.slice(0, 2)) {
      await person.cell(cell).point();
      await person.press('Control+Enter');
      await marked(person, cell, cell === notebook.cells[0] ? 'failed' : 'input');
    }
    await eventually(async () => (await person.page.locator('[role=status]').allTextContents()).includes('Cell 2 waits for a line.'), 'it is read out');
    await person.page.locator('[data-kernel]').click();
    await person.page.getByRole('dialog', { name: 'Kernel' }).waitFor();
    assert.deepEqual(await seriousFaults(person.page), []);
    await assertNoSidewaysScroll(person.page);
    assert.match(await told(person, notebook.cells[0]), /^Failed after .*ZeroDivisionError/);
    await anna.page.getByRole('button', { name: 'Stop all that runs or waits' }).click();
    await marked(person, notebook.cells[1], 'stopped');
    assert.equal(await mark(person, notebook.cells[2]).count(), 0);
  }
});
