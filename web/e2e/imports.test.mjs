// Files come in by drop and by chooser, several at a time, each with its progress and its fate.

import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join as path } from 'node:path';
import { after, test } from 'node:test';

import { seriousFaults } from './kit/axe.mjs';
import { eventually } from './kit/eventually.mjs';
import { Proxy } from './kit/proxy.mjs';
import { stage } from './kit/stage.mjs';

const NUMPY = new URL('../../tests/data/notebooks/tools_numpy.ipynb', import.meta.url);
const DESCENT = new URL('../../tests/data/notebooks/extra_gradient_descent_comparison.ipynb', import.meta.url);
/** Above the largest of the real files. */
const LARGEST = 400_000;
/** So slow that what happens on the way can be seen. */
const SLOW_LINE = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 60_000 };
const FREE_LINE = { ...SLOW_LINE, uploadThroughput: -1 };

const { server, join } = await stage({ flags: ['--max-import', String(LARGEST)] });
const cable = await Proxy.to(server.port);
after(() => cable.close());
const [numpy, descent] = await Promise.all([readFile(NUMPY), readFile(DESCENT)]);

const file = (name, content) => ({ name, mimeType: 'application/x-ipynb+json', buffer: Buffer.from(content) });
const entry = (person, name) => person.page.getByRole('list', { name: 'Imports' }).getByRole('listitem').filter({ hasText: name });
const summary = (person, words) => person.page.getByRole('status').filter({ hasText: words });

async function chooseFiles(person, ...files) {
  const chooser = person.page.waitForEvent('filechooser');
  await person.page.getByRole('button', { name: 'Import' }).click();
  await (await chooser).setFiles(files);
}

/** Drops files on the page, as the browser does when somebody lets them go there. */
async function drop(person, ...files) {
  const sent = files.map(({ name, buffer }) => ({ name, content: buffer.toString('utf8') }));
  const transfer = await person.page.evaluateHandle((all) => {
    const transfer = new DataTransfer();
    for (const { name, content } of all) transfer.items.add(new File([content], name));
    return transfer;
  }, sent);
  await person.page.dispatchEvent('body', 'dragover', { dataTransfer: transfer });
  await person.page.getByText('Drop notebooks to import them').waitFor();
  await person.page.dispatchEvent('body', 'drop', { dataTransfer: transfer });
}

async function present() {
  return (await server.rest('GET', 'notebooks')).notebooks.filter(({ deletedAt }) => deletedAt === undefined);
}

const states = (person) => person.page.getByRole('list', { name: 'Imports' }).getByRole('listitem').evaluateAll((items) => items.map((item) => item.classList[0]));

test('real_notebooks_come_in_by_drop_beside_broken_files_that_are_told_what_is_wrong', async (t) => {
  const before = (await present()).length;
  const anna = await join(t, 'Anna');
  const asked = [];
  anna.page.on('request', (request) => request.url().includes('/import') && asked.push(new URL(request.url()).searchParams.get('name')));
  await drop(
    anna,
    file('tools_numpy.ipynb', numpy),
    file('broken.ipynb', '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{"cell_type": "code", "source": 17}]}'),
    file('holiday.jpg', '\u0089 no text at all'),
    file('nothing.ipynb', ''),
    file('huge.ipynb', `{${' '.repeat(LARGEST)}}`),
    file('descent.ipynb', descent),
  );
  await summary(anna, '2 imported · 4 failed').waitFor({ state: 'attached' });
  const told = async (name) => entry(anna, name).getByRole('alert').innerText();
  assert.match(await told('broken.ipynb'), /cells\[0\]\.source.*a number.*save the notebook again/);
  assert.match(await told('holiday.jpg'), /not a notebook.*\.ipynb/);
  assert.match(await told('nothing.ipynb'), /empty/);
  assert.match(await told('huge.ipynb'), /400 kB.*at most 400 kB.*outputs/);
  assert.deepEqual(asked.sort(), ['broken.ipynb', 'descent.ipynb', 'tools_numpy.ipynb'], 'what could not be taken was not sent');
  assert.equal((await present()).length, before + 2);
  // A broken file does not come right by being sent again.
  assert.equal(await anna.page.getByRole('button', { name: /^Try .* again$/ }).count(), 0);
  assert.deepEqual(await seriousFaults(anna.page), []);

  // The list survives later imports, and a visit to a notebook, until it is cleared.
  await chooseFiles(anna, file('later.ipynb', descent));
  await summary(anna, '3 imported · 4 failed').waitFor({ state: 'attached' });
  await entry(anna, 'tools_numpy.ipynb').getByRole('link', { name: 'Open tools_numpy' }).click();
  await anna.until('saved');
  assert.equal((await anna.order()).length, JSON.parse(numpy).cells.length);
  await anna.page.goBack();
  await summary(anna, '3 imported · 4 failed').waitFor({ state: 'attached' });
  await anna.page.getByRole('button', { name: 'Clear this list' }).click();
  assert.equal(await anna.page.getByRole('list', { name: 'Imports' }).count(), 0);
  assert.deepEqual(anna.errors.filter((error) => !/422/.test(error)), []);
});

test('a_folder_that_is_dropped_brings_the_notebooks_in_it', async (t) => {
  const folder = await mkdtemp(path(tmpdir(), 'coscribe-e2e-folder-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const files = { 'top.ipynb': descent, 'data.csv': 'a,b', 'deep/er/below.ipynb': descent, '.ipynb_checkpoints/top-checkpoint.ipynb': descent };
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(path(folder, name)), { recursive: true });
    await writeFile(path(folder, name), content);
  }
  const anna = await join(t, 'Anna');
  // A drop by the browser itself: scripts cannot make one of a folder.
  const session = await anna.context.newCDPSession(anna.page);
  const data = { items: [], files: [folder], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop']) await session.send('Input.dispatchDragEvent', { type, x: 300, y: 300, data });
  await summary(anna, '2 imported').waitFor({ state: 'attached' });
  for (const name of ['top.ipynb', 'below.ipynb']) await entry(anna, name).getByRole('link', { name: 'Open' }).waitFor();
});

test('two_files_are_under_way_at_once_with_their_progress_and_can_be_cancelled', async (t) => {
  const before = (await present()).length;
  const anna = await join(t, 'Anna');
  const line = await anna.context.newCDPSession(anna.page);
  await line.send('Network.enable');
  await line.send('Network.emulateNetworkConditions', SLOW_LINE);
  await chooseFiles(anna, ...['one', 'two', 'three', 'four'].map((name) => file(`${name}.ipynb`, numpy)));
  await eventually(async () => (await states(anna)).join() === 'sending,sending,waiting,waiting', async () => `two are under way: ${await states(anna)}`);
  await summary(anna, 'Importing 4 files…').waitFor({ state: 'attached' });

  // It grows, and is neither nothing nor all.
  const share = () => entry(anna, 'one.ipynb').getByRole('progressbar').evaluate((bar) => bar.value);
  const first = await eventually(async () => {
    const now = await share();
    return now > 0 && now < 1 && now;
  }, 'some of the first has left');
  await eventually(async () => (await share()) > first, 'more of it has left');
  assert.equal((await states(anna)).filter((state) => state === 'sending' || state === 'reading').length, 2);

  await anna.page.getByRole('button', { name: 'Cancel one.ipynb' }).click();
  await entry(anna, 'one.ipynb').getByText('Cancelled').waitFor();
  assert.equal(await anna.page.evaluate(() => document.activeElement.textContent), 'Try again', 'the focus is not lost with the button');
  await eventually(async () => (await states(anna))[2] === 'sending', 'the next takes its place');
  await anna.page.getByRole('button', { name: 'Cancel four.ipynb' }).click();
  await line.send('Network.emulateNetworkConditions', FREE_LINE);
  await summary(anna, '2 imported · 2 cancelled').waitFor({ state: 'attached' });
  assert.equal((await present()).length, before + 2);

  await anna.page.getByRole('button', { name: 'Try one.ipynb again' }).click();
  await summary(anna, '3 imported · 1 cancelled').waitFor({ state: 'attached' });
  assert.equal((await present()).filter(({ title }) => title === 'one').length, 1);
});

test('a_file_that_did_not_reach_the_server_is_sent_again_at_a_press', async (t) => {
  const before = (await present()).length;
  const bela = await join(t, 'Béla', { origin: cable.origin });
  await bela.page.getByRole('list', { name: 'Notebooks', exact: true }).waitFor();
  cable.cut();
  await chooseFiles(bela, file('far.ipynb', descent));
  await entry(bela, 'far.ipynb').getByRole('alert').filter({ hasText: 'The server was not reached.' }).waitFor();
  cable.mend();
  await bela.page.getByRole('button', { name: 'Try far.ipynb again' }).click();
  await entry(bela, 'far.ipynb').getByRole('link', { name: 'Open far' }).waitFor();
  assert.equal((await present()).length, before + 1);
  await bela.page.getByRole('list', { name: 'Notebooks', exact: true }).getByRole('link', { name: /^far/ }).waitFor();
});
