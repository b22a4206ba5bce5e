// A board in two browsers, changed by people, by the real command line and by curl: everybody sees it, at once.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { AtBoard, coscribe, curl, project, tasks } from './kit/board.mjs';
import { eventually } from './kit/eventually.mjs';
import { Proxy } from './kit/proxy.mjs';
import { stage } from './kit/stage.mjs';

const VIEWERS = 'only-to-look-at-it';
const { server, join } = await stage({ viewerToken: VIEWERS });
const cable = await Proxy.to(server.port);
after(() => cable.close());

/** Two people at the board of a new project. */
async function pair(t, view, ...wanted) {
  const id = await project(server);
  const made = await tasks(server, id, ...wanted);
  const people = await Promise.all([join(t, 'Anna'), join(t, 'Bela')]);
  const [anna, bela] = await AtBoard.together(people, id, view);
  return { id, made, anna, bela };
}

test('ms_01_ms_09_ms_11_ms_21_a_task_made_in_a_terminal_appears_on_top_in_both_browsers_and_in_no_other_project', async (t) => {
  const { id, anna, bela } = await pair(t, 'list', 'Older');
  const elsewhere = await AtBoard.open(await join(t, 'Carla'), await project(server), 'list');
  const { code, stdout } = await coscribe(server, 'task', 'create', 'Implement login', '--priority', 'high', '--project', id);
  assert.equal(code, 0);
  assert.match(stdout, /^✓ /);
  for (const at of [anna, bela]) {
    await at.sees(['Implement login', 'Older']);
    await at.seesBadges('Implement login', ['[HIGH]', '[IDLE]']);
  }
  assert.deepEqual(await elsewhere.titles(), []);
});

test('ms_10_ms_15_ms_23_a_status_set_by_curl_shows_in_the_row_in_the_session_and_in_the_open_task', async (t) => {
  const { id, made, anna, bela } = await pair(t, 'list', 'Login');
  const session = await server.rest('POST', 'sessions', { projectId: id, name: 'Night shift', taskIds: made });
  await anna.showSessions();
  await bela.openTask('Login');
  const member = anna.session(session.id).locator(`[data-member="${made[0]}"] [data-badge="status"]`);
  await member.filter({ hasText: '[IDLE]' }).waitFor();
  const { status } = await curl(server, 'PATCH', `tasks/${made[0]}`, { status: 'completed' });
  assert.equal(status, 200);
  for (const at of [anna, bela]) await at.seesBadges('Login', ['[MEDIUM]', '[OK] ✓', '[1x]']);
  await member.filter({ hasText: '[OK] ✓' }).waitFor();
  await bela.panel.locator('[data-badge="status"]').filter({ hasText: '[OK] ✓' }).waitFor();
  assert.equal(await bela.panel.getByRole('combobox', { name: /^Status/ }).inputValue(), 'completed');
  await bela.panel.getByText(/completed just now/).waitFor();
});

test('ms_12_ms_22_a_session_made_in_one_browser_appears_in_the_other_and_closed_there_it_goes_with_its_count', async (t) => {
  const { id, made, anna, bela } = await pair(t, 'list', 'Login');
  await server.rest('POST', 'sessions', { projectId: id, name: 'First', taskIds: made });
  await Promise.all([anna.showSessions(), bela.showSessions()]);
  await anna.sessions.getByRole('button', { name: 'New session' }).click();
  await anna.person.type('Second');
  await anna.person.press('Enter');
  const second = (at) => at.sessions.locator('[data-session]').filter({ has: at.page.locator('input[aria-label="Rename Second"]') });
  await second(bela).waitFor();
  await bela.point('Login');
  await second(bela).getByRole('button', { name: 'Add 1 selected task' }).click();
  for (const at of [anna, bela]) await at.seesBadges('Login', ['[MEDIUM]', '[IDLE]', '[2x]']);
  await second(bela).getByRole('button', { name: 'Close Second' }).click();
  await second(anna).waitFor({ state: 'detached' });
  for (const at of [anna, bela]) await at.seesBadges('Login', ['[MEDIUM]', '[IDLE]', '[1x]']);
  const { events } = await eventsOf(id);
  const closing = events.slice(events.findLastIndex(({ event }) => event === 'session:deleted'));
  assert.deepEqual(closing.slice(0, 2).map(({ event }) => event), ['session:deleted', 'task:updated']);
  assert.equal(closing[1].data.sessionCount, 1);
  // Undo brings it back with its tasks.
  await bela.person.toast('Second was closed').getByRole('button', { name: 'Undo' }).click();
  for (const at of [anna, bela]) await at.seesBadges('Login', ['[MEDIUM]', '[IDLE]', '[2x]']);
});

/** Everything kept of a project, oldest first. */
async function eventsOf(id) {
  const answer = await fetch(`${server.origin}/api/events?since=0&follow=false&project=${id}`, { headers: { authorization: `Bearer ${server.token}` } });
  const lines = (await answer.text()).split('\n').filter((line) => line.startsWith('data:'));
  return { events: lines.map((line) => JSON.parse(line.slice('data:'.length))) };
}

test('ms_13_a_task_put_into_a_session_in_a_terminal_shows_in_the_session_and_as_a_badge', async (t) => {
  const { id, made, anna, bela } = await pair(t, 'list', 'Login');
  const session = await server.rest('POST', 'sessions', { projectId: id, name: 'Night shift' });
  await anna.showSessions();
  await anna.session(session.id).getByText('No tasks yet.').waitFor();
  await bela.openTask('Login');
  const { code, stdout } = await coscribe(server, 'session', 'add-task', session.id, made[0]);
  assert.deepEqual([code, stdout.trim()], [0, '✓ Task added to session']);
  await anna.session(session.id).getByRole('button', { name: 'Open Login' }).waitFor();
  await bela.panel.locator(`[data-part="sessions"] [data-session="${session.id}"]`).waitFor();
  for (const at of [anna, bela]) await at.seesBadges('Login', ['[MEDIUM]', '[IDLE]', '[1x]']);
  const { events } = await eventsOf(id);
  assert.deepEqual(events.slice(-4).map(({ event }) => event), ['session:updated', 'task:updated', 'session:task_added', 'task:session_added']);
});

test('ms_16_changes_of_two_fields_at_once_by_a_browser_and_two_curls_are_all_kept', async (t) => {
  const { id, made, anna, bela } = await pair(t, 'list', 'Login');
  await anna.point('Login');
  await Promise.all([
    curl(server, 'PATCH', `tasks/${made[0]}`, { status: 'in_progress' }),
    curl(server, 'PATCH', `tasks/${made[0]}`, { description: 'By curl' }),
    anna.person.press('p'),
  ]);
  for (const at of [anna, bela]) await at.seesBadges('Login', ['[HIGH]', '[RUN]']);
  const { events } = await eventsOf(id);
  const versions = events.filter(({ event }) => event === 'task:updated').map(({ data }) => data.updatedAt);
  assert.ok(versions.length >= 2, 'what happened is told');
  assert.ok(versions.every((version, index) => index === 0 || version > versions[index - 1]), `${versions} rise`);
});

test('ms_17_ms_18_ms_20_ms_25_offline_the_board_still_edits_and_back_it_merges_and_counts_what_was_missed', async (t) => {
  const id = await project(server);
  const made = await tasks(server, id, 'One', 'Two');
  const session = await server.rest('POST', 'sessions', { projectId: id, name: 'Shift', taskIds: [made[0]] });
  const [anna, bela] = await Promise.all([join(t, 'Anna'), join(t, 'Bela', { origin: cable.origin })]);
  const [at, away] = await AtBoard.together([anna, bela], id, 'list');
  await away.showSessions();
  t.after(() => cable.mend());
  cable.cut();
  await bela.until('offline');
  assert.match((await bela.word()).text, /^Offline — may miss updates$/);
  await away.point('One');
  await bela.press('2');
  await away.seesBadges('One', ['[MEDIUM]', '[RUN]', '[1x]']);
  await eventually(async () => /^Offline — may miss updates · \d+ changes? kept in this browser$/.test((await bela.word()).text), async () => `kept: ${JSON.stringify(await bela.word())}`);
  // Meanwhile fourteen changes by others.
  for (let count = 0; count < 12; count += 1) await server.rest('PATCH', `tasks/${made[1]}`, { title: `Two ${count}` });
  await tasks(server, id, 'Three');
  await server.rest('PATCH', `tasks/${made[0]}`, { priority: 'high' });
  cable.mend();
  await bela.until('saved');
  await bela.toast('Caught up 14 changes.').waitFor();
  for (const one of [at, away]) {
    await one.sees(['Three', 'Two 11', 'One']);
    await one.seesBadges('One', ['[HIGH]', '[RUN]', '[1x]']);
  }
  await away.session(session.id).locator('[data-badge="status"]').filter({ hasText: '[RUN]' }).waitFor();
  assert.doesNotMatch((await bela.word()).text, /miss/);
  // The events go on where they were, of this project only.
  cable.cut();
  await bela.until('offline');
  await tasks(server, await project(server), 'Elsewhere');
  await server.rest('PATCH', `tasks/${made[1]}`, { title: 'Two again' });
  cable.mend();
  await bela.until('saved');
  await bela.toast('Caught up 1 change.').waitFor();
});

