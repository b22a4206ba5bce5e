// Two people type: in one word, with carets, with signs from beyond ASCII, and take back what was theirs.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { eventually } from './kit/eventually.mjs';
import { latencies, median, watchArrivals, watchKeys } from './kit/latency.mjs';
import { inputMethod, watchComposition } from './kit/input.mjs';
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
  await bela.cell(id).caretAt(4);

  const caret = async () => (await anna.cell(id).read()).carets.find(({ name }) => name === 'Béla Bartók')?.offset;
  await anna.cell(id).editor.waitFor();
  await eventually(async () => (await caret()) === 4, async () => `Anna sees the caret at 4: ${JSON.stringify((await anna.cell(id).read()).carets)}`);
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
  const events = await watchComposition(anna.page);
  const ime = await inputMethod(anna);
  let theirs = '';
  for (const stage of ['k', 'か', 'かn', 'かん', 'かんj', 'かんじ', '漢字']) {
    await ime.compose(stage);
    await bela.type('x');
    theirs += 'x';
    await anna.cell(id).shows(`start ${stage} end${theirs}`);
  }
  await ime.commit('漢字');
  const text = await agreed(people, id, (seen) => seen === `start 漢字 end${theirs}`);
  assert.equal((await anna.cell(id).read()).head, text.indexOf('字') + 1);
  assert.deepEqual(await events(), [['compositionstart', ''], ['compositionend', '漢字']]);
});

test('ln_17_a_composition_inside_a_word_goes_on_while_the_other_types_before_and_behind_it_in_that_word', async (t) => {
  const { notebook, anna, bela, people } = await pair(t, 'Composition in a word', [['code', 'startend\n']]);
  const [id] = notebook.cells;
  await anna.cell(id).caretAt(5);
  await bela.cell(id).caretAt(2);
  const events = await watchComposition(anna.page);
  const ime = await inputMethod(anna);
  const theirs = (many, stage) => `st${'x'.repeat(many)}art${stage}${'y'.repeat(many)}end`;
  let many = 0;
  for (const stage of ['k', 'か', 'かn', 'かん', 'かんj', 'かんじ', '漢字']) {
    await ime.compose(stage);
    await bela.cell(id).shows(`${theirs(many, stage)}\n${'z'.repeat(many)}`);
    // Before the composition, behind it, and in another line.
    for (const [offset, letter] of [[2 + many, 'x'], [6 + 2 * many + stage.length, 'y'], [11 + 3 * many + stage.length, 'z']]) {
      await bela.cell(id).caretAt(offset);
      await bela.type(letter);
    }
    many += 1;
    // What lies in the word itself waits for the composition, the other line does not.
    await anna.cell(id).shows(`start${stage}end\n${'z'.repeat(many)}`);
  }
  await ime.commit('漢字');
  const text = await agreed(people, id, (seen) => seen === `${theirs(many, '漢字')}\n${'z'.repeat(many)}`);
  assert.equal((await anna.cell(id).read()).head, text.indexOf('字') + 1);
  assert.deepEqual(await events(), [['compositionstart', ''], ['compositionend', '漢字']]);
});

test('ln_17_a_keyboard_that_corrects_the_word_before_it_replaces_that_word_only', async (t) => {
  const { notebook, anna, bela, people } = await pair(t, 'Correction', [['note', 'and ']]);
  const [id] = notebook.cells;
  await anna.cell(id).caretAtEnd();
  await bela.cell(id).caretAt(0);
  const ime = await inputMethod(anna);
  for (const stage of ['t', 'te', 'teh']) await ime.compose(stage);
  await bela.type('so ');
  await anna.cell(id).shows('so and teh');
  // As a phone does: the word is marked again and exchanged as a whole.
  await ime.replace('the', 'so and '.length, 'so and teh'.length);
  await ime.commit('the ');
  await bela.type('yes ');
  await agreed(people, id, (text) => text === 'so yes and the ');
  assert.equal((await anna.cell(id).read()).head, 'so yes and the '.length);
});

test('ln_60_no_caret_ever_stands_inside_a_sign_and_no_sign_is_torn_whatever_both_do', async (t) => {
  const FAMILY = '👩‍👩‍👧';
  const { notebook, anna, bela, people } = await pair(t, 'Whole signs', [['code', `a${FAMILY}b\nשלום עולם\ne\u0301x 👍🏽 漢字`]]);
  const [id] = notebook.cells;
  await bela.cell(id).caretAt(1);
  await anna.cell(id).editor.click();
  await anna.press('Control+Home');
  await anna.press('ArrowRight');
  await anna.press('ArrowRight');
  const stands = (person, head) => eventually(async () => (await person.cell(id).read()).head === head, async () => `${person.name} stands at ${head}: ${(await person.cell(id).read()).head}`);
  await stands(anna, 1 + FAMILY.length);
  await bela.type('x');
  await stands(anna, 2 + FAMILY.length);

  // In Hebrew the next letter is to the left, and what is typed there follows on.
  await anna.press('ArrowDown');
  await anna.press('End');
  await anna.type('!');
  await bela.cell(id).shows(`ax${FAMILY}b\nשלום עולם!\ne\u0301x 👍🏽 漢字`);

  const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
  t.diagnostic(`SEED=${seed}`);
  let state = seed + 1;
  const chance = (below) => Math.floor(((state = (state * 48271) % 2147483647) / 2147483647) * below);
  const deeds = [
    (person) => person.press('ArrowLeft'),
    (person) => person.press('ArrowRight'),
    (person) => person.press('ArrowUp'),
    (person) => person.press('ArrowDown'),
    (person) => person.press('Backspace'),
    (person) => person.press('Delete'),
    (person) => person.page.keyboard.insertText(['👍🏽', FAMILY, 'é', 'ש', '\u0301', '漢'][chance(6)]),
  ];
  for (let step = 0; step < 60; step += 1) {
    await Promise.all(people.map((person) => deeds[chance(deeds.length)](person)));
    for (const person of people) {
      const { text, head } = await person.cell(id).read();
      assert.ok(text.isWellFormed(), `step ${step}: ${JSON.stringify(text)}`);
      assert.ok(head === undefined || text.slice(0, head).isWellFormed(), `step ${step}: ${person.name} stands inside a sign of ${JSON.stringify(text)}`);
    }
  }
  await agreed(people, id, (text) => text.isWellFormed());
});
