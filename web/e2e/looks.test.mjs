// How it looks: pictures of the pages for people to look at, and what a machine can say about who can use them.

import assert from 'node:assert/strict';
import { mkdir, readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { assertNoSidewaysScroll, seriousFaults } from './kit/axe.mjs';
import { eventually } from './kit/eventually.mjs';
import { Person } from './kit/people.mjs';
import { stage } from './kit/stage.mjs';

const PICTURES = fileURLToPath(new URL('./screenshots/', import.meta.url));
const NUMPY = new URL('../../tests/data/notebooks/tools_numpy.ipynb', import.meta.url);
const WIDE = { width: 1280, height: 800 };
const NARROW = { width: 390, height: 844 };

const { server, join } = await stage();
await mkdir(PICTURES, { recursive: true });
const whole = JSON.parse(await readFile(NUMPY, 'utf8'));
/** Its beginning and one plot: axe-core takes long on hundreds of cells. */
const plotted = whole.cells.findIndex((cell) => cell.outputs?.some((output) => output.data?.['image/png']));
const part = { ...whole, cells: [...whole.cells.slice(0, 20), whole.cells[plotted]] };
const numpy = await server.rest('POST', 'notebooks/import?title=Tools%20-%20NumPy', JSON.stringify(part));

for (const colorScheme of ['light', 'dark']) {
  for (const viewport of [WIDE, NARROW]) {
    test(`p6_home_and_notebook_are_usable_in_${colorScheme}_at_${viewport.width}_pixels`, async (t) => {
      const anna = await join(t, 'Anna', { colorScheme, viewport });
      const { page } = anna;
      const picture = (name) => page.screenshot({ path: `${PICTURES}${name}-${colorScheme}-${viewport.width}.png` });
      await page.getByRole('list', { name: 'Notebooks' }).waitFor();
      await picture('home');
      await assertNoSidewaysScroll(page);
      assert.deepEqual(await seriousFaults(page), []);

      await Person.together([anna], numpy.id);
      const order = await anna.order();
      await anna.cell(order[0]).box.locator('.markdown').waitFor();
      await picture('notebook');
      await assertNoSidewaysScroll(page);
      assert.deepEqual(await seriousFaults(page), []);

      await anna.cell(order[part.cells.findIndex((cell) => cell.cell_type === 'code')]).caretAtEnd();
      await picture('editing');
      assert.deepEqual(await seriousFaults(page), []);
      await anna.cell(order.at(-1)).bringIntoSight();
      const plot = page.locator('article img[alt]').first();
      await eventually(() => plot.evaluate((image) => image.complete && image.naturalWidth > 100), 'the plot is drawn');
      await plot.scrollIntoViewIfNeeded();
      await picture('plot');
      await assertNoSidewaysScroll(page);

      await page.getByRole('button', { name: 'Bin', exact: true }).click();
      await page.getByRole('complementary', { name: 'Bin' }).waitFor();
      await picture('bin');
      assert.deepEqual(await seriousFaults(page), []);
      await page.getByRole('button', { name: 'Close the bin' }).click();
      await page.getByRole('button', { name: 'Keys and help' }).click();
      await page.getByRole('dialog').waitFor();
      await picture('help');
      assert.deepEqual(await seriousFaults(page), []);
    });
  }
}
