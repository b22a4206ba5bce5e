// Whoever may only read: sees everything, is seen, and changes nothing.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, test } from 'node:test';

import { answer } from './kit/answer.mjs';
import { seriousFaults } from './kit/axe.mjs';
import { eventually } from './kit/eventually.mjs';
import { keepPages, Person } from './kit/people.mjs';
import { Proxy } from './kit/proxy.mjs';
import { stage } from './kit/stage.mjs';

keepPages();

const { server, join } = await stage({ viewerToken: 'viewers-of-the-browser-tests' });
const cable = await Proxy.to(server.port);
after(() => cable.close());

const CELLS = [['note', '# Shown'], ['code', 'x = 1\ny = 2'], ['prompt', 'Why?']];
const WHY = 'You may read this notebook, but not change it.';

/** An editor and a reader in one notebook. */
async function together(t, title, settings = {}) {
  const { id, cells } = await server.write(title, CELLS);
  const [ana, vera] = await Promise.all([join(t, 'Ana'), join(t, 'Vera', { link: server.viewerLink, ...settings })]);
  await Promise.all([ana.open(id), vera.open(id)]);
  await ana.until('saved');
  await vera.until('readOnly');
  return { id, cells, ana, vera };
}

test('p5_a_reader_sees_what_is_typed_now_is_seen_by_the_others_and_selects_and_copies', async (t) => {
  const { id, cells, ana, vera } = await together(t, 'Reading');
  assert.deepEqual(await vera.word(), { kind: 'readOnly', text: 'Read-only' });
  await ana.page.getByRole('button', { name: 'Go to Vera' }).waitFor();
  await vera.page.getByRole('button', { name: 'Go to Ana' }).waitFor();
  await ana.cell(cells[1]).caretAtEnd();
  await ana.type(' # live');
  await vera.cell(cells[1]).shows('x = 1\ny = 2 # live');
  await eventually(async () => (await vera.cell(cells[1]).read()).carets.length === 1, 'the caret of Ana is seen');

  await vera.context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const { editor } = vera.cell(cells[1]);
  await editor.click();
  await vera.press('Control+a');
  await vera.press('Control+c');
  assert.equal(await vera.page.evaluate(() => navigator.clipboard.readText()), 'x = 1\ny = 2 # live');
  assert.equal(await editor.getAttribute('aria-readonly'), 'true');
  await ana.cell(cells[1]).box.locator('.here, .caret').first().waitFor({ state: 'attached' });
  assert.deepEqual(await seriousFaults(vera.page), []);
  // The source of a note can be looked at too.
  await vera.cell(cells[0]).box.locator('.note').dblclick();
  await vera.cell(cells[0]).shows('# Shown');
  assert.deepEqual((await server.notebook(id)).cells.map(({ source }) => source), ['# Shown', 'x = 1\ny = 2 # live', 'Why?']);
  assert.deepEqual(vera.errors, []);
});

test('p5_no_key_no_button_and_no_gesture_of_a_reader_changes_anything_and_the_reason_is_told', async (t) => {
  const { id, cells, ana, vera } = await together(t, 'Untouched');
  const before = JSON.stringify((await server.notebook(id)).cells);
  await vera.context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await vera.page.evaluate(() => navigator.clipboard.writeText('pasted'));
  const { editor } = vera.cell(cells[1]);
  await editor.click();
  await vera.type('typed');
  for (const keys of ['Enter', 'Backspace', 'Delete', 'Tab', 'Control+a', 'Control+x', 'Control+v', 'Control+z', 'Control+y', 'Control+Shift+Minus', 'Control+/', 'Alt+ArrowUp']) {
    await editor.focus();
    await vera.press(keys);
  }
  await vera.page.evaluate((id) => {
    const content = document.getElementById(`cell-${id}`).querySelector('.cm-content');
    const data = new DataTransfer();
    data.setData('text/plain', 'dropped');
    const { left, top } = content.getBoundingClientRect();
    content.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true, clientX: left + 5, clientY: top + 5 }));
  }, cells[1]);
  await vera.cell(cells[1]).shows('x = 1\ny = 2');

  await vera.cell(cells[2]).box.focus();
  for (const keys of ['a', 'b', 'c', 'v', 'x', 'd', 'd', 'y', 'm', 'r', '1', 'Alt+ArrowUp', 'Shift+m', 'Shift+d', 'z', 'Shift+z', 'Alt+Enter', 'Shift+Enter']) await vera.press(keys);
  await vera.toast(WHY).first().waitFor();
  await vera.sees(cells);
  assert.equal(await vera.page.getByRole('button', { name: /^Add / }).count(), 0);
  assert.equal(await vera.page.getByRole('toolbar').count(), 0);
  assert.equal(await vera.page.locator('[draggable=true]').count(), 0);
  await vera.page.getByLabel('Title').fill('Renamed').catch(() => undefined);
  assert.equal(await vera.page.getByLabel('Title').inputValue(), 'Untouched');

  // Folding is for their own eyes.
  await vera.cell(cells[1]).box.focus();
  await vera.press('Shift+c');
  await vera.cell(cells[1]).box.locator('.folded').waitFor();
  await ana.cell(cells[1]).shows('x = 1\ny = 2');
  await vera.cell(cells[1]).box.locator('.folded').click();
  await vera.cell(cells[1]).shows('x = 1\ny = 2');

  // After something else has come through, whatever was sent before would be there too.
  await ana.cell(cells[2]).caretAtEnd();
  await ana.type('!');
  await vera.cell(cells[2]).shows('Why?!');
  assert.equal(JSON.stringify((await server.notebook(id)).cells).replace('Why?!', 'Why?'), before);
  assert.deepEqual(await vera.order(), cells);
  assert.equal((await vera.word()).text, 'Read-only');
  assert.deepEqual(vera.errors, []);
});

test('p5_what_a_script_in_the_page_of_a_reader_sends_is_refused_and_the_connection_stays', async (t) => {
  const { id, cells, ana, vera } = await together(t, 'Past the page');
  const answers = await vera.page.evaluate(async ({ notebook, cell }) => {
    const ask = async (method, path, body) => (await fetch(`/api/${path}`, { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })).status;
    return [
      await ask('PUT', `notebooks/${notebook}/cells/${cell}/source`, { source: 'forged' }),
      await ask('POST', `notebooks/${notebook}/cells`, { type: 'code', source: 'forged' }),
      await ask('DELETE', `notebooks/${notebook}`),
    ];
  }, { notebook: id, cell: cells[1] });
  assert.deepEqual(answers, [403, 403, 403]);
  await ana.cell(cells[1]).shows('x = 1\ny = 2');
  assert.equal((await vera.word()).kind, 'readOnly');
});

test('p5_without_a_network_a_reader_reads_on_and_can_change_nothing_even_after_a_reload', async (t) => {
  const { id, cells, vera } = await together(t, 'Reading offline', { origin: cable.origin });
  t.after(() => cable.mend());
  await vera.page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await eventually(() => vera.page.evaluate(() => navigator.serviceWorker.controller !== null), 'the worker is in charge');
  cable.cut();
  await vera.until('offline');
  assert.equal((await vera.word()).text, 'Offline — read-only');
  await vera.open(id);
  await vera.until('offline');
  assert.equal((await vera.word()).text, 'Offline — read-only');
  await vera.cell(cells[1]).editor.click();
  await vera.type('typed offline');
  await vera.cell(cells[1]).shows('x = 1\ny = 2');
  await vera.cell(cells[1]).box.focus();
  await vera.press('b');
  await vera.toast(WHY).first().waitFor();
  await vera.sees(cells);
  cable.mend();
  await vera.until('readOnly');
  assert.equal(await server.source(id, cells[1]), 'x = 1\ny = 2');
});

test('p5_an_editor_who_comes_back_as_a_reader_keeps_what_was_changed_offline_is_told_so_and_may_take_it_along', async (t) => {
  const { id, cells } = await server.write('Demoted', CELLS);
  t.after(() => cable.mend());
  const bela = await join(t, 'Bela', { origin: cable.origin });
  await bela.open(id);
  await bela.until('saved');
  cable.cut();
  await bela.until('offline');
  await bela.cell(cells[1]).caretAtEnd();
  await bela.type('!!!');
  await eventually(async () => /3 changes kept in this browser/.test((await bela.word()).text), 'three changes are kept');
  await bela.page.close();
  cable.mend();

  await bela.newTab();
  await bela.page.goto(server.viewerLink.replace(server.origin, cable.origin));
  await bela.open(id);
  await bela.until('readOnly');
  assert.equal((await bela.word()).text, 'Read-only — 3 changes kept in this browser');
  await bela.cell(cells[1]).shows('x = 1\ny = 2!!!');
  assert.equal(await server.source(id, cells[1]), 'x = 1\ny = 2');
  await bela.page.locator('[data-state]').click();
  await bela.page.getByText('the server does not take the 3 changes made here before').waitFor();
  const downloading = bela.page.waitForEvent('download');
  await bela.page.getByRole('button', { name: 'Download a copy' }).click();
  const copy = JSON.parse(await readFile(await (await downloading).path(), 'utf8'));
  assert.equal(copy.cells[1].source, 'x = 1\ny = 2!!!');
  await bela.page.reload();
  await bela.until('readOnly');
  assert.equal((await bela.word()).text, 'Read-only — 3 changes kept in this browser');

  // The same person on another device would see what all see; here that takes two presses, or being allowed again.
  await bela.page.locator('[data-state]').click();
  await bela.page.getByRole('button', { name: 'Discard those changes' }).click();
  await bela.page.getByRole('button', { name: 'Really discard 3 changes' }).waitFor();
  await bela.press('Escape');

  // Allowed to edit again, nothing was lost.
  await bela.page.goto(server.link.replace(server.origin, cable.origin));
  await bela.open(id);
  await bela.until('saved');
  assert.equal(await server.source(id, cells[1]), 'x = 1\ny = 2!!!');
});

test('p5_a_reader_who_discards_what_the_server_does_not_take_sees_what_all_see', async (t) => {
  const { id, cells } = await server.write('Discarded', CELLS);
  t.after(() => cable.mend());
  const bela = await join(t, 'Bela', { origin: cable.origin });
  await bela.open(id);
  await bela.until('saved');
  cable.cut();
  await bela.until('offline');
  await bela.cell(cells[1]).caretAtEnd();
  await bela.type('!');
  await eventually(async () => /1 change kept in this browser/.test((await bela.word()).text), 'the change is kept');
  cable.mend();
  await bela.page.goto(server.viewerLink.replace(server.origin, cable.origin));
  await bela.open(id);
  await bela.until('readOnly');
  await bela.page.locator('[data-state]').click();
  await bela.page.getByRole('button', { name: 'Discard those changes' }).click();
  await bela.page.getByRole('button', { name: 'Really discard 1 change' }).click();
  await eventually(async () => (await bela.word()).text === 'Read-only', 'nothing is left over');
  await bela.cell(cells[1]).shows('x = 1\ny = 2');
});

test('ln_16_a_finished_answer_is_at_everybody_at_once_and_at_whoever_comes_later', async (t) => {
  const { id, cells, ana, vera } = await together(t, 'Answered');
  // As a program finishes it: with a Yjs update of its own, by REST.
  await answer(server, id, cells[2], 'Because the **Moon** pulls.');
  for (const person of [ana, vera]) await person.cell(cells[2]).box.locator('strong', { hasText: 'Moon' }).waitFor();
  const carla = await join(t, 'Carla');
  await Person.together([carla], id);
  await carla.cell(cells[2]).box.locator('strong', { hasText: 'Moon' }).waitFor();
  await ana.page.reload();
  await ana.cell(cells[2]).box.locator('strong', { hasText: 'Moon' }).waitFor();
});
