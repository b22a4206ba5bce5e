// Prompts: asked, streamed into every browser, stopped, edited, gone wrong, asked for oneself. A real server asks a
// provider whose every word the test says, or the built-in demonstration.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { seriousFaults } from './kit/axe.mjs';
import { eventually } from './kit/eventually.mjs';
import { LanguageModel } from './kit/languageModel.mjs';
import { assertNoForeignHost, Person } from './kit/people.mjs';
import { answerOf, prompt } from './kit/prompts.mjs';
import { Proxy } from './kit/proxy.mjs';
import { stage } from './kit/stage.mjs';

const VIEWER = 'viewer-token-of-the-tests-0123456789';
const { server, browser, join, pair } = await stage({ viewerToken: VIEWER });

/** Two people, and a model that says what the test says. */
async function asked(t, cells) {
  const model = await LanguageModel.start(t);
  await model.serve(server);
  const here = await pair(t, 'Prompts', cells);
  const id = here.notebook.cells[cells.findIndex(([kind]) => kind === 'prompt')];
  return { model, ...here, page: here.anna.page, id, mine: prompt(here.anna, id), theirs: prompt(here.bela, id) };
}

/** One person alone. */
async function alone(t, cells, settings) {
  const model = await LanguageModel.start(t);
  await model.serve(server);
  const notebook = await server.write('Prompts', cells);
  const anna = await join(t, 'Anna', settings);
  await Person.together([anna], notebook.id);
  const id = notebook.cells[cells.findIndex(([kind]) => kind === 'prompt')];
  return { model, notebook, anna, page: anna.page, id, mine: prompt(anna, id) };
}

const both = (people, see) => Promise.all(people.map(see));

test('ln_30_ln_31_ln_32_ln_34_ln_36_an_answer_streams_into_both_browsers_as_markdown_and_the_other_stops_it_and_both_see_who', async (t) => {
  const { model, notebook, id, anna, bela, mine, theirs } = await asked(t, [['note', '# Birds'], ['prompt', 'Why do penguins not fly?']]);
  await mine.ask();
  const question = await model.next();
  await both([mine, theirs], (one) => one.is('waiting'));
  // Run has become Stop, for both.
  await both([mine, theirs], (one) => one.box.locator('button.ask.live').getByText('Stop').waitFor());

  question.think('They are **heavy**.');
  await both([mine, theirs], (one) => one.is('thinking'));
  await both([mine, theirs], (one) => one.answer.getByRole('button', { name: /^Thinking… \d+ s$/ }).waitFor());

  question.say('Because their wings are **fli');
  await both([mine, theirs], (one) => one.is('answering'));
  // Bold before its end has come.
  await both([mine, theirs], (one) => one.text.locator('strong').getByText('fli', { exact: true }).waitFor());
  question.say('ppers**:\n\n- short\n- sti');
  await both([mine, theirs], (one) => one.text.locator('li').getByText('sti', { exact: true }).waitFor());
  assert.equal(await mine.text.getByText('heavy').count(), 0, 'thoughts are no part of the answer');

  await theirs.stop();
  await question.isDropped();
  await both([mine, theirs], (one) => one.tells(/^Stopped by Bela after [\d.]+ s at \d\d:\d\d:\d\d\.$/));
  await both([mine, theirs], (one) => one.is('stopped'));
  const kept = await answerOf(server, notebook.id, id);
  assert.equal(kept.answer, 'Because their wings are **flippers**:\n\n- short\n- sti');
  assert.equal(kept.thinking, 'They are **heavy**.');
  await both([mine, theirs], (one) => one.box.locator('button.ask').getByText('Retry').waitFor());
  assert.deepEqual([...anna.errors, ...bela.errors], []);
});

test('ln_32_ln_33_ln_35_thinking_is_folded_above_the_answer_and_model_usage_and_who_asked_stand_below', async (t) => {
  const { model, mine, theirs } = await asked(t, [['prompt', 'How much is 6 times 7?']]);
  await mine.box.getByRole('checkbox', { name: 'Think first' }).check();
  await mine.ask();
  const question = await model.next();
  question.think('Six sevens.\n\nThat is *forty-two*.');
  const thinking = theirs.answer.getByRole('button', { name: /^Thinking…/ });
  await thinking.click();
  await theirs.answer.locator('.thoughts em').getByText('forty-two').waitFor();
  question.say('It is **42**.');
  question.end(1234, 56);
  for (const one of [mine, theirs]) {
    await one.is('answered');
    await one.answer.getByRole('button', { name: /^Thought for/ }).waitFor();
    await one.text.locator('strong').getByText('42').waitFor();
    const foot = await one.answer.locator('.facts').innerText();
    assert.match(foot, /model-one/);
    assert.match(foot, /1,234 → 56 tokens/);
    assert.match(foot, one === mine ? /you, \d\d:\d\d:\d\d/ : /Anna, \d\d:\d\d:\d\d/);
  }
  // It stays unfolded for whoever unfolded it, and folded for the other.
  assert.equal(await theirs.answer.locator('.thoughts').isVisible(), true);
  assert.equal(await mine.answer.locator('.thoughts').isVisible(), false);
});

test('ln_23_ln_39_ln_64_whoever_comes_in_the_middle_sees_everything_so_far_and_the_rest', async (t) => {
  const { model, notebook, anna, id, mine } = await asked(t, [['prompt', 'Tell me a long story.']]);
  await mine.ask();
  const question = await model.next();
  question.say('Once upon a time');
  await mine.shows('Once upon a time');
  await anna.leave();
  const chen = await join(t, 'Chen');
  await chen.open(notebook.id);
  const late = prompt(chen, id);
  await late.shows('Once upon a time');
  await late.is('answering');
  question.say(' there was a notebook.');
  await late.shows('Once upon a time there was a notebook.');
  question.end();
  await late.is('answered');
});

test('interaction_10_a_question_goes_on_when_the_laptop_is_closed_streams_on_the_phone_and_is_stopped_there', async (t) => {
  const { model, notebook, anna, id, mine } = await alone(t, [['prompt', 'Think long about it.']]);
  await mine.ask();
  const question = await model.next();
  question.say('It begins');
  await mine.shows('It begins');
  await anna.leave();
  question.say(' and goes on');
  const phone = await join(t, 'Anna', { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  await phone.open(notebook.id);
  const there = prompt(phone, id);
  await there.shows('It begins and goes on');
  question.say(', also here');
  await there.shows('It begins and goes on, also here');
  await there.box.locator('button.ask.live').tap();
  await question.isDropped();
  await there.tells(/^Stopped by Anna/);
});

test('ln_40_a_provider_that_refuses_or_breaks_off_ends_in_failed_with_a_sentence_and_retry_asks_again', async (t) => {
  const { model, mine, theirs } = await asked(t, [['prompt', 'Are you there?']]);
  await mine.ask();
  (await model.next()).refuse(401, 'Incorrect API key provided: sk-secret');
  await both([mine, theirs], (one) => one.is('failed'));
  const told = await theirs.answer.locator('p.line').innerText();
  assert.match(told, /key/i);
  assert.doesNotMatch(told, /sk-secret/);
  await theirs.answer.getByRole('button', { name: 'Retry' }).click();
  const broken = await model.next();
  broken.say('I am h');
  await mine.shows('I am h');
  broken.breakOff();
  await both([mine, theirs], (one) => one.is('failed'));
  await mine.shows('I am h');
  await mine.answer.getByRole('button', { name: 'Retry' }).click();
  (await model.next()).answer('Here I am.');
  await both([mine, theirs], (one) => one.is('answered'));
  await theirs.shows('Here I am.');
});

test('ln_41_two_who_ask_at_once_ask_once', async (t) => {
  const { model, mine, theirs } = await asked(t, [['prompt', 'Once?']]);
  await Promise.all([mine.ask(), theirs.ask()]);
  const question = await model.next();
  question.say('Once.');
  await both([mine, theirs], (one) => one.shows('Once.'));
  question.end();
  await both([mine, theirs], (one) => one.is('answered'));
  assert.equal(model.asked.length, 1);
});

test('ln_41_a_press_that_comes_as_ask_turns_into_stop_stops_nothing', async (t) => {
  const { model, mine, theirs } = await asked(t, [['prompt', 'Once?']]);
  await theirs.box.locator('button.ask').evaluate((button) => {
    const turned = new MutationObserver(() => {
      if (!button.classList.contains('live')) return;
      turned.disconnect();
      button.click();
    });
    turned.observe(button, { attributeFilter: ['class'] });
  });
  await mine.ask();
  const question = await model.next();
  question.say('Once.');
  await both([mine, theirs], (one) => one.shows('Once.'));
  question.end();
  await both([mine, theirs], (one) => one.is('answered'));
});

test('ln_42_the_answer_is_edited_by_both_while_it_streams_and_all_of_it_merges', async (t) => {
  const { model, notebook, id, anna, bela, mine, theirs } = await asked(t, [['prompt', 'Write.']]);
  await mine.ask();
  const question = await model.next();
  question.say('The cat sat');
  await both([mine, theirs], (one) => one.shows('The cat sat'));
  await theirs.edit();
  await mine.edit();
  await theirs.editor.press('Control+Home');
  await bela.type('Listen: ');
  await eventually(async () => (await mine.written()) === 'Listen: The cat sat', async () => `Anna sees what Bela typed: ${await mine.written()}`);
  // Where he types, with his name.
  await mine.box.locator('.written .caret-flag').getByText('Bela').waitFor({ state: 'attached' });
  question.say(' on the mat');
  await eventually(async () => (await mine.written()).endsWith('mat'), 'more came');
  await mine.editor.press('Control+End');
  await anna.type('?!');
  question.say('.');
  question.end();
  await both([mine, theirs], (one) => eventually(async () => /^Listen: The cat sat on the mat\?!\.$/.test(await one.written()), async () => `all of it is there: ${await one.written()}`));
  // Escape leads back to the answer as it is read.
  await anna.press('Escape');
  await mine.shows('Listen: The cat sat on the mat?!.');
  assert.equal((await answerOf(server, notebook.id, id)).answer, 'Listen: The cat sat on the mat?!.');
  assert.deepEqual([...anna.errors, ...bela.errors], []);
});

test('ln_42_ln_86_a_changed_question_marks_the_answer_and_changed_back_it_is_that_of_the_answer_again', async (t) => {
  const { model, mine, theirs, anna } = await asked(t, [['prompt', 'Who is John?'], ['prompt', 'And now?']]);
  await mine.ask();
  const question = await model.next();
  question.say('A friend');
  await mine.shows('A friend');
  // While it streams the question may be changed.
  await mine.cell.caretAtEnd();
  for (let step = 0; step < 5; step += 1) await anna.press('Backspace');
  await anna.type('Mark?');
  question.end();
  await both([mine, theirs], (one) => one.is('answered'));
  await both([mine, theirs], (one) => one.tells('Asked before the question was changed.'));
  await theirs.box.locator('[data-line=outdated]').getByRole('button', { name: 'Ask again' }).waitFor();
  for (let step = 0; step < 5; step += 1) await anna.press('Backspace');
  await anna.type('John?');
  await both([mine, theirs], (one) => eventually(async () => (await one.answer.locator('p.line').count()) === 0, 'the mark is gone'));
  await mine.box.locator('button.ask').getByText('Ask again').waitFor();
});

test('ln_37_ln_86_ln_87_what_is_sent_is_shown_with_its_cells_which_are_skipped_and_pinned_and_what_was_sent_is_kept', async (t) => {
  const { model, notebook, anna, bela, mine, id } = await asked(t, [['note', '# Penguins\n\nThey swim.'], ['note', 'A secret remark.'], ['prompt', 'What is said above?'], ['note', 'Below: the glossary.']]);
  const [title, secret, , glossary] = notebook.cells;
  await anna.cell(id).point();
  const tokens = mine.box.getByRole('button', { name: /^≈ [\d,]+ tokens$/ });
  await tokens.click();
  const sheet = anna.page.getByRole('dialog', { name: 'What is sent with the question of cell 3' });
  await sheet.getByText('They swim.').waitFor();
  const row = (cell) => sheet.locator('li').filter({ hasText: cell });
  assert.equal(await row('Penguins').getAttribute('data-state'), 'sent');
  assert.equal(await row('glossary').count(), 0);
  await sheet.getByRole('button', { name: 'Never tell models cell 2' }).click();
  await sheet.locator('li[data-state=skipped]').filter({ hasText: 'secret' }).waitFor();
  await eventually(async () => !(await sheet.locator('pre').last().innerText()).includes('secret'), 'it is in no message');
  await anna.press('Escape');
  await sheet.waitFor({ state: 'detached' });

  // Pinned from below, by a command; both see the marks in the rails.
  await anna.cell(glossary).point();
  await anna.press('Control+Shift+p');
  await anna.type('Tell models these cells');
  await anna.press('Enter');
  for (const person of [anna, bela]) {
    await person.cell(glossary).box.getByRole('img', { name: 'Models are told this cell with every question' }).waitFor();
    await person.cell(secret).box.getByRole('img', { name: 'Models are not told this cell' }).waitFor();
  }

  await mine.ask();
  const question = await model.next();
  assert.match(question.said, /They swim/);
  assert.match(question.said, /the glossary[^]*What is said above\?/);
  assert.doesNotMatch(question.said, /secret/);
  question.answer('Penguins are said to swim.');
  await mine.is('answered');
  await mine.press('What was sent');
  const then = anna.page.getByRole('dialog', { name: 'What was sent with the question of cell 3' });
  assert.deepEqual((await then.locator('li').allInnerTexts()).map((line) => line.trim()), ['1 · # Penguins', '4 · Below: the glossary.']);
  await then.getByRole('button', { name: '1 · # Penguins' }).click();
  await anna.selects([title]);
});

test('what_is_under_the_pointer_stays_there_when_the_models_become_known', async (t) => {
  const { page, mine } = await alone(t, [['note', 'Far from the pointer.'], ['prompt', 'Hello?']]);
  let answer;
  const held = new Promise((resolve) => (answer = resolve));
  await page.route('**/api/providers', (route) => held.then(() => route.continue()));
  const switched = mine.box.getByRole('checkbox', { name: 'Think first' });
  const models = mine.box.getByLabel('Who answers cell 2');
  const [place, width] = [await switched.boundingBox(), (await models.boundingBox()).width];
  await switched.hover();
  await page.mouse.down();
  answer();
  await eventually(async () => (await models.boundingBox()).width !== width, 'the models are known');
  await page.mouse.up();
  assert.deepEqual(await switched.boundingBox(), place);
  assert.equal(await switched.isChecked(), true);
});

test('ln_88_mode_and_model_of_the_notebook_hold_for_its_prompts_and_a_cell_may_choose_another', async (t) => {
  const { model, anna, page, mine, theirs } = await asked(t, [['prompt', 'Hello?']]);
  await anna.press('Control+,');
  await page.getByRole('tab', { name: 'This notebook' }).click();
  await page.getByRole('dialog').getByLabel('Who answers').selectOption({ label: 'model-two' });
  await page.getByRole('radio', { name: /^In few words/ }).check();
  await anna.press('Escape');
  const picker = (one) => one.box.getByLabel('Who answers cell 1');
  await eventually(async () => /model-two/.test(await picker(theirs).locator('option:checked').innerText()), 'the other sees whom the notebook asks');
  await mine.ask();
  const first = await model.next();
  assert.equal(first.body.model, 'model-two');
  assert.match(first.said, /as few words/);
  first.answer('Hi.');
  await mine.is('answered');
  await picker(mine).selectOption({ label: 'model-one' });
  await mine.ask();
  const second = await model.next();
  assert.equal(second.body.model, 'model-one');
  second.answer('Hi again.');
  await theirs.shows('Hi again.');
});

test('an_answers_code_becomes_cells_below_with_one_click_in_its_order_and_the_answer_a_note', async (t) => {
  const { model, anna, bela, page, mine, notebook, id } = await asked(t, [['prompt', 'How?'], ['note', 'The end.']]);
  await mine.ask();
  (await model.next()).answer('First:\n\n```python\na = 1\n```\n\nThen:\n\n```bash\nls -l\n```\n\nIt says:\n\n```text\ntotal 0\n```\n\nLast:\n\n```python\nb = 2\n```\n');
  await mine.is('answered');
  const insert = (number) => mine.text.locator('pre').nth(number).getByRole('button', { name: 'Make a cell of this code' });
  await mine.text.locator('pre').last().hover();
  await insert(3).click();
  await mine.text.locator('pre').first().hover();
  await insert(0).click();
  const sources = async () => (await server.notebook(notebook.id)).cells.map(({ source }) => source);
  await eventually(async () => JSON.stringify(await sources()) === JSON.stringify(['How?', 'a = 1', 'b = 2', 'The end.']), async () => `cells stand in the order of the answer: ${JSON.stringify(await sources())}`);
  await anna.press('z');
  await anna.press('z');
  await eventually(async () => (await sources()).length === 2, 'undone');
  await anna.cell(id).point();
  await mine.press('Make 3 cells of its code');
  await eventually(async () => JSON.stringify(await sources()) === JSON.stringify(['How?', 'a = 1', '%%bash\nls -l', 'b = 2', 'The end.']), async () => `what can be run was made cells: ${JSON.stringify(await sources())}`);
  await anna.cell(id).point();
  await mine.press('Keep it as a note below');
  await eventually(async () => (await sources())[1]?.startsWith('First:'), 'a note holds the answer');
  const noted = (await bela.order())[1];
  await bela.cell(noted).box.locator('.note pre').first().waitFor();
  assert.equal(await page.locator('article.chosen').count() <= 1, true);
});

test('ln_71_an_answer_for_me_only_is_seen_by_nobody_else_until_it_is_published', async (t) => {
  const { model, notebook, id, mine, theirs } = await asked(t, [['prompt', 'Is my idea good?']]);
  await mine.box.hover();
  await mine.press('Only for me');
  const question = await model.next();
  question.think('Hm.');
  question.say('It is **daring**.');
  await mine.draft.locator('strong').getByText('daring').waitFor();
  assert.equal(await mine.draft.getAttribute('data-draft'), 'answering');
  assert.equal(await theirs.phase(), undefined);
  assert.deepEqual(await answerOf(server, notebook.id, id), { answer: '', thinking: '' });
  question.end();
  await mine.draft.getByRole('button', { name: 'Publish' }).click();
  for (const one of [mine, theirs]) {
    await one.is('answered');
    await one.text.locator('strong').getByText('daring').waitFor();
  }
  await mine.draft.waitFor({ state: 'detached' });
  assert.match(await theirs.answer.locator('.facts').innerText(), /model-one[^]*Anna/);
  assert.equal((await answerOf(server, notebook.id, id)).thinking, 'Hm.');
  // The next is thrown away; while it comes, its provider is left at once.
  await mine.box.hover();
  await mine.press('Only for me');
  const other = await model.next();
  other.say('No');
  await mine.draft.getByText('No').waitFor();
  await mine.draft.getByRole('button', { name: 'Stop' }).click();
  await other.isDropped();
  await mine.draft.getByText('Stopped.').waitFor();
  await mine.draft.getByRole('button', { name: 'Discard' }).click();
  await mine.draft.waitFor({ state: 'detached' });
  await theirs.shows('It is daring.');
});

test('ln_42_asking_again_keeps_the_answer_before_with_what_people_wrote_into_it_and_either_brings_it_back', async (t) => {
  const { model, anna, bela, notebook, id, mine, theirs } = await asked(t, [['prompt', 'Why?']]);
  await mine.ask();
  (await model.next()).answer('Because.');
  await both([mine, theirs], (one) => one.is('answered'));
  await theirs.edit();
  await theirs.editor.press('Control+End');
  await bela.page.keyboard.type(' Says Bela.');
  await mine.shows('Because. Says Bela.');
  // These words are on their way when Anna asks again.
  await bela.page.keyboard.type(' And more');
  await mine.ask();
  (await model.next()).answer('Therefore.');
  await both([mine, theirs], async (one) => {
    await one.shows('Therefore.');
    await one.is('answered');
  });
  const earlier = (one) => one.box.locator('details.earlier');
  await earlier(mine).getByText(/^\d earlier answers?$/).click();
  const texts = async () => (await server.rest('GET', `notebooks/${notebook.id}/cells/${id}/answers`)).answers.map(({ text }) => text);
  await eventually(async () => (await texts()).includes('Because. Says Bela. And more'), async () => `all that Bela wrote is kept: ${JSON.stringify(await texts())}`);
  const whole = earlier(mine).getByRole('button', { name: /And more/ });
  if ((await texts()).length > 1) await whole.click();
  await earlier(mine).locator('article').getByText('Because. Says Bela. And more').waitFor();
  assert.deepEqual(await seriousFaults(anna.page), []);
  await earlier(mine).getByRole('button', { name: 'Restore' }).click();
  await both([mine, theirs], (one) => one.shows('Because. Says Bela. And more'));
  assert.match(await theirs.answer.locator('.facts').innerText(), /model-one/);
  await eventually(async () => (await texts())[0] === 'Therefore.' && !(await texts()).includes('Because. Says Bela. And more'), async () => JSON.stringify(await texts()));
  // It can be edited again, and is there after a reload.
  await bela.page.reload();
  await theirs.shows('Because. Says Bela. And more');
  await earlier(theirs).locator('summary').click();
  await earlier(theirs).getByText('Therefore.').first().waitFor();
  // Who may only read reads them too.
  const reader = await join(t, 'Rita', { link: server.viewerLink });
  await reader.open(notebook.id);
  const rita = prompt(reader, id);
  await earlier(rita).locator('summary').click();
  await earlier(rita).locator('article').getByText('Therefore.').waitFor();
  assert.equal(await earlier(rita).getByRole('button', { name: 'Restore' }).count(), 0);
});

test('ln_71_a_draft_is_there_when_its_page_is_loaded_anew_and_in_no_other_tab_until_it_is_published_or_thrown_away', async (t) => {
  const { model, anna, notebook, id, mine, theirs } = await asked(t, [['prompt', 'Is my idea good?']]);
  const reload = async () => {
    await anna.page.reload();
    await mine.draft.waitFor();
  };
  await mine.box.hover();
  await mine.press('Only for me');
  const question = await model.next();
  question.think('Hm.');
  question.answer('It is **daring**.');
  await mine.draft.getByRole('button', { name: 'Publish' }).waitFor();
  await reload();
  await mine.draft.locator('strong').getByText('daring').waitFor();
  assert.deepEqual(await answerOf(server, notebook.id, id), { answer: '', thinking: '' });
  const tab = await anna.context.newPage();
  await tab.goto(anna.page.url());
  await tab.locator('button.ask').first().waitFor();
  assert.equal(await tab.locator('section.draft').count(), 0);
  await tab.close();
  await mine.draft.getByRole('button', { name: 'Publish' }).click();
  await theirs.shows('It is daring.');
  assert.match(await theirs.answer.locator('.facts').innerText(), /model-one/);
  assert.equal((await answerOf(server, notebook.id, id)).thinking, 'Hm.');
  // Published, it is a draft no more.
  await anna.page.reload();
  await mine.shows('It is daring.');
  assert.equal(await mine.draft.count(), 0);

  // In the middle of it: what has come stays, its provider is left, and it can be asked again.
  await mine.box.hover();
  await mine.press('Only for me');
  const broken = await model.next();
  broken.say('On the one hand');
  await mine.draft.getByText('On the one hand').waitFor();
  await reload();
  await broken.isDropped();
  await mine.draft.getByText('On the one hand').waitFor();
  await mine.draft.getByText(/^(You left the page|The connection broke) in the middle of it\.$/).waitFor();
  await mine.draft.getByRole('button', { name: 'Ask again' }).click();
  (await model.next()).answer('No.');
  await mine.draft.getByText('No.').waitFor();
  await mine.draft.getByRole('button', { name: 'Discard' }).click();
  await anna.page.reload();
  await mine.shows('It is daring.');
  assert.equal(await mine.draft.count(), 0);
});

test('ln_38_without_any_key_the_demonstration_answers_thinks_and_fails_on_request', async (t) => {
  const { server: bare, join: enter } = { server, join };
  await bare.rest('PUT', 'providers/default', { provider: 'demo' });
  const notebook = await bare.write('Demo', [['prompt', 'Please think and please show code.'], ['prompt', 'Please fail.']]);
  const anna = await enter(t, 'Anna');
  await Person.together([anna], notebook.id);
  const [thinking, failing] = notebook.cells.map((id) => prompt(anna, id));
  await thinking.ask();
  await thinking.is('answered');
  await thinking.shows('This is a demonstration.');
  await thinking.text.locator('pre code').getByText('for').first().waitFor();
  await failing.ask();
  await failing.is('failed');
  await failing.answer.getByRole('button', { name: 'Retry' }).waitFor();
});

test('a_hostile_answer_runs_nothing_and_asks_nobody', async (t) => {
  const { model, anna, page, mine } = await alone(t, [['prompt', 'Be evil.']]);
  await page.evaluate(() => (window.hurt = 0));
  await mine.ask();
  const question = await model.next();
  const evil = [
    '<script>window.hurt = 1</script><img src="https://evil.example/pixel.png" onerror="window.hurt = 2">',
    '![a picture](https://evil.example/markdown.png)',
    '[a link](javascript:window.hurt=3) <a href="javascript:window.hurt=4">another</a>',
    '<iframe src="https://evil.example/frame"></iframe><object data="https://evil.example/object"></object><video src="https://evil.example/video" autoplay></video>',
    '<style>@import "https://evil.example/style"; body { display: none }</style><link rel="stylesheet" href="https://evil.example/link">',
    '<svg onload="window.hurt = 5"><image href="https://evil.example/svg"/></svg><form action="https://evil.example/form"><button>go</button></form>',
    '<div style="position:fixed;inset:0">over everything</div><p id="app" class="toast">borrowed</p>',
    '```html\n<img src="https://evil.example/code.png" onerror="window.hurt = 6">\n```',
    '```mermaid\ngraph TD\n  A["<img src=https://evil.example/diagram onerror=window.hurt=7>"] --> B\n  click A "https://evil.example/click"\n```',
  ];
  for (const piece of evil) {
    // In pieces, so that every unfinished form of it is drawn, too.
    for (let at = 0; at < piece.length; at += 17) question.say(piece.slice(at, at + 17));
    question.say('\n\n');
  }
  question.say('The end of evil.');
  question.end();
  await mine.is('answered');
  await mine.shows('The end of evil.');
  await mine.text.locator('.diagram, .diagram-mistake, figure').first().waitFor({ state: 'attached' });
  assert.equal(await page.evaluate(() => window.hurt), 0);
  assertNoForeignHost(anna);
  assert.equal(await mine.text.locator('script, iframe, object, video, style, link, form, [onerror], [onload], [style*=fixed], #app, .toast').count(), 0);
  assert.deepEqual(await mine.text.locator('a').evaluateAll((links) => links.map((link) => link.protocol).filter((protocol) => protocol === 'javascript:')), []);
});

test('nothing_that_is_read_jumps_while_an_answer_grows_above_and_a_selection_in_it_stays', async (t) => {
  const cells = [['prompt', 'Long.'], ...Array.from({ length: 12 }, (_, index) => ['note', `Paragraph ${index}.\n\n${'Words and words. '.repeat(40)}`])];
  const { model, mine, theirs, bela, notebook } = await asked(t, cells);
  const reading = bela.cell(notebook.cells[9]);
  await reading.bringIntoSight();
  const top = await eventually(async () => {
    const [one, two] = [await reading.top(), await bela.page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))).then(() => reading.top())];
    return one === two ? [one] : undefined;
  }, 'the page is at rest');
  await mine.ask();
  const question = await model.next();
  question.say('The first paragraph stays.\n\n```python\nfirst = 1\n');
  await mine.text.locator('pre').getByText('first').waitFor();
  await mine.text.locator('p').first().evaluate((paragraph) => getSelection().selectAllChildren(paragraph));
  const block = await mine.text.locator('pre').elementHandle();
  for (let line = 0; line < 30; line += 1) question.say(`line_${line} = ${line}\n`);
  question.say('```\n\nAnd done.');
  question.end();
  await mine.is('answered');
  assert.equal(await mine.person.page.evaluate(() => getSelection().toString()), 'The first paragraph stays.');
  assert.equal(await block.evaluate((node) => node.isConnected && node.textContent.includes('line_29')), true, 'the block of code that grew is the same node');
  await theirs.is('answered');
  assert.ok(Math.abs((await reading.top()) - top[0]) <= 1, 'what Bela reads is where it was');
});

test('p5_who_may_only_read_sees_everything_come_and_can_ask_edit_and_change_nothing', async (t) => {
  const { model, notebook, id, mine } = await alone(t, [['prompt', 'For readers.']]);
  const reader = await join(t, 'Rita', { link: server.viewerLink });
  await reader.open(notebook.id);
  const theirs = prompt(reader, id);
  await theirs.box.getByText('Not asked yet.').waitFor();
  await mine.ask();
  const question = await model.next();
  question.answer('```python\nx = 1\n```\n');
  await theirs.is('answered');
  await theirs.box.hover();
  const names = await theirs.box.getByRole('button').evaluateAll((buttons) => buttons.map((button) => button.getAttribute('aria-label') ?? button.textContent.trim()).filter((name) => name !== ''));
  assert.deepEqual(names.filter((name) => /^(Ask|Retry|Stop|Only for me|Edit|Make|Keep)/.test(name)), []);
  await theirs.box.getByRole('button', { name: 'Copy the answer' }).waitFor();
});

test('without_the_server_nothing_is_asked_and_an_answer_that_goes_on_says_so', async (t) => {
  const proxy = await Proxy.to(server.port);
  t.after(() => proxy.close());
  const model = await LanguageModel.start(t);
  await model.serve(server);
  const notebook = await server.write('Away', [['prompt', 'Go on?']]);
  const anna = await join(t, 'Anna', { origin: proxy.origin });
  await Person.together([anna], notebook.id);
  const mine = prompt(anna, notebook.cells[0]);
  await mine.ask();
  const question = await model.next();
  question.say('I go');
  await mine.shows('I go');
  proxy.cut();
  await anna.until('offline');
  await mine.answer.getByText('The connection is lost. The answer goes on at the server').waitFor();
  assert.equal(await mine.box.locator('button.ask').isDisabled(), true);
  question.say(' on.');
  question.end();
  proxy.mend();
  await mine.is('answered');
  await mine.shows('I go on.');
});

test('ln_40_a_server_that_is_killed_in_the_middle_leaves_interrupted_with_retry_and_no_endless_wait', async (t) => {
  const { model, notebook, id, mine, theirs } = await asked(t, [['prompt', 'Survive.']]);
  await mine.ask();
  const question = await model.next();
  question.say('Half of');
  await both([mine, theirs], (one) => one.shows('Half of'));
  await server.kill();
  await server.restart();
  await both([mine, theirs], (one) => one.is('interrupted', 40_000));
  await mine.shows('Half of');
  await theirs.answer.getByRole('button', { name: 'Retry' }).click();
  (await model.next()).answer('The whole of it.');
  await both([mine, theirs], (one) => one.shows('The whole of it.'));
  assert.equal((await answerOf(server, notebook.id, id)).answer, 'The whole of it.');
});
