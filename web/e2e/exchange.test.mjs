// Notebooks come in as files and go out as files, by the page's own buttons.

import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join as path } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { eventually } from './kit/eventually.mjs';
import { stage } from './kit/stage.mjs';

const NUMPY = fileURLToPath(new URL('../../tests/data/notebooks/tools_numpy.ipynb', import.meta.url));

const { server, join } = await stage();
const folder = await mkdtemp(path(tmpdir(), 'coscribe-e2e-files-'));
after(() => rm(folder, { recursive: true, force: true }));

async function importFile(person, file) {
  const chosen = person.page.waitForEvent('filechooser');
  await person.page.getByRole('button', { name: 'Import' }).click();
  await (await chosen).setFiles(file);
}

/** A cell's text in a notebook file may be one string or a list of lines. */
function sources(notebook) {
  return notebook.cells.map(({ cell_type, source }) => [cell_type, Array.isArray(source) ? source.join('') : source]);
}

test('ln_21_an_imported_notebook_shows_its_outputs_and_is_exported_as_it_was', async (t) => {
  const original = JSON.parse(await readFile(NUMPY, 'utf8'));
  const anna = await join(t, 'Anna');
  await importFile(anna, NUMPY);
  const imported = anna.page.getByRole('list', { name: 'Imports' }).getByRole('listitem').filter({ hasText: 'tools_numpy.ipynb' });
  await imported.getByRole('link', { name: 'Open' }).click();
  await anna.until('saved');
  assert.equal((await anna.order()).length, original.cells.length);

  // Text, and a picture with pixels in it, far down: drawn when it comes near.
  const firstOutput = original.cells.find((cell) => cell.outputs?.length).outputs[0].data['text/plain'].join('');
  await anna.page.getByText(firstOutput, { exact: true }).first().waitFor();
  const pictures = original.cells.findIndex((cell) => cell.outputs?.some((output) => output.data?.['image/png']));
  const shown = anna.cell((await anna.order())[pictures]);
  await shown.bringIntoSight();
  const picture = shown.box.locator('img[alt]').first();
  await picture.waitFor();
  await eventually(() => picture.evaluate((image) => image.complete && image.naturalWidth > 100), 'the picture is drawn');

  const downloading = anna.page.waitForEvent('download');
  await anna.page.getByRole('link', { name: 'Export as .ipynb' }).click();
  const download = await downloading;
  assert.match(download.suggestedFilename(), /\.ipynb$/);
  const file = path(folder, 'exported.ipynb');
  await download.saveAs(file);
  const exported = JSON.parse(await readFile(file, 'utf8'));
  assert.deepEqual(sources(exported), sources(original));
  assert.deepEqual([exported.nbformat, exported.nbformat_minor], [4, 5]);
  assert.equal(new Set(exported.cells.map(({ id }) => id)).size, exported.cells.length);
  const outputs = (notebook) => notebook.cells.map((cell) => cell.outputs?.length ?? 0);
  assert.deepEqual(outputs(exported), outputs(original));
});

test('p7_a_broken_file_is_answered_with_a_sentence_and_makes_no_notebook', async (t) => {
  const anna = await join(t, 'Anna');
  const many = async () => (await server.rest('GET', 'notebooks')).notebooks.length;
  const before = await many();
  const broken = path(folder, 'broken.ipynb');
  await writeFile(broken, '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{"cell_type": "code", "source": 17}]}');
  await importFile(anna, broken);
  const answer = anna.page.getByRole('list', { name: 'Imports' }).getByRole('listitem').filter({ hasText: 'broken.ipynb' }).getByRole('alert');
  await answer.waitFor();
  const sentence = await answer.innerText();
  t.diagnostic(sentence);
  assert.match(sentence, /cell/i);
  assert.match(sentence, /source/);
  assert.equal(await many(), before);
  assert.equal(await anna.page.getByRole('list', { name: 'Notebooks' }).getByText('broken').count(), 0);

  // One that is fine beside it comes in all the same.
  await importFile(anna, [broken, NUMPY]);
  await anna.page.getByRole('list', { name: 'Imports' }).getByRole('link', { name: 'Open' }).waitFor();
  assert.equal(await many(), before + 1);
});
