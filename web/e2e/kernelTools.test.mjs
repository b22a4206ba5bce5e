// What the kernel tells whoever writes, and the panels about it: completion, inspection, variables, files, packages, the
// choice of a kernel.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

import { seriousFaults } from './kit/axe.mjs';
import { eventually } from './kit/eventually.mjs';
import { kernelIs, kernelStage, KERNEL_LIMIT_MS, marked, outputShows } from './kit/kernel.mjs';
import { Person } from './kit/people.mjs';

const VIEWER = 'viewer-token-of-the-tests-0123456789';
const { server, join, engine } = await kernelStage({ viewerToken: VIEWER });

/** One person in a notebook whose first cell has run. */
async function begun(t, first, rest = ['']) {
  const notebook = await server.write('Tools', [first, ...rest].map((source) => ['code', source]));
  const anna = await join(t, 'Anna');
  await Person.together([anna], notebook.id);
  await anna.cell(notebook.cells[0]).point();
  await anna.press('Control+Enter');
  await marked(anna, notebook.cells[0], 'ok');
  await kernelIs(anna, 'idle');
  return { anna, page: anna.page, id: notebook.id, cells: notebook.cells };
}

const list = (page) => page.locator('.cm-tooltip-autocomplete');

/** Opens one of the panels by its command. */
async function panel(person, command, name) {
  await person.press('Control+Shift+P');
  await person.page.getByRole('combobox', { name: 'Find a command' }).fill(command);
  await person.page.getByRole('option', { name: command }).first().click();
  const shown = person.page.getByRole('complementary', { name, exact: true });
  await shown.waitFor();
  return shown;
}

test('names_that_only_the_running_kernel_knows_are_offered_by_ctrl_space_by_tab_and_behind_a_dot', async (t) => {
  const source = 'class Engine:\n    def ignition_sequence(self):\n        "Starts it."\nmachine = Engine()\nglobals()["made_by_" + "code"] = 1';
  const { anna, page, cells } = await begun(t, source);
  const cell = anna.cell(cells[1]);
  await cell.caretAt(0);
  await anna.type('made_b');
  // A kernel that is asked for the first time may still be loading what it answers with.
  const offered = () => list(page).getByRole('option', { name: 'made_by_code' });
  await eventually(async () => {
    await anna.press('Control+Space');
    return offered().waitFor({ timeout: 3000 }).then(() => true);
  }, 'the name is offered', 60_000);
  await anna.press('Escape');
  await anna.press('Tab');
  await offered().waitFor();
  await eventually(async () => {
    await anna.press('Tab');
    return (await cell.text()) === 'made_by_code';
  }, 'Tab takes it');
  await anna.press('Enter');
  await anna.type('machine.');
  await list(page).getByRole('option', { name: /^ignition_sequence/ }).waitFor();
  await anna.press('Escape');
  // At the beginning of a line Tab indents as ever.
  await cell.caretAt(0);
  await anna.press('Tab');
  await cell.shows('    made_by_code\nmachine.');
});

test('what_the_kernel_knows_of_a_name_is_shown_by_shift_tab_and_goes_with_escape', async (t) => {
  const { anna, page, cells } = await begun(t, 'def grease(wheel):\n    "Makes the wheel run."\n    return wheel', ['grease']);
  const cell = anna.cell(cells[1]);
  await cell.caretAtEnd();
  await anna.press('Shift+Tab');
  const told = page.getByRole('region', { name: 'What the kernel knows of it' });
  await told.getByText('Makes the wheel run.').waitFor();
  await anna.press('Escape');
  await told.waitFor({ state: 'detached' });
  assert.ok((await cell.read()).focused, 'Escape only took it away');
  await cell.editor.locator('.cm-line').first().hover({ position: { x: 12, y: 8 } });
  await told.getByText('Makes the wheel run.').waitFor();
});

test('a_kernel_that_is_busy_is_not_asked_and_typing_waits_for_nothing', async (t) => {
  const { anna, page, cells } = await begun(t, 'value = 1', ['import time; time.sleep(600)', '']);
  const asked = [];
  page.on('request', (request) => /kernel\/(complete|inspect)$/.test(request.url()) && asked.push(request.url()));
  await anna.cell(cells[1]).point();
  await anna.press('Shift+Enter');
  await kernelIs(anna, 'busy');
  await anna.press('Enter');
  await anna.type('value');
  await anna.press('Control+Space');
  await anna.cell(cells[2]).shows('value');
  assert.deepEqual(asked, []);
  await page.getByRole('button', { name: 'Stop all that runs or waits' }).click();
  await marked(anna, cells[1], 'stopped');
});

test('the_variables_are_listed_and_asked_anew_after_each_run', async (t) => {
  const { anna, page, cells } = await begun(t, 'apples = 3\nwords = ["a", "b"]', ['apples = 4\npears = 5']);
  const variables = await panel(anna, 'Variables of the kernel', 'Variables');
  await variables.getByRole('row', { name: /^apples int .*3$/ }).waitFor();
  await variables.getByRole('row', { name: /^words list/ }).waitFor();
  assert.deepEqual(await seriousFaults(page), []);
  await anna.cell(cells[1]).point();
  await anna.press('Control+Enter');
  await variables.getByRole('row', { name: /^apples int .*4$/ }).waitFor();
  await variables.getByRole('searchbox').fill('pea');
  await variables.getByText('1 variable.').waitFor();
});

test('files_are_brought_read_by_code_taken_away_and_deleted', async (t) => {
  const { anna, page, cells } = await begun(t, '1', ['print(open("note ü.txt").read())\nopen("written.txt", "w").write("by code")']);
  const files = await panel(anna, 'Files of the notebook', 'Files');
  await files.getByText('No files yet.').waitFor();
  const put = (name, text) => files.locator('input[type=file]').setInputFiles({ name, mimeType: 'text/plain', buffer: Buffer.from(text) });
  await put('note ü.txt', 'brought');
  await files.getByRole('link', { name: 'Download note ü.txt' }).waitFor();
  await anna.cell(cells[1]).point();
  await anna.press('Control+Enter');
  await outputShows(anna, cells[1], 'brought');
  const link = files.getByRole('link', { name: 'Download written.txt' });
  await link.waitFor();
  const [download] = await Promise.all([page.waitForEvent('download'), link.click()]);
  assert.equal(await readFile(await download.path(), 'utf8'), 'by code');
  // What is there already is replaced only when that is said.
  await put('note ü.txt', 'other');
  await files.getByText('note ü.txt is there already. Replace it?').waitFor();
  await files.getByRole('button', { name: 'Replace', exact: true }).click();
  await anna.cell(cells[1]).point();
  await anna.press('Control+Enter');
  await outputShows(anna, cells[1], 'other');
  await files.getByRole('button', { name: 'Delete written.txt' }).click();
  await files.getByRole('button', { name: 'Really delete it?' }).click();
  await link.waitFor({ state: 'detached' });
  const dropped = await page.evaluateHandle(() => {
    const transfer = new DataTransfer();
    transfer.items.add(new File(['by drop'], 'dropped.txt'));
    return transfer;
  });
  await files.getByRole('group', { name: 'Files' }).dispatchEvent('drop', { dataTransfer: dropped });
  await files.getByRole('link', { name: 'Download dropped.txt' }).waitFor();
  assert.deepEqual(await seriousFaults(page), []);
});

test('the_packages_of_the_environment_are_listed_added_and_removed', async (t) => {
  const { anna, page, cells } = await begun(t, '1', ['import tabulate; print("there", tabulate.__version__)']);
  const packages = await panel(anna, 'Packages of Python', 'Packages');
  await packages.getByText('ipykernel', { exact: true }).waitFor();
  await packages.getByLabel('Packages to add').fill('tabulate');
  await packages.getByRole('button', { name: 'Add', exact: true }).click();
  await packages.getByText('tabulate', { exact: true }).waitFor({ timeout: KERNEL_LIMIT_MS * 2 });
  assert.deepEqual(await seriousFaults(page), []);
  await anna.cell(cells[1]).point();
  await anna.press('Control+Enter');
  await outputShows(anna, cells[1], 'there 0.');
  await packages.getByRole('button', { name: 'Remove tabulate' }).click();
  await packages.getByRole('button', { name: /^Really remove tabulate/ }).click();
  await packages.getByText('tabulate', { exact: true }).waitFor({ state: 'detached', timeout: KERNEL_LIMIT_MS * 2 });
});

test('the_kernel_is_chosen_in_its_menu_which_says_how_it_is_kept_apart', async (t) => {
  const { anna, page, id } = await begun(t, '1');
  await page.locator('[data-kernel]').click();
  const menu = page.getByRole('dialog', { name: 'Kernel' });
  const specs = await server.rest('GET', 'kernelspecs');
  await menu.getByText(specs.isolation).waitFor();
  const choice = menu.getByLabel('Which kernel');
  assert.equal(await choice.locator('option').count(), specs.specs.length);
  assert.equal(await choice.inputValue(), (await engine.kernel(id)).spec ?? specs.default);
});

test('readers_see_the_panels_and_can_change_nothing_in_them', async (t) => {
  const { id } = await begun(t, 'apples = 3');
  const vera = await join(t, 'Vera', { link: server.viewerLink });
  await vera.open(id);
  const files = await panel(vera, 'Files of the notebook', 'Files');
  await files.getByText('No files yet.').waitFor();
  assert.equal(await files.getByRole('button', { name: /Add files|Delete/ }).count(), 0);
  const packages = await panel(vera, 'Packages of Python', 'Packages');
  await packages.getByText('ipykernel', { exact: true }).waitFor();
  assert.equal(await packages.getByRole('button', { name: /^(Add|Remove)/ }).count(), 0);
});
