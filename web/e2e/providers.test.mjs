// The providers of language models in the settings: added, tested, chosen, removed, their keys shown to nobody.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { eventually } from './kit/eventually.mjs';
import { LanguageModel } from './kit/languageModel.mjs';
import { Person } from './kit/people.mjs';
import { prompt } from './kit/prompts.mjs';
import { stage } from './kit/stage.mjs';

const VIEWER = 'viewer-token-of-the-tests-0123456789';
const KEY = 'sk-the-key-that-nobody-sees';
const { server, join } = await stage({ viewerToken: VIEWER });

/** Somebody in a notebook of one prompt, with the settings open at the language models. */
async function open(t) {
  const model = await LanguageModel.start(t);
  const notebook = await server.write('Providers', [['prompt', 'Who are you?']]);
  const anna = await join(t, 'Anna');
  await Person.together([anna], notebook.id);
  await settings(anna);
  return { model, anna, notebook, page: anna.page, mine: prompt(anna, notebook.cells[0]), sheet: anna.page.getByRole('dialog', { name: 'Settings' }) };
}

async function settings(person) {
  await person.press('Control+,');
  await person.page.getByRole('tab', { name: 'Language models' }).click();
}

const row = (sheet, name) => sheet.getByRole('list', { name: 'Providers' }).locator('li').filter({ has: sheet.page().locator('strong').getByText(name, { exact: true }) });

test('ln_38_with_the_demonstration_alone_it_is_said_how_to_get_real_answers_and_a_provider_is_added_tested_and_answers', async (t) => {
  const { model, anna, page, sheet, mine, notebook } = await open(t);
  await sheet.getByText(/^Only the demonstration answers now/).waitFor();
  await anna.press('Escape');
  // Also from the prompt itself.
  await anna.cell(notebook.cells[0]).point();
  await mine.press('Set up a language model');
  await sheet.getByRole('button', { name: 'Add a provider' }).click();
  const form = sheet.getByRole('form', { name: 'A new provider' });
  await form.getByRole('button', { name: 'Save and test' }).click();
  await form.getByRole('alert').getByText('Give it a name.').waitFor();
  await form.getByLabel('Name').fill('mine');
  await form.getByLabel('Address').fill(model.address);
  await form.getByLabel('Key').fill(KEY);
  await form.getByRole('button', { name: 'Save and test' }).click();
  (await model.next()).answer('Yes.');
  await row(sheet, 'mine').getByText('It answers, and has 2 models.').waitFor();
  await row(sheet, 'mine').getByText('with a key').waitFor();
  assert.equal(await sheet.getByText(/^Only the demonstration/).count(), 0);
  assert.equal((await page.content()).includes(KEY), false);

  // Its second model is to answer where nobody is chosen.
  await sheet.getByLabel('Who answers').focus();
  await sheet.getByLabel('Who answers').locator('option', { hasText: 'model-two' }).first().waitFor({ state: 'attached' });
  await sheet.getByLabel('Who answers').selectOption({ label: 'model-two' });
  await eventually(async () => (await server.rest('GET', 'providers')).defaultModel === 'model-two', 'it is the default');
  await anna.press('Escape');
  await mine.ask();
  const question = await model.next();
  assert.equal(question.body.model, 'model-two');
  assert.equal(question.headers.authorization, `Bearer ${KEY}`);
  question.answer('A model.');
  await mine.is('answered');

  // Everybody has it to choose from, without loading the page anew.
  const bela = await join(t, 'Bela');
  await bela.open(notebook.id);
  await bela.cell(notebook.cells[0]).point();
  const picker = bela.cell(notebook.cells[0]).box.getByLabel('Who answers cell 1');
  await picker.focus();
  await picker.locator('option', { hasText: 'model-one' }).first().waitFor({ state: 'attached' });
});

test('a_provider_is_changed_without_showing_or_losing_its_key_and_removed', async (t) => {
  const { model, sheet, page } = await open(t);
  await server.rest('PUT', 'providers/other', { kind: 'openai', address: model.address, models: ['model-one'], key: KEY });
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+,');
  await page.getByRole('tab', { name: 'Language models' }).click();
  await row(sheet, 'other').getByRole('button', { name: 'Change other' }).click();
  const form = sheet.getByRole('form', { name: 'Change other' });
  assert.equal(await form.getByLabel('Key').inputValue(), '');
  await form.getByText('There is one. Empty keeps it.').waitFor();
  await form.getByLabel('Models').fill('model-two\nmodel-one');
  await form.getByRole('button', { name: 'Save and test' }).click();
  const question = await model.next();
  assert.equal(question.headers.authorization, `Bearer ${KEY}`, 'the key is still there');
  question.answer('Yes.');
  await row(sheet, 'other').getByText('model-two, model-one').waitFor();
  await row(sheet, 'other').getByText(/^It answers/).waitFor();
  await row(sheet, 'other').getByRole('button', { name: 'Remove other' }).click();
  await row(sheet, 'other').waitFor({ state: 'detached' });
  const { providers } = await server.rest('GET', 'providers');
  assert.equal(providers.some(({ name }) => name === 'other'), false);
});

test('ln_40_a_provider_that_refuses_is_told_so_in_a_sentence_without_its_key', async (t) => {
  const { model, sheet } = await open(t);
  await sheet.getByRole('button', { name: 'Add a provider' }).click();
  const form = sheet.getByRole('form', { name: 'A new provider' });
  await form.getByLabel('Name').fill('refusing');
  await form.getByLabel('Address').fill(model.address);
  await form.getByLabel('Key').fill(KEY);
  await form.getByLabel('Models').fill('model-one');
  await form.getByRole('button', { name: 'Save and test' }).click();
  (await model.next()).refuse(401, `Incorrect API key provided: ${KEY}`);
  const told = row(sheet, 'refusing').locator('.bad');
  await told.waitFor();
  assert.match(await told.innerText(), /key/i);
  assert.equal((await told.innerText()).includes(KEY), false);
  // And an address that is none is refused before it is kept, where it is written.
  await row(sheet, 'refusing').getByRole('button', { name: 'Change refusing' }).click();
  const again = sheet.getByRole('form', { name: 'Change refusing' });
  await again.getByLabel('Address').fill('http://bob:secret@127.0.0.1:1/v1');
  await again.getByRole('button', { name: 'Save and test' }).click();
  await again.getByRole('alert').getByText(/carries a name or password/).waitFor();
  await server.rest('DELETE', 'providers/refusing');
});

test('p5_readers_see_no_way_to_change_who_answers', async (t) => {
  const notebook = await server.write('For readers', [['prompt', 'Hm?']]);
  const reader = await join(t, 'Rita', { link: server.viewerLink });
  await reader.open(notebook.id);
  await settings(reader);
  const sheet = reader.page.getByRole('dialog', { name: 'Settings' });
  await sheet.getByText('Who may only read cannot change who answers.').waitFor();
  assert.equal(await sheet.getByRole('button', { name: /^(Add|Change|Remove|Test)/ }).count(), 0);
});
