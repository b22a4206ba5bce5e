// Two people type: in one word, with carets, with signs from beyond ASCII, and take back what was theirs.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { eventually } from './kit/eventually.mjs';
import { latencies, median, watchArrivals, watchKeys } from './kit/latency.mjs';
import { agreed, only } from './kit/people.mjs';
import { stage } from './kit/stage.mjs';

// Without the initials of the two: their names stand at their carets.
const UPPER = 'CDEFGHIJKLMNOPQRSTUVWXYZ';
const DIGITS = '0123456789';
/** A key every so many milliseconds: two fast typists. */
const KEY_MS = 45;
/** Far above what people would feel; the figure itself is printed. */
const LATENCY_LIMIT_MS = 1000;

const { join, pair } = await stage();

test('ln_09_ln_25_ln_60_two_browsers_type_in_the_same_word_and_every_character_arrives', async (t) => {
  const [anna, bela] = await Promise.all([join(t, 'Anna'), join(t, 'Bela')]);
  await anna.page.getByRole('button', { name: 'New notebook' }).click();
  await anna.page.getByRole('main', { name: 'Notebook' }).waitFor();
  await anna.until('saved');
  const [id] = await anna.order();
  await anna.cell(id).editor.click();
  await anna.type('together');
  await bela.page.goto(anna.page.url());
  await bela.cell(id).shows('together');

  await anna.cell(id).caretAt(4);
  await bela.cell(id).caretAt(4);
  const typed = { anna: UPPER.repeat(2), bela: DIGITS.repeat(5) };
  await Promise.all([watchKeys(anna.page), watchKeys(bela.page)]);
  await Promise.all([watchArrivals(bela.page, id, UPPER), watchArrivals(anna.page, id, DIGITS)]);
  await Promise.all([anna.type(typed.anna, KEY_MS), bela.type(typed.bela, KEY_MS)]);

  const length = 'together'.length + typed.anna.length + typed.bela.length;
  const text = await agreed([anna, bela], id, (seen) => seen.length >= length);
  assert.equal(text.length, length);
  assert.equal(only(UPPER, text), typed.anna);
  assert.equal(only(DIGITS, text), typed.bela);
  assert.equal(only('togethr', text), 'together');
  assert.ok(text.startsWith('toge') && text.endsWith('ther'), text);

  // Each stands behind their own last letter.
  for (const [person, last] of [[anna, typed.anna], [bela, typed.bela]]) {
    const { head, anchor, focused } = await person.cell(id).read();
    assert.equal(head, text.lastIndexOf(last.at(-1)) + 1, `${person.name}'s caret in ${text}`);
    assert.equal(anchor, head);
    assert.ok(focused);
  }

  const figures = [...(await latencies(anna.page, bela.page)), ...(await latencies(bela.page, anna.page))];
  assert.ok(figures.length >= typed.anna.length, 'most keystrokes were measured');
  const middle = median(figures);
  t.diagnostic(`from key to the other page: median ${middle.toFixed(1)} ms, longest ${Math.max(...figures).toFixed(1)} ms, ${figures.length} keys`);
  assert.ok(middle < LATENCY_LIMIT_MS);
});

test('ln_62_ln_70_ln_04_a_named_caret_is_seen_moves_with_the_text_and_goes_when_its_owner_leaves', async (t) => {
  const { notebook, anna, bela } = await pair(t, 'Carets', [['code', 'one two three']]);
  const [id] = notebook.cells;
  await bela.page.getByLabel('You: Bela').click();
  await bela.page.getByLabel('Your name').fill('Béla Bartók');
  await bela.press('Enter');
  await bela.page.getByLabel('You: Béla Bartók').click();
  await bela.cell(id).caretAt(4);

  const caret = async () => (await anna.cell(id).read()).carets.find(({ name }) => name === 'Béla Bartók')?.offset;
  await anna.cell(id).editor.waitFor();
  await eventually(async () => (await caret()) === 4, async () => `Anna sees the caret at 4: ${await caret()}`);
  await anna.page.getByRole('button', { name: 'Go to Béla Bartók' }).waitFor();
  // Also over the first line the name is not cut off by what the line scrolls in.
  const cut = await anna.cell(id).box.locator('.caret-flag').evaluate((flag) => {
    const [inner, outer] = [flag, flag.closest('.cm-scroller')].map((node) => node.getBoundingClientRect());
    return Math.round(outer.top - inner.top);
  });
  assert.ok(cut <= 0, `${cut} px of the name are cut off`);

  await anna.cell(id).caretAt(0);
  await anna.type('zero ');
  await bela.cell(id).shows('zero one two three');
  await eventually(async () => (await caret()) === 9, async () => `the caret has moved to 9: ${await caret()}`);
  // It is behind its letter for its owner too.
  assert.equal((await bela.cell(id).read()).head, 9);

  await bela.press('Shift+ArrowRight');
  await bela.press('Shift+ArrowRight');
  const selected = async () => (await anna.cell(id).read()).selectedByOthers;
  await eventually(async () => (await selected()) === 'tw', async () => `Anna sees Béla's selection: ${await selected()}`);

  const left = performance.now();
  await bela.page.close();
  await eventually(async () => (await caret()) === undefined, 'the caret is gone');
  await anna.page.getByRole('button', { name: 'Go to Béla Bartók' }).waitFor({ state: 'detached' });
  t.diagnostic(`gone ${(performance.now() - left).toFixed(0)} ms after leaving`);
});

test('ln_63_undo_takes_back_my_last_edit_and_never_a_colleagues', async (t) => {
  const { notebook, anna, bela, people } = await pair(t, 'Undo', [['code', 'base'], ['code', 'other']]);
  const [first, second] = notebook.cells;
  await anna.cell(first).caretAtEnd();
  await anna.type(' mine');
  await bela.cell(first).shows('base mine');
  await bela.cell(first).caretAt(0);
  await bela.type('theirs ');
  await bela.cell(second).caretAtEnd();
  await bela.type(' too');
  await anna.cell(first).shows('theirs base mine');
  await anna.cell(second).shows('other too');

  await anna.press('Control+z');
  await agreed(people, first, (text) => text === 'theirs base');
  await agreed(people, second, (text) => text === 'other too');
  await anna.press('Control+z');
  await anna.toast('Nothing of yours to undo').waitFor();
  await agreed(people, first, (text) => text === 'theirs base');
  await anna.press('Control+y');
  await agreed(people, first, (text) => text === 'theirs base mine');

  // Structure is taken back as well, and what was typed there meanwhile stays.
  await bela.cell(second).use('Delete cell 2');
  await anna.sees([first]);
  await bela.press('Control+z');
  await anna.sees([first, second]);
  await agreed(people, second, (text) => text === 'other too');
});

test('ln_60_emoji_and_ideographs_survive_while_both_type_in_one_cell', async (t) => {
  const { notebook, anna, people, bela } = await pair(t, 'Signs', [['code', '[]']]);
  const [id] = notebook.cells;
  const SIGNS = '👩‍👩‍👧 ñ 漢字';
  await anna.cell(id).caretAt(1);
  await bela.cell(id).caretAt(2);
  const insert = async () => {
    for (let round = 0; round < 5; round += 1) await anna.page.keyboard.insertText(SIGNS);
  };
  await Promise.all([insert(), bela.type(DIGITS.repeat(3), KEY_MS)]);
  const expected = `[${SIGNS.repeat(5)}]${DIGITS.repeat(3)}`;
  await agreed(people, id, (text) => text === expected);
});

test('ln_17_a_composition_goes_on_while_the_other_types_in_the_same_cell', async (t) => {
  const { notebook, anna, bela, people } = await pair(t, 'Composition', [['code', 'start  end']]);
  const [id] = notebook.cells;
  await anna.cell(id).caretAt(6);
  await bela.cell(id).caretAt(10);
  await anna.page.evaluate(() => {
    window.compositions = [];
    for (const kind of ['compositionstart', 'compositionend']) document.addEventListener(kind, (event) => window.compositions.push([kind, event.data]), true);
  });
  const devtools = await anna.context.newCDPSession(anna.page);
  const compose = (text) => devtools.send('Input.imeSetComposition', { text, selectionStart: text.length, selectionEnd: text.length });
  let theirs = '';
  for (const stage of ['k', 'か', 'かn', 'かん', 'かんj', 'かんじ', '漢字']) {
    await compose(stage);
    await bela.type('x');
    theirs += 'x';
    await anna.cell(id).shows(`start ${stage} end${theirs}`);
  }
  await devtools.send('Input.insertText', { text: '漢字' });
  const text = await agreed(people, id, (seen) => seen === `start 漢字 end${theirs}`);
  assert.equal((await anna.cell(id).read()).head, text.indexOf('字') + 1);
  const events = await anna.page.evaluate(() => window.compositions);
  assert.deepEqual(events.map(([kind]) => kind), ['compositionstart', 'compositionend']);
  assert.equal(events[1][1], '漢字');
});
