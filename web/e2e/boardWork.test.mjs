// What people do at a board: with keys, with the pointer, in the texts of a task, and who they see there.

import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { assertNoSidewaysScroll, seriousFaults } from './kit/axe.mjs';
import { AtBoard, curl, project, tasks } from './kit/board.mjs';
import { eventually } from './kit/eventually.mjs';
import { keepPages } from './kit/people.mjs';
import { Proxy } from './kit/proxy.mjs';
import { readEditor } from './kit/reading.mjs';
import { stage } from './kit/stage.mjs';

keepPages();

const PICTURES = fileURLToPath(new URL('./screenshots/', import.meta.url));
const VIEWERS = 'only-to-look-at-it';
const { server, join } = await stage({ viewerToken: VIEWERS });
const cable = await Proxy.to(server.port);
after(() => cable.close());
await mkdir(PICTURES, { recursive: true });

async function pair(t, view, ...wanted) {
  const id = await project(server);
  const made = await tasks(server, id, ...wanted);
  const people = await Promise.all([join(t, 'Anna'), join(t, 'Bela')]);
  const [anna, bela] = await AtBoard.together(people, id, view);
  return { id, made, anna, bela };
}

test('tasks_are_made_gone_to_named_set_moved_and_deleted_by_keys_alone_and_taken_back', async (t) => {
  const { anna, bela } = await pair(t, 'columns');
  const { person } = anna;
  await person.press('n');
  for (const title of ['One', 'Two', 'Three']) {
    await person.type(title);
    await person.press('Enter');
  }
  await person.press('Escape');
  await anna.focused('Three');
  await bela.sees(['Three', 'Two', 'One'], 'pending');
  await person.press('j');
  await anna.focused('Two');
  await person.press('2');
  await bela.sees(['Two'], 'in_progress');
  await anna.focused('Two');
  await person.press('h');
  await anna.focused('Three');
  await person.press('Alt+ArrowDown');
  await bela.sees(['One', 'Three'], 'pending');
  await anna.focused('Three');
  await person.press('Alt+ArrowRight');
  await bela.sees(['Three', 'Two'], 'in_progress');
  await anna.focused('Three');
  await person.press('e');
  await person.type('Third');
  await person.press('Enter');
  await bela.sees(['Third', 'Two'], 'in_progress');
  await person.press('Shift+ArrowDown');
  await person.press('Delete');
  await bela.sees([], 'in_progress');
  await person.toast('2 tasks deleted').waitFor();
  await person.press('Control+z');
  await bela.sees(['Third', 'Two'], 'in_progress');
  await person.press('Control+z');
  await bela.sees(['Three', 'Two'], 'in_progress');
  await person.press('Control+Shift+z');
  await bela.sees(['Third', 'Two'], 'in_progress');
  await person.press('?');
  await anna.page.getByRole('dialog', { name: 'Keys of the board' }).getByText('Go to the task below').waitFor();
});

test('the_palette_finds_commands_people_and_leads_into_the_list', async (t) => {
  const { anna, bela } = await pair(t, 'columns', 'Login');
  await bela.point('Login');
  await anna.row('Login').getByRole('img', { name: 'Here: Bela' }).waitFor();
  await anna.person.press('Control+k');
  await anna.person.type('columns or');
  await anna.person.press('Enter');
  await anna.sees(['Login']);
  await anna.person.press('Control+k');
  await anna.person.type('@bela');
  await anna.person.press('Enter');
  await anna.focused('Login');
});

test('undo_takes_back_nothing_that_somebody_else_did', async (t) => {
  const { anna, bela } = await pair(t, 'list', 'Login');
  await anna.point('Login');
  await anna.person.press('2');
  await bela.seesBadges('Login', ['[MEDIUM]', '[RUN]']);
  await bela.point('Login');
  await bela.person.press('3');
  await anna.seesBadges('Login', ['[MEDIUM]', '[WAIT]']);
  await anna.person.press('Control+z');
  await anna.person.toast('Nothing of yours to undo.').waitFor();
  await anna.seesBadges('Login', ['[MEDIUM]', '[WAIT]']);
});

test('a_task_is_dragged_within_a_column_and_to_another_and_escape_leaves_all_as_it_was', async (t) => {
  const { anna, bela } = await pair(t, 'columns', 'One', 'Two', { title: 'Done', status: 'completed' });
  await anna.drag('One', 'Two', 'above');
  await bela.sees(['One', 'Two'], 'pending');
  await anna.drag('Two', 'Done', 'below');
  await bela.sees(['Done', 'Two'], 'completed');
  await bela.sees(['One'], 'pending');
  await anna.person.toast('“Two” is now Completed.').getByRole('button', { name: 'Undo' }).click();
  await bela.sees(['One', 'Two'], 'pending');
  const row = await anna.row('One').boundingBox();
  await anna.page.mouse.move(row.x + 6, row.y + 4);
  await anna.page.mouse.down();
  await anna.page.mouse.move(row.x + 400, row.y + 40, { steps: 5 });
  await anna.page.locator('.dragged[aria-hidden]').waitFor();
  await anna.person.press('Escape');
  await anna.page.mouse.up();
  await anna.sees(['One', 'Two'], 'pending');
});

test('a_title_that_is_being_written_stays_while_others_move_its_task', async (t) => {
  const { made, anna, bela } = await pair(t, 'columns', 'One', 'Two');
  await anna.point('One');
  await anna.person.press('e');
  await anna.person.type('Wri');
  await curl(server, 'PATCH', `tasks/${made[0]}`, { status: 'blocked' });
  await bela.sees(['One'], 'blocked');
  const field = anna.page.locator('[data-lane="blocked"] input.rename');
  await field.waitFor();
  assert.equal(await field.inputValue(), 'Wri');
  await eventually(() => field.evaluate((element) => element === document.activeElement), 'the field has the focus again');
  await anna.person.press('End');
  await anna.person.type('tten');
  await anna.person.press('Enter');
  await bela.sees(['Written'], 'blocked');
});

test('a_description_is_written_by_two_at_once_with_carets_and_kept', async (t) => {
  const { made, anna, bela } = await pair(t, 'list', 'Login');
  await Promise.all([anna.openTask('Login'), bela.openTask('Login')]);
  const editor = (at) => at.panel.locator('[data-text="description"] .cm-content');
  await editor(anna).click();
  await anna.person.type('by Anna');
  await editor(bela).filter({ hasText: 'by Anna' }).waitFor();
  await editor(bela).click();
  await bela.person.press('Control+Home');
  await bela.person.type('and Bela ');
  await editor(anna).filter({ hasText: 'and Bela by Anna' }).waitFor();
  await bela.panel.locator('.caret-flag').filter({ hasText: 'Anna' }).waitFor({ state: 'attached' });
  assert.equal((await editor(anna).evaluate(readEditor)).head, 'and Bela by Anna'.length);
  await anna.person.until('saved');
  assert.equal((await server.rest('GET', `tasks/${made[0]}`)).description, 'and Bela by Anna');
  // Undo in the text takes back one's own words only.
  await anna.person.press('Control+z');
  await editor(bela).filter({ hasText: /^and Bela\s*$/ }).waitFor();
  await anna.panel.getByText('changed the description').first().waitFor();
});

test('ms_24_people_are_seen_at_their_task_and_agents_by_name', async (t) => {
  const { made, anna, bela } = await pair(t, 'list', 'Login', 'Other');
  await bela.point('Login');
  await anna.row('Login').getByRole('img', { name: 'Here: Bela' }).waitFor();
  const bar = anna.page.getByRole('group', { name: 'People and agents here' });
  await bar.getByRole('button', { name: 'Bela is at “Login”' }).click();
  await anna.focused('Login');
  await curl(server, 'PATCH', `tasks/${made[1]}`, { status: 'in_progress' }, { 'x-coscribe-actor': 'Claude', 'x-coscribe-actor-kind': 'agent' });
  for (const at of [anna, bela]) await at.page.getByRole('button', { name: /^Claude, an agent/ }).waitFor();
  await bar.getByRole('button', { name: /^Claude, an agent/ }).click();
  await anna.focused('Other');
  await anna.openTask('Other');
  await anna.panel.getByText('set it to In progress').waitFor();
});

test('ms_35_a_cell_is_linked_to_a_task_and_the_task_leads_back_to_it', async (t) => {
  const { id, made, anna } = await pair(t, 'list', 'Sign in');
  const notebook = await server.write('Plan', [['note', '# Auth'], ['code', 'x = 1']]);
  const bela = await join(t, 'Bela');
  await bela.open(notebook.id);
  await bela.until('saved');
  await bela.cell(notebook.cells[1]).point();
  await bela.press('t');
  const sheet = bela.page.getByRole('dialog', { name: 'Tasks of cell 2' });
  await sheet.getByRole('button', { name: 'Link Sign in' }).click();
  await sheet.getByRole('list', { name: 'Linked to this cell' }).getByRole('link', { name: 'Sign in' }).waitFor();
  assert.deepEqual((await server.rest('GET', `tasks/${made[0]}`)).references, [{ notebook: notebook.id, cell: notebook.cells[1] }]);
  await anna.openTask('Sign in');
  await anna.panel.getByRole('link', { name: 'A cell of Plan' }).click();
  await anna.page.waitForURL(`**/notebook/${notebook.id}#cell-${notebook.cells[1]}`);
  await anna.person.cell(notebook.cells[1]).box.waitFor();
  // From the cell to the board, with the task open.
  await sheet.getByRole('link', { name: 'Sign in' }).click();
  await bela.page.waitForURL(`**/project/${id}#task-${made[0]}`);
  await bela.page.getByRole('complementary', { name: 'Task: Sign in' }).waitFor();
});

test('a_task_is_made_of_a_cell_and_unlinked_again', async (t) => {
  const { id, anna } = await pair(t, 'list');
  const notebook = await server.write('Plan', [['note', '# Split the service\nmore']]);
  const bela = await join(t, 'Bela');
  await bela.open(notebook.id);
  await bela.until('saved');
  await bela.cell(notebook.cells[0]).point();
  await bela.press('t');
  const sheet = bela.page.getByRole('dialog', { name: 'Tasks of cell 1' });
  await sheet.getByLabel('in project').selectOption(id);
  await sheet.getByRole('button', { name: 'Make the task “Split the service”' }).click();
  await anna.sees(['Split the service']);
  await sheet.getByRole('button', { name: 'Unlink Split the service' }).click();
  await anna.openTask('Split the service');
  await anna.panel.getByText('About no notebook yet.').waitFor();
});

test('tasks_are_filtered_by_words_status_priority_and_session', async (t) => {
  const { id, made, anna } = await pair(t, 'list', 'Crème brûlée', { title: 'Soup', priority: 'high' }, { title: 'Bread', status: 'completed' });
  await server.rest('POST', 'sessions', { projectId: id, name: 'Kitchen', taskIds: [made[1]] });
  await anna.person.press('/');
  await anna.person.type('brulee');
  await anna.sees(['Crème brûlée']);
  await anna.page.getByRole('status').filter({ hasText: '1 of 3 tasks' }).waitFor();
  await anna.person.press('Escape');
  await anna.sees(['Bread', 'Soup', 'Crème brûlée']);
  const choose = (name, value) => anna.page.getByRole('search').getByLabel(name).selectOption(value);
  await choose('Priority', 'high');
  await anna.sees(['Soup']);
  await choose('Priority', 'any');
  await choose('Status', 'completed');
  await anna.sees(['Bread']);
  await choose('Status', 'any');
  await choose('Session', { label: 'Kitchen' });
  await anna.sees(['Soup']);
  await choose('Session', { label: 'In no session' });
  await anna.sees(['Bread', 'Crème brûlée']);
});

test('an_empty_board_teaches_the_command_line_and_gives_it_to_the_clipboard', async (t) => {
  const id = await project(server, 'Empty');
  const anna = await join(t, 'Anna', { permissions: ['clipboard-read', 'clipboard-write'] });
  const at = await AtBoard.open(anna, id);
  await at.page.getByRole('heading', { name: 'No tasks yet' }).waitFor();
  await at.page.getByRole('button', { name: 'Copy the command' }).click();
  await anna.toast('The command is in the clipboard.').waitFor();
  assert.equal(await at.page.evaluate(() => navigator.clipboard.readText()), `coscribe task create "Write the report" --project ${id}`);
});

test('a_project_that_does_not_exist_offers_to_be_created_and_a_deleted_one_to_be_restored', async (t) => {
  const anna = await join(t, 'Anna');
  await anna.page.goto(`${anna.base}project/brand-new`);
  await anna.page.getByRole('button', { name: 'Create it' }).click();
  await anna.until('saved');
  await server.rest('DELETE', 'projects/brand-new');
  await anna.until('refused');
  await anna.page.getByRole('button', { name: 'Restore it' }).click();
  await anna.until('saved');
});

const projectList = (person) => person.page.getByRole('list', { name: 'Projects', exact: true });

test('projects_are_made_renamed_deleted_and_brought_back_on_the_start_page', async (t) => {
  const [anna, bela] = await Promise.all([join(t, 'Anna'), join(t, 'Bela')]);
  await anna.page.getByRole('button', { name: 'New project' }).click();
  await anna.type('Kitchen');
  await anna.press('Enter');
  await anna.page.getByRole('main', { name: 'Board' }).waitFor();
  const card = projectList(bela).getByRole('link', { name: /^Kitchen/ });
  await card.waitFor();
  await anna.page.getByRole('link', { name: 'All notebooks and projects' }).click();
  await projectList(anna).getByRole('link', { name: /^Kitchen/ }).focus();
  await anna.press('F2');
  await anna.type('Garden');
  await anna.press('Enter');
  const garden = projectList(bela).getByRole('link', { name: /^Garden/ });
  await garden.waitFor();
  await projectList(anna).getByRole('link', { name: /^Garden/ }).focus();
  await anna.press('Delete');
  await garden.waitFor({ state: 'detached' });
  await anna.toast('“Garden” was deleted.').getByRole('button', { name: 'Undo' }).click();
  await garden.waitFor();
});

test('ms_36_a_change_shows_at_once_and_goes_back_with_a_notice_when_the_server_refuses', async (t) => {
  const id = await project(server, 'Refused');
  const anna = await join(t, 'Anna');
  const link = projectList(anna).getByRole('link', { name: /^Refused/ });
  await link.waitFor();
  let goOn;
  const waiting = new Promise((resolve) => (goOn = resolve));
  // On its way the request meets a server that has lost the project meanwhile: what it answers is its own.
  await anna.page.route(`**/api/projects/${id}`, async (route) => {
    await waiting;
    await route.continue();
  });
  await link.focus();
  await anna.press('F2');
  await anna.type('Wanted');
  await anna.press('Enter');
  await projectList(anna).getByRole('link', { name: /^Wanted/ }).waitFor();
  await server.rest('DELETE', `projects/${id}`);
  goOn();
  await anna.page.locator('.toast.error').waitFor();
  await projectList(anna).getByRole('link', { name: /^Wanted/ }).waitFor({ state: 'detached' });
  await anna.page.getByText('Deleted projects').click();
  await anna.page.getByRole('list', { name: 'Deleted projects' }).getByText('Refused', { exact: true }).waitFor();
});

test('ms_36_a_reader_is_told_so_and_nothing_they_try_is_shown_or_sent', async (t) => {
  const id = await project(server);
  const [task] = await tasks(server, id, 'Login');
  const rita = await join(t, 'Rita', { link: server.viewerLink });
  await rita.page.goto(`${rita.base}project/${id}`);
  await rita.until('readOnly');
  const at = new AtBoard(rita);
  await at.point('Login');
  await rita.press('4');
  await rita.toast('You may read this board, but not change it.').waitFor();
  await at.seesBadges('Login', ['[MEDIUM]', '[IDLE]']);
  assert.equal(await rita.page.getByRole('button', { name: 'New task' }).count(), 0);
  assert.equal((await server.rest('GET', `tasks/${task}`)).status, 'pending');
});

test('a_board_kept_in_this_browser_opens_and_edits_without_a_network', async (t) => {
  const id = await project(server);
  await tasks(server, id, 'One');
  const [anna, bela] = await Promise.all([join(t, 'Anna'), join(t, 'Bela', { origin: cable.origin })]);
  const [at, away] = await AtBoard.together([anna, bela], id, 'list');
  await bela.keptForOffline();
  t.after(() => cable.mend());
  cable.cut();
  await bela.context.setOffline(true);
  await bela.until('offline');
  await bela.press('n');
  await bela.type('Made offline');
  await bela.press('Enter');
  await eventually(async () => /kept in this browser$/.test((await bela.word()).text), async () => `it is kept: ${JSON.stringify(await bela.word())}`);
  await bela.page.reload();
  await away.sees(['Made offline', 'One']);
  cable.mend();
  await bela.context.setOffline(false);
  await bela.until('saved');
  await at.sees(['Made offline', 'One']);
});

/** A board as people have it: tasks in all states, sessions, an open task. */
async function makeLively() {
  const id = await project(server, 'Website');
  const notebook = await server.write('Plan of the site', [['note', '# Plan']]);
  const made = await tasks(
    server,
    id,
    { title: 'Choose a name', status: 'completed' },
    { title: 'Write to the printers', status: 'cancelled', priority: 'low' },
    { title: 'Wait for the pictures of the old town and of the harbour at night', status: 'blocked' },
    { title: 'Refactor authentication service', status: 'in_progress', priority: 'high', description: 'Split auth into a microservice', prompt: 'Refactor the monolithic auth …', references: [{ notebook: notebook.id }] },
    { title: 'Implement login', priority: 'high' },
    { title: 'Write the imprint' },
  );
  await server.rest('POST', 'sessions', { projectId: id, name: 'Claude on auth', taskIds: [made[3], made[4]] });
  await server.rest('POST', 'sessions', { projectId: id, name: 'Reviews', status: 'idle', taskIds: [made[3]] });
  return { id, made };
}

const WIDE = { width: 1280, height: 800 };
const NARROW = { width: 390, height: 844 };
let website;
/** The same for all pictures. */
const lively = () => (website ??= makeLively());

for (const colorScheme of ['light', 'dark']) {
  for (const viewport of [WIDE, NARROW]) {
    test(`p6_boards_are_usable_in_${colorScheme}_at_${viewport.width}_pixels`, async (t) => {
      const { id } = await lively();
      const anna = await join(t, 'Anna', { colorScheme, viewport });
      const { page } = anna;
      const picture = async (name) => {
        await page.screenshot({ path: `${PICTURES}board-${name}-${colorScheme}-${viewport.width}.png` });
        await assertNoSidewaysScroll(page);
        assert.deepEqual(await seriousFaults(page), []);
      };
      await projectList(anna).waitFor();
      await picture('projects');
      const at = await AtBoard.open(anna, id, 'columns');
      await at.row('Implement login').waitFor();
      await picture('columns');
      await at.row('Implement login').locator('[data-badge="status"]').click();
      await page.getByRole('menu').waitFor();
      await picture('menu');
      await anna.press('Escape');
      await anna.press('v');
      await at.point('Implement login');
      await picture('list');
      await anna.press('s');
      await at.sessions.waitFor();
      await picture('sessions');
      await at.sessions.getByRole('button', { name: 'Close', exact: true }).click();
      await at.openTask('Refactor authentication service');
      await at.panel.getByText('made it').waitFor();
      await at.panel.getByRole('link', { name: 'Plan of the site' }).waitFor();
      await picture('task');
      await at.panel.getByRole('button', { name: 'Close', exact: true }).click();
      await anna.press('?');
      await page.getByRole('dialog').waitFor();
      await picture('keys');
      await anna.press('Escape');
      await AtBoard.open(anna, await project(server));
      await page.getByRole('heading', { name: 'No tasks yet' }).waitFor();
      await picture('empty');
    });
  }
}
