// Whatever others do above, what somebody reads stays where it is on their screen, to two pixels in every painted frame.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { eventually } from './kit/eventually.mjs';
import { Peer, picture, printed } from './kit/peer.mjs';
import { Person } from './kit/people.mjs';
import { stage } from './kit/stage.mjs';
import { strayed, watchPlace } from './kit/painted.mjs';

const STEADY_PX = 2;

const { server, join } = await stage();

const CELLS = Array.from({ length: 40 }, (_, index) => (index % 4 === 3 ? ['note', `## Part ${index}\n\nSome words on part ${index}.`] : ['code', `value = ${index}\nprint(value)`]));

/** Bela reads with cell `index` at the top of his view, `offset` pixels of it already out of sight. */
async function reading(t, { index = 20, offset = 0 } = {}) {
  const notebook = await server.write('Steady', CELLS);
  const bela = await join(t, 'Bela');
  await Person.together([bela], notebook.id);
  const { cells } = notebook;
  // By id: a cell that comes near is drawn anew in place of its sketch.
  const show = ([id, out]) => {
    const bar = document.querySelector('header.bar').getBoundingClientRect().bottom;
    window.scrollTo(0, document.getElementById(id).parentElement.getBoundingClientRect().top + scrollY - bar + out);
  };
  await bela.page.evaluate(show, [`cell-${cells[index]}`, offset]);
  await bela.cell(cells[index + 1]).box.locator('.cm-content, .markdown').waitFor();
  await bela.page.evaluate(show, [`cell-${cells[index]}`, offset]);
  const peer = await Peer.join(t, server, notebook.id);
  await watchPlace(bela.page, await bela.cell(cells[index + 1]).box.elementHandle());
  return { notebook, bela, peer, cells };
}

async function assertSteady(bela, deed) {
  const { farthest, trail } = await strayed(bela.page);
  assert.ok(Math.abs(farthest) <= STEADY_PX, `${deed}: strayed by ${farthest} px: ${trail.slice(0, 12)}`);
}

const rest = (notebook, method, path, body) => server.rest(method, `notebooks/${notebook.id}/cells${path}`, body);

test('outputs_and_pictures_that_arrive_above_move_nothing', async (t) => {
  const { bela, peer, cells } = await reading(t);
  const before = await bela.page.evaluate(() => document.documentElement.scrollHeight);
  peer.putOut(cells[17], printed(12));
  peer.putOut(cells[18], picture(300, 260));
  peer.putOut(cells[2], printed(30), picture(200, 500));
  await eventually(() => bela.page.evaluate((height) => document.documentElement.scrollHeight > height + 400, before), 'the page has grown');
  await eventually(() => bela.page.locator(`[id="cell-${cells[18]}"] img`).evaluate((image) => image.complete && image.naturalHeight === 260), 'the picture is there');
  await assertSteady(bela, 'outputs above');
});

test('cells_added_deleted_moved_and_changed_above_move_nothing', async (t) => {
  const { notebook, bela, cells } = await reading(t);
  const count = cells.length;
  const made = await rest(notebook, 'POST', '', { type: 'note', source: '# New\n\nabove', after: cells[18] });
  await eventually(async () => (await bela.order()).length === count + 1, 'added');
  await assertSteady(bela, 'a cell added above');
  await rest(notebook, 'PUT', `/${made.id}/source`, { source: `# New\n\n${'A long paragraph. '.repeat(60)}\n\n- one\n- two\n- three` });
  await bela.cell(made.id).box.getByText('three').waitFor();
  await assertSteady(bela, 'a note rendered taller above');
  await rest(notebook, 'PUT', `/${cells[18]}/source`, { source: 'x = 1\n'.repeat(25) });
  await eventually(async () => (await bela.cell(cells[18]).text()).split('\n').length > 20, 'the code is longer');
  await assertSteady(bela, 'code resized above');
  await rest(notebook, 'POST', `/${cells[30]}/move`, { after: cells[5] });
  await eventually(async () => (await bela.order()).indexOf(cells[30]) === 6, 'moved up');
  await assertSteady(bela, 'a cell moved from below to above');
  await rest(notebook, 'POST', `/${made.id}/move`, { after: cells[35] });
  await eventually(async () => (await bela.order()).indexOf(made.id) > 30, 'moved down');
  await assertSteady(bela, 'a cell moved from above to below');
  await rest(notebook, 'PATCH', `/${cells[18]}`, { collapsed: true });
  await bela.cell(cells[18]).box.locator('.folded').first().waitFor();
  await assertSteady(bela, 'a cell folded above');
  await rest(notebook, 'DELETE', `/${cells[18]}`);
  await rest(notebook, 'DELETE', `/${cells[1]}`);
  await eventually(async () => (await bela.order()).length === count - 1, 'deleted');
  await assertSteady(bela, 'cells deleted above');
});

test('the_top_visible_cell_moved_or_deleted_leaves_the_next_where_it_is', async (t) => {
  const { notebook, bela, cells } = await reading(t, { offset: 30 });
  await rest(notebook, 'POST', `/${cells[20]}/move`, { after: cells[38] });
  await eventually(async () => (await bela.order()).indexOf(cells[20]) === 38, 'moved away');
  await assertSteady(bela, 'the top cell moved away');
  await rest(notebook, 'DELETE', `/${cells[19]}`);
  await eventually(async () => (await bela.order()).length === cells.length - 1, 'deleted');
  await assertSteady(bela, 'the top cell deleted');
});

test('output_growing_in_the_cell_above_the_line_one_reads_moves_nothing', async (t) => {
  const notebook = await server.write('Tall', CELLS);
  const peer = await Peer.join(t, server, notebook.id);
  const [id, next] = notebook.cells.slice(20);
  peer.putOut(id, printed(60), printed(60));
  const bela = await join(t, 'Bela');
  await Person.together([bela], notebook.id);
  await bela.cell(id).box.locator('pre').nth(1).waitFor();
  await bela.cell(id).box.evaluate((box) => window.scrollTo(0, box.querySelectorAll('.outputs pre')[1].getBoundingClientRect().top + scrollY + 200));
  await watchPlace(bela.page, await bela.cell(next).box.elementHandle());
  peer.source(id).insert(0, 'import one\nimport two\nimport three\n');
  await eventually(async () => (await bela.cell(id).text()).startsWith('import one'), 'the source has grown');
  await assertSteady(bela, 'the source grew above the output that is read');
  const above = bela.cell(notebook.cells[19]).box;
  await above.evaluate((box) => (window.watchedAbove = box.getBoundingClientRect().top));
  peer.putOut(id, printed(30));
  await bela.cell(id).box.locator('.outputs pre').nth(2).waitFor({ state: 'attached' });
  assert.ok(Math.abs(await above.evaluate((box) => box.getBoundingClientRect().top - window.watchedAbove)) <= STEADY_PX, 'output grew below the line that is read');
});

test('while_somebody_turns_the_wheel_the_page_moves_by_the_wheel_and_by_nothing_else', async (t) => {
  const { bela, peer, cells } = await reading(t);
  const id = cells[24];
  const top = () => bela.cell(id).box.evaluate((box) => box.getBoundingClientRect().top);
  const start = await top();
  await bela.page.mouse.move(640, 400);
  const TURNS = 12;
  for (let turn = 0; turn < TURNS; turn += 1) {
    await bela.page.mouse.wheel(0, 40);
    peer.putOut(cells[turn % 3], printed(3 + turn));
    if (turn % 3 === 0) peer.putOut(cells[17], printed(2));
  }
  await bela.cell(cells[17]).box.locator('.outputs').first().waitFor({ state: 'attached' });
  let last;
  await eventually(async () => {
    const now = await top();
    const rests = now === last;
    last = now;
    return rests;
  }, 'the wheel has come to rest');
  assert.ok(Math.abs(start - TURNS * 40 - last) <= STEADY_PX, `from ${start} by ${TURNS * 40} to ${last}`);
});

test('scrolling_up_through_cells_never_drawn_before_goes_as_far_as_the_wheel_turns', async (t) => {
  const notebook = await server.write('Up', CELLS.map(([kind, source]) => [kind, kind === 'code' ? `${source}\n${'# a line\n'.repeat(9)}` : source]));
  const bela = await join(t, 'Bela');
  await Person.together([bela], notebook.id);
  await bela.page.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight * 0.6));
  const seen = await bela.page.evaluateHandle(() => [...document.querySelectorAll('article')].find((cell) => cell.getBoundingClientRect().top > 100).parentElement);
  await watchPlace(bela.page, seen);
  const start = await bela.page.evaluate(() => window.watched.start);
  await bela.page.mouse.move(640, 400);
  for (let turn = 0; turn < 8; turn += 1) await bela.page.mouse.wheel(0, -90);
  const top = () => seen.evaluate((cell) => cell.getBoundingClientRect().top);
  await eventually(async () => Math.abs((await top()) - (start + 720)) <= STEADY_PX, async () => `from ${start} to ${start + 720}; is at ${await top()}`, 4000);
});

test('ln_53_the_line_one_writes_in_stays_when_others_write_above_it_in_the_cell_or_move_the_cell', async (t) => {
  const notebook = await server.write('Writing', CELLS);
  const peer = await Peer.join(t, server, notebook.id);
  const id = notebook.cells[20];
  peer.source(id).insert(0, Array.from({ length: 30 }, (_, line) => `line_${line} = ${line}\n`).join(''));
  const bela = await join(t, 'Bela');
  await Person.together([bela], notebook.id);
  await bela.cell(id).caretAt(0);
  for (let line = 0; line < 15; line += 1) await bela.press('ArrowDown');
  await bela.type('mine');
  await watchPlace(bela.page, await bela.page.evaluateHandle(() => getSelection().focusNode.parentElement.closest('.cm-line')));
  const order = () => bela.order();

  peer.source(id).insert(0, 'import one\nimport two\nimport three\n');
  await eventually(async () => (await bela.cell(id).text()).startsWith('import one'), 'lines above');
  await assertSteady(bela, 'lines typed above in the same cell');
  peer.putOut(notebook.cells[18], printed(20));
  await bela.cell(notebook.cells[18]).box.locator('.outputs pre').waitFor({ state: 'attached' });
  await assertSteady(bela, 'output above');
  await rest(notebook, 'POST', `/${id}/move`, { after: notebook.cells[33] });
  await eventually(async () => (await order()).indexOf(id) === 33, 'my cell is moved down');
  await assertSteady(bela, 'my cell moved down');
  await rest(notebook, 'POST', `/${id}/move`, { after: notebook.cells[4] });
  await eventually(async () => (await order()).indexOf(id) === 5, 'my cell is moved up');
  await assertSteady(bela, 'my cell moved up');
  await rest(notebook, 'DELETE', `/${id}`);
  await bela.cell(id).box.getByRole('alert').waitFor();
  await assertSteady(bela, 'my cell deleted');
  assert.ok((await bela.cell(id).read()).focused);
});
