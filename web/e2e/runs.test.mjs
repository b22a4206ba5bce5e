// Running cells on a real kernel, made ready by the product's own first-run path: in one browser, in two, with nobody
// there.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { eventually } from './kit/eventually.mjs';
import { kernelIs, kernelStage, KERNEL_LIMIT_MS, mark, marked, outputShows, told } from './kit/kernel.mjs';
import { agreed, only, Person } from './kit/people.mjs';

const VIEWER = 'viewer-token-of-the-tests-0123456789';
const { server, join, pair, engine } = await kernelStage({ viewerToken: VIEWER });

/** One person in a notebook of code cells. */
async function open(t, sources, settings) {
  const notebook = await server.write('Runs', sources.map((source) => (Array.isArray(source) ? source : ['code', source])));
  const anna = await join(t, 'Anna', settings);
  await Person.together([anna], notebook.id);
  return { anna, page: anna.page, id: notebook.id, cells: notebook.cells };
}

/** The id of the cell with the focus. */
const focused = (page) => page.evaluate(() => document.activeElement?.closest('[data-cell]')?.dataset.cell);

test('ln_13_ln_20_ln_22_shift_enter_runs_a_cell_and_both_see_it_run_and_what_it_put_out_when_by_whom_and_how_long', async (t) => {
  const { notebook, anna, bela } = await pair(t, 'First run', [['code', 'import time\nprint("begins")\nfor n in range(600):\n    time.sleep(0.05)\n    print(n, flush=True)'], ['code', '6 * 7']]);
  const [loop, answer] = notebook.cells;
  await anna.cell(loop).point();
  await anna.press('Shift+Enter');
  for (const person of [anna, bela]) {
    await marked(person, loop, 'running');
    await outputShows(person, loop, '5\n6\n7');
  }
  // Not at the end: while it runs.
  await marked(bela, loop, 'running', 1000);
  assert.match(await mark(bela, loop).innerText(), /^(\d+ s|\d+:\d\d)$/);
  await bela.cell(loop).box.locator('.rail').getByRole('button', { name: 'Stop cell 1' }).click();
  for (const person of [anna, bela]) {
    await marked(person, loop, 'stopped');
    await person.cell(loop).box.locator('.line').getByText(/^Stopped by Bela after [\d.]+ s at \d\d:\d\d:\d\d\.$/).waitFor();
  }
  assert.equal(await focused(anna.page), answer);
  await anna.press('Shift+Enter');
  for (const person of [anna, bela]) {
    await marked(person, answer, 'ok');
    await outputShows(person, answer, '42');
    assert.match(await told(person, answer), /^Ran [\d.]+ s, ended at \d\d:\d\d:\d\d, by Anna\.$/);
  }
  // Its number stands in the rail, where the pointer is not.
  await bela.page.mouse.move(5, 5);
  await eventually(async () => /^\[\d+\]$/.test(await bela.cell(answer).box.locator('.count').innerText()), 'the count is shown');
  assert.deepEqual([...anna.errors, ...bela.errors], []);
});

test('ln_85_shift_enter_goes_on_at_once_though_the_server_has_not_answered_and_makes_a_cell_at_the_end', async (t) => {
  const { anna, page, cells } = await open(t, ['1', '2']);
  let release;
  const held = new Promise((resolve) => (release = resolve));
  await page.route('**/api/notebooks/*/run', async (route) => {
    await held;
    await route.continue();
  });
  await anna.cell(cells[0]).point();
  await anna.press('Shift+Enter');
  assert.equal(await focused(page), cells[1]);
  await marked(anna, cells[0], 'asked');
  await anna.press('Shift+Enter');
  await eventually(async () => (await anna.order()).length === 3, 'a cell was made at the end');
  const made = (await anna.order())[2];
  await eventually(async () => (await focused(page)) === made, 'the new cell has the focus');
  await anna.type('1 + 2');
  release();
  await outputShows(anna, cells[0], '1');
  await outputShows(anna, cells[1], '2');
  await anna.cell(made).shows('1 + 2');
});

test('ctrl_enter_stays_and_alt_enter_puts_a_new_cell_below', async (t) => {
  const { anna, page, cells } = await open(t, ['"here"', '"there"']);
  await anna.cell(cells[0]).caretAtEnd();
  await anna.press('Control+Enter');
  await outputShows(anna, cells[0], 'here');
  assert.equal(await focused(page), cells[0]);
  await anna.press('Enter');
  await anna.press('Alt+Enter');
  await eventually(async () => (await anna.order()).length === 3 && (await anna.order())[2] === cells[1], 'a cell stands between the two');
  await eventually(async () => (await focused(page)) === (await anna.order())[1], 'it has the focus');
});

test('ln_24_a_note_that_is_run_is_only_rendered_and_one_goes_on', async (t) => {
  const { anna, page, id, cells } = await open(t, [['note', '# Title'], '1']);
  await anna.cell(cells[0]).caretAtEnd();
  await anna.type('!');
  await anna.press('Shift+Enter');
  await anna.cell(cells[0]).box.getByRole('heading', { name: 'Title!' }).waitFor();
  assert.equal(await focused(page), cells[1]);
  assert.equal(await anna.cell(cells[0]).box.locator('[data-run]').count(), 0);
  assert.equal((await engine.kernel(id)).state, 'stopped');
});

test('the_last_keystroke_before_a_run_is_in_what_runs_however_slow_the_way_to_the_server', async (t) => {
  const notebook = await server.write('Late', [['code', 'x = ']]);
  const anna = await join(t, 'Anna');
  const waiting = [];
  let holding = false;
  await anna.page.routeWebSocket(/\/ws\//, (socket) => {
    const far = socket.connectToServer();
    socket.onMessage((message) => (holding ? waiting.push(() => far.send(message)) : far.send(message)));
    far.onMessage((message) => socket.send(message));
  });
  let asked = 0;
  anna.page.on('request', (request) => request.method() === 'POST' && /\/run$/.test(request.url()) && (asked += 1));
  await Person.together([anna], notebook.id);
  const [cell] = notebook.cells;
  await anna.cell(cell).caretAtEnd();
  holding = true;
  await anna.type('12345\nx');
  await anna.press('Control+Enter');
  await marked(anna, cell, 'asked');
  await anna.until('saving');
  assert.equal(asked, 0, 'nothing is asked of the server before it has what was typed');
  holding = false;
  for (const send of waiting.splice(0)) send();
  await outputShows(anna, cell, '12345');
  // And at full speed, over and over.
  await anna.cell(cell).editor.click();
  for (const round of [1, 2, 3, 4, 5]) {
    await anna.press('Control+a');
    await anna.type(`"round ${round}"`);
    await anna.press('Control+Enter');
    await outputShows(anna, cell, `'round ${round}'`);
    await anna.press('Enter');
  }
});

test('ln_41_two_who_press_run_at_once_make_one_run', async (t) => {
  const { notebook, anna, bela, people } = await pair(t, 'Once', [['code', 'import time\ntimes = globals().get("times", 0) + 1\ntime.sleep(2)\nprint("run", times)']]);
  const [cell] = notebook.cells;
  await Promise.all(people.map((person) => person.cell(cell).point()));
  await Promise.all(people.map((person) => person.press('Control+Enter')));
  for (const person of [anna, bela]) {
    await outputShows(person, cell, 'run 1');
    await marked(person, cell, 'ok');
  }
  await engine.becomes(notebook.id, 'idle');
  await engine.prints(notebook.id, cell, 'run 1\n');
});

test('ln_80_run_all_queues_with_places_and_stop_ends_all_of_it_for_everybody', async (t) => {
  const { notebook, anna, bela } = await pair(t, 'Queue', [['code', 'import time; time.sleep(600)'], ['note', 'between'], ['code', '2'], ['code', '3']]);
  const [first, note, second, third] = notebook.cells;
  await anna.page.getByRole('button', { name: 'Run all cells' }).click();
  await marked(bela, first, 'running');
  await marked(bela, second, 'queued');
  await marked(bela, third, 'queued');
  assert.equal(await mark(bela, third).innerText(), '3');
  assert.match(await told(bela, third), /^Waits for 2 before it, by Anna\.$/);
  assert.equal(await bela.cell(note).box.locator('[data-run]').count(), 0);
  await bela.page.getByRole('button', { name: 'Stop all that runs or waits' }).click();
  for (const person of [anna, bela]) {
    for (const cell of [first, second, third]) {
      await marked(person, cell, 'stopped');
      assert.match(await told(person, cell), /^Stopped by Bela/);
    }
    await person.page.getByRole('button', { name: 'Run all cells' }).waitFor();
  }
});

test('ln_80_an_error_ends_what_was_asked_for_with_it_and_each_cell_says_so', async (t) => {
  const { anna, page, cells } = await open(t, ['1/0', '"never"']);
  await anna.cell(cells[0]).point();
  await page.getByRole('button', { name: 'Run all cells' }).click();
  await marked(anna, cells[0], 'failed');
  await outputShows(anna, cells[0], 'ZeroDivisionError: division by zero');
  await marked(anna, cells[1], 'stopped');
  const line = anna.cell(cells[1]).box.locator('.line');
  assert.match(await line.innerText(), /\.\s*Run again$/);
  await line.getByRole('button', { name: 'Run again' }).click();
  await outputShows(anna, cells[1], 'never');
  assert.equal(await anna.cell(cells[1]).box.locator('.line').count(), 0);
});

test('a_selection_the_cells_above_and_those_below_are_run_by_command', async (t) => {
  const { anna, page, cells } = await open(t, ['print("a")', 'print("b")', 'print("c")', 'print("d")']);
  const command = async (name) => {
    await anna.press('Control+Shift+P');
    await page.getByRole('combobox', { name: 'Find a command' }).fill(name);
    await page.getByRole('option', { name }).first().click();
  };
  await anna.cell(cells[2]).point();
  await command('Run all cells above');
  await outputShows(anna, cells[1], 'b');
  assert.equal(await mark(anna, cells[2]).count(), 0);
  await anna.cell(cells[2]).point();
  await command('Run this cell and all below');
  await outputShows(anna, cells[3], 'd');
  await outputShows(anna, cells[2], 'c');
  await anna.cell(cells[0]).point();
  await anna.press('Shift+ArrowDown');
  const before = await told(anna, cells[2]);
  await anna.press('Control+Enter');
  await eventually(async () => (await anna.cell(cells[1]).box.locator('.count').count()) === 0 || (await told(anna, cells[1])) !== '', 'the selection runs');
  await marked(anna, cells[0], 'ok');
  await marked(anna, cells[1], 'ok');
  assert.equal(await told(anna, cells[2]), before, 'what was not selected did not run');
});

test('ln_81_ln_82_a_kernel_that_dies_leaves_nothing_running_says_so_and_is_restarted_from_the_page', async (t) => {
  const { notebook, anna, bela } = await pair(t, 'Death', [['code', 'import os\nos._exit(1)'], ['code', '"alive"']]);
  const [end, alive] = notebook.cells;
  await anna.cell(end).point();
  await anna.press('Shift+Enter');
  for (const person of [anna, bela]) {
    await marked(person, end, 'failed');
    await kernelIs(person, 'dead');
    await person.page.locator('aside.notice').getByText('The kernel ended', { exact: true }).waitFor();
  }
  await bela.page.locator('aside.notice').getByRole('button', { name: 'Restart' }).click();
  await kernelIs(anna, 'idle');
  await anna.page.locator('aside.notice').waitFor({ state: 'detached' });
  await anna.press('Shift+Enter');
  await outputShows(bela, alive, 'alive');
});

test('ln_82_a_loop_in_c_is_stopped_from_the_page', async (t) => {
  const { anna, cells } = await open(t, ['x = 1; x', 'import re\nre.match(r"(a+)+$", "a" * 60 + "b")', 'x + 1']);
  const run = async (cell) => {
    await anna.cell(cell).point();
    await anna.press('Control+Enter');
  };
  await run(cells[0]);
  await outputShows(anna, cells[0], '1');
  await run(cells[1]);
  await kernelIs(anna, 'busy');
  await anna.press('i');
  await anna.press('i');
  await marked(anna, cells[1], 'stopped');
  await run(cells[2]);
  await outputShows(anna, cells[2], '2');
});

test('a_result_is_marked_as_stale_while_the_source_is_another_one', async (t) => {
  const { notebook, anna, bela } = await pair(t, 'Stale', [['code', '"old"']]);
  const [cell] = notebook.cells;
  await anna.cell(cell).caretAtEnd();
  await anna.press('Control+Enter');
  await outputShows(anna, cell, 'old');
  const stale = bela.cell(cell).box.locator('.stale');
  assert.equal(await stale.count(), 0);
  await anna.press('Enter');
  await anna.type(' ');
  await stale.waitFor();
  assert.match(await told(bela, cell), /It was changed since\.$/);
  await anna.press('Backspace');
  await stale.waitFor({ state: 'detached' });
});

test('ln_83_colours_progress_bars_html_and_pictures_come_from_a_real_kernel', async (t) => {
  const source = [
    'import sys, time',
    'from IPython.display import display, HTML, clear_output',
    'print("\\x1b[31mred\\x1b[0m and plain")',
    'for n in range(1, 4):',
    '    print(f"\\r{n}/3", end="", file=sys.stderr); sys.stderr.flush(); time.sleep(0.1)',
    'print(file=sys.stderr)',
    'display(HTML("<b>bold</b> in a frame"))',
    'handle = display({"text/plain": "first"}, raw=True, display_id=True)',
    'handle.update({"text/plain": "second"}, raw=True)',
  ].join('\n');
  const cleared = 'for n in range(5):\n    clear_output(wait=True)\n    print("turn", n)\n    time.sleep(0.05)';
  const { anna, cells } = await open(t, [source, cleared]);
  await anna.cell(cells[0]).point();
  await anna.press('Shift+Enter');
  await anna.press('Shift+Enter');
  const { box } = anna.cell(cells[0]);
  await box.frameLocator('iframe').getByText('bold').waitFor({ timeout: KERNEL_LIMIT_MS });
  await box.locator('.ansi-red-fg').getByText('red', { exact: true }).waitFor();
  await outputShows(anna, cells[0], 'second');
  const shown = await box.locator('.outputs').innerText();
  assert.ok(shown.includes('3/3') && !shown.includes('1/3') && !shown.includes('first'), shown);
  await marked(anna, cells[1], 'ok');
  assert.equal((await anna.cell(cells[1]).box.locator('.output').innerText()).trim(), 'turn 4');
});

test('a_hostile_output_reaches_neither_the_page_nor_its_cookies', async (t) => {
  const script = "try { parent.document.title = 'taken' } catch {} try { document.cookie } catch {} parent.postMessage({kind: 'link', address: 'javascript:alert(1)'}, '*'); document.body.dataset.ran = 'yes'";
  const source = `from IPython.display import display, HTML, Javascript, Markdown\ndisplay(HTML("""<p>mine</p><script>${script}</script>"""))\ndisplay(Javascript("document.title = 'taken'"))\ndisplay(Markdown('<img src=x onerror="document.title=1"> [x](javascript:alert(1))'))\nprint("<script>document.title = 'taken'</script>")`;
  const { anna, page, cells } = await open(t, [source]);
  await anna.cell(cells[0]).point();
  await anna.press('Control+Enter');
  const frame = anna.cell(cells[0]).box.frameLocator('iframe');
  await frame.getByText('mine').waitFor({ timeout: KERNEL_LIMIT_MS });
  await frame.locator('body[data-ran=yes]').waitFor();
  await outputShows(anna, cells[0], "<script>document.title = 'taken'</script>");
  assert.match(await page.title(), /^Runs · /);
  assert.equal(await anna.cell(cells[0]).box.locator('.output script, .output [onerror], .output a[href^="javascript"]').count(), 0);
  assert.deepEqual(anna.errors, []);
});

test('a_run_keeps_the_room_of_what_was_there_and_the_reader_their_place', async (t) => {
  const { notebook, anna, bela } = await pair(t, 'Room', [['code', 'import time\nfor n in range(40):\n    print("line", n)\ntime.sleep(globals().get("pause", 0))\npause = 600'], ['note', 'below '.repeat(400)], ['code', 'mine']]);
  const [cell, , mine] = notebook.cells;
  await anna.cell(cell).point();
  await anna.press('Control+Enter');
  await marked(bela, cell, 'ok');
  await outputShows(bela, cell, 'line 39');
  await bela.cell(mine).bringIntoSight();
  await bela.cell(mine).caretAtEnd();
  const before = await bela.cell(mine).top();
  await anna.press('Control+Enter');
  await marked(bela, cell, 'running');
  await outputShows(bela, cell, 'line 39');
  assert.ok(Math.abs((await bela.cell(mine).top()) - before) <= 2, 'whoever writes below stays where they were');
  await anna.page.getByRole('button', { name: 'Stop all that runs or waits' }).click();
  await marked(anna, cell, 'stopped');
});

test('ten_thousand_lines_fold_to_head_and_tail_and_all_of_a_longer_stream_is_fetched_when_asked_for', async (t) => {
  const { anna, cells } = await open(t, ['for n in range(10_000): print("line", n)', 'for n in range(60_000): print("row", n)']);
  await anna.cell(cells[0]).point();
  await anna.press('Shift+Enter');
  await outputShows(anna, cells[0], 'line 9999');
  const { box } = anna.cell(cells[0]);
  assert.equal(await box.getByText('line 5000', { exact: true }).count(), 0);
  await box.getByRole('button', { name: 'Show all (10,000 lines)' }).click();
  await eventually(() => box.evaluate((node) => node.textContent.includes('line 5000\n')), 'all of it is there');
  await anna.cell(cells[1]).point();
  await anna.press('Control+Enter');
  await marked(anna, cells[1], 'ok');
  await outputShows(anna, cells[1], 'row 59999');
  const long = anna.cell(cells[1]).box;
  await long.getByRole('button', { name: 'Show all', exact: true }).click();
  await eventually(() => long.evaluate((node) => node.textContent.includes('row 30000\n')), 'what was left out is there');
});

test('a_runaway_loop_delays_nobody_who_types_and_stop_works', async (t) => {
  const { notebook, anna, bela } = await pair(t, 'Runaway', [['code', 'while True: print("x" * 60)'], ['code', '']]);
  const [loop, mine] = notebook.cells;
  await anna.cell(loop).point();
  await anna.press('Control+Enter');
  await outputShows(bela, loop, 'x'.repeat(60));
  await bela.cell(mine).caretAtEnd();
  const typed = 'the quick brown fox jumps over the lazy dog';
  await bela.type(typed, 20);
  await anna.cell(mine).shows(typed);
  await marked(anna, loop, 'running', 1000);
  await bela.cell(loop).bringIntoSight();
  await bela.page.getByRole('button', { name: 'Stop all that runs or waits' }).click();
  for (const person of [anna, bela]) await marked(person, loop, 'stopped');
  await outputShows(anna, loop, 'left out');
});

test('a_line_that_a_program_wants_is_typed_by_anybody_also_after_a_reload_and_a_password_is_not_shown', async (t) => {
  const { notebook, anna, bela } = await pair(t, 'Input', [['code', 'from getpass import getpass\nname = input("Name? ")\nsecret = getpass("Secret? ")\nprint(name, len(secret))']]);
  const [cell] = notebook.cells;
  await anna.cell(cell).point();
  await anna.press('Control+Enter');
  await marked(bela, cell, 'input');
  await bela.page.reload();
  await bela.page.getByRole('main', { name: 'Notebook' }).waitFor();
  const name = bela.page.getByLabel('Name? ');
  await name.fill('Grace');
  await name.press('Enter');
  const secret = anna.page.getByLabel('Secret? ');
  await secret.waitFor();
  assert.equal(await secret.getAttribute('type'), 'password');
  await secret.fill('hunter2');
  await anna.page.getByRole('button', { name: 'Send' }).click();
  for (const person of [anna, bela]) await outputShows(person, cell, 'Name? Grace\nSecret? ········\nGrace 7');
  assert.ok(!(await bela.page.locator('main').innerText()).includes('hunter2'));
});

test('ln_21_ln_23_interaction_10_a_long_cell_goes_on_with_the_laptop_closed_and_streams_on_a_phone_where_stop_works', async (t) => {
  const { anna, id, cells } = await open(t, ['import time\nfor n in range(10_000):\n    print("step", n, flush=True)\n    time.sleep(0.1)']);
  await anna.cell(cells[0]).point();
  await anna.press('Shift+Enter');
  await outputShows(anna, cells[0], 'step 2');
  await anna.leave();
  const steps = async () => (await engine.printed(id, cells[0])).split('\n').length;
  const left = await steps();
  await eventually(async () => (await steps()) > left + 10, 'it goes on with nobody there');
  const phone = await join(t, 'Anna', { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  await phone.open(id);
  await marked(phone, cells[0], 'running');
  await outputShows(phone, cells[0], `step ${left + 10}\n`);
  const seen = await steps();
  await outputShows(phone, cells[0], `step ${seen + 5}\n`);
  await phone.page.getByRole('button', { name: 'Stop all that runs or waits' }).tap();
  await marked(phone, cells[0], 'stopped');
  const ended = await engine.printed(id, cells[0]);
  assert.ok(ended.startsWith('step 0\nstep 1\nstep 2\n'), ended.slice(0, 60));
  await phone.cell(cells[0]).box.locator('.line').getByText(/^Stopped by Anna/).waitFor();
});

test('whoever_may_only_read_sees_runs_and_kernel_and_has_no_control_that_would_be_refused', async (t) => {
  const { notebook, anna } = await pair(t, 'Readers', [['code', 'name = input("Who? ")'], ['code', '1']]);
  const vera = await join(t, 'Vera', { link: server.viewerLink });
  await vera.open(notebook.id);
  const [cell, other] = notebook.cells;
  await anna.cell(cell).point();
  await anna.press('Control+Enter');
  await marked(vera, cell, 'input');
  await kernelIs(vera, 'busy');
  await vera.cell(cell).box.locator('.wanted').getByText('Who? ').waitFor();
  await vera.cell(cell).box.hover();
  assert.equal(await vera.page.getByRole('button', { name: /^(Run|Stop|Send|Run again)\b/ }).count(), 0);
  assert.equal(await vera.cell(cell).box.locator('input').count(), 0);
  await vera.cell(other).point();
  await vera.press('Control+Enter');
  await vera.press('Shift+Enter');
  await vera.page.locator('[data-kernel]').click();
  await vera.page.getByRole('dialog', { name: 'Kernel' }).waitFor();
  assert.equal(await vera.page.getByRole('dialog', { name: 'Kernel' }).getByRole('button', { name: /Restart|Shut down|Interrupt|Start/ }).count(), 0);
  assert.equal(await mark(anna, other).count(), 0, 'nothing was run by a reader');
  await anna.page.getByRole('button', { name: 'Stop all that runs or waits' }).click();
  await marked(vera, cell, 'stopped');
});

test('while_the_server_is_away_nothing_can_be_run_and_a_sentence_says_why', async (t) => {
  const { anna, page, cells } = await open(t, ['1']);
  await anna.context.setOffline(true);
  await anna.until('offline');
  const button = page.getByRole('button', { name: 'Run all cells' });
  assert.ok(await button.isDisabled());
  assert.equal(await button.getAttribute('title'), 'The server is away: cells run when it is back.');
  await anna.cell(cells[0]).point();
  await anna.press('Control+Enter');
  await anna.toast('The server is away: cells run when it is back.').waitFor();
  assert.equal(await mark(anna, cells[0]).count(), 0);
  await anna.context.setOffline(false);
  await anna.until('saved');
  await anna.press('Control+Enter');
  await outputShows(anna, cells[0], '1');
});

test('ln_42_typing_into_a_running_cell_merges_while_its_output_streams', async (t) => {
  const { notebook, people, anna } = await pair(t, 'While', [['code', 'import time\nfor n in range(10_000):\n    print(n)\n    time.sleep(0.05)\n#']]);
  const [cell] = notebook.cells;
  await anna.cell(cell).point();
  await anna.press('Control+Enter');
  await marked(anna, cell, 'running');
  await Promise.all(people.map((person) => person.cell(cell).caretAtEnd()));
  await Promise.all([people[0].type('abcdefgh', 30), people[1].type('ABCDEFGH', 30)]);
  const whole = await agreed(people, cell, (text) => only('abcdefgh', text.split('#')[1] ?? '').length === 8 && only('ABCDEFGH', text.split('#')[1] ?? '').length === 8);
  assert.ok(whole.startsWith('import time'), whole);
  await anna.page.getByRole('button', { name: 'Stop all that runs or waits' }).click();
  await marked(anna, cell, 'stopped');
});
