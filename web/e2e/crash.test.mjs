// `kill -9` of the server while two people type, over and over.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { eventually } from './kit/eventually.mjs';
import { agreed, keepPages, only, Person } from './kit/people.mjs';
import { readEditor } from './kit/reading.mjs';
import { stage } from './kit/stage.mjs';

keepPages();

const ROUNDS = 5;
const KEY_MS = 25;
const ALPHABETS = { Anna: 'abcdefghijklm', Bela: 'NOPQRSTUVWXYZ' };

const { server, join } = await stage();
const copies = [];
after(() => Promise.all(copies.map((copy) => copy.remove())));

/**
 * Notes the text of the cell at each moment at which the word turns to Saved. What the page says and shows in one
 * moment, before it takes anything in from keyboard or network, is what a person may rely on.
 */
function noteWhatIsSaved(page, cell) {
  return page.evaluate(
    ([id, source]) => {
      const read = new Function(`return (${source})`)();
      window.saved = [];
      const look = () => {
        if (document.querySelector('[data-state]')?.dataset.state !== 'saved') return;
        window.saved.push(read(document.querySelector(`[id="cell-${id}"] .cm-content`)).text);
      };
      new MutationObserver(look).observe(document.querySelector('header'), { subtree: true, attributes: true, attributeFilter: ['data-state'] });
    },
    [cell, readEditor.toString()],
  );
}

/** Types until told to stop; resolves with what was typed. */
async function typeOn(person, stopped) {
  const alphabet = ALPHABETS[person.name];
  let typed = '';
  while (!stopped()) {
    const key = alphabet[typed.length % alphabet.length];
    await person.type(key, KEY_MS);
    typed += key;
  }
  return typed;
}

/** Whether all of `part` is in `whole`, in its order. */
function contains(whole, part) {
  let at = 0;
  for (const character of whole) if (character === part[at]) at += 1;
  return at === part.length;
}

test('ln_60_a_killed_server_loses_nothing_that_was_shown_as_saved_and_doubles_nothing', async (t) => {
  const notebook = await server.write('Crashes', [['code', '--']]);
  const [id] = notebook.cells;
  const people = await Promise.all(['Anna', 'Bela'].map((name) => join(t, name)));
  await Person.together(people, notebook.id);
  const [anna, bela] = people;
  await anna.cell(id).caretAt(0);
  await bela.cell(id).caretAt(2);
  await Promise.all(people.map((person) => noteWhatIsSaved(person.page, id)));

  const typed = { Anna: '', Bela: '' };
  let moments = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    let killed = false;
    const typing = people.map(async (person) => (typed[person.name] += await typeOn(person, () => killed)));
    // In the middle of it: after some have been saved in this round.
    await eventually(() => people[round % 2].page.evaluate((before) => window.saved.length > before + 6, moments), 'some more is saved');
    await server.kill();
    const promised = await Promise.all(people.map((person) => person.page.evaluate(() => window.saved)));
    killed = true;
    await Promise.all(typing);
    await Promise.all(people.map((person) => person.until('offline')));

    // The disk alone, without what the browsers will send again.
    const copy = await server.copy();
    copies.push(copy);
    const onDisk = await copy.source(notebook.id, id);
    await copy.kill();
    for (const text of promised.map((texts) => texts.at(-1))) assert.ok(contains(onDisk, text), `shown as saved: ${text}\non disk: ${onDisk}`);
    moments = Math.max(...promised.map((texts) => texts.length));

    await server.restart();
    await Promise.all(people.map((person) => person.until('saved')));
    const text = await agreed(people, id, (seen) => seen.length === 2 + typed.Anna.length + typed.Bela.length);
    for (const [name, all] of Object.entries(typed)) assert.equal(only(ALPHABETS[name], text), all);
    for (const saved of promised.flat()) assert.ok(contains(text, saved));
    t.diagnostic(`round ${round + 1}: ${text.length} characters, ${onDisk.length} of them on disk at the kill, ${promised.flat().length} moments of Saved`);
  }
  for (const person of people) assert.deepEqual(await person.order(), notebook.cells);

  // An orderly stop and a start say the same.
  const before = await anna.cell(id).text();
  await server.stop();
  await server.restart();
  assert.equal(await server.source(notebook.id, id), before);
  await Promise.all(people.map((person) => person.until('saved')));
  await agreed(people, id, (text) => text === before);
});
