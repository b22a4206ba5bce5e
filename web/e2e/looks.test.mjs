// How it looks: pictures of the pages for people to look at, and what a machine can say about who can use them.

import assert from 'node:assert/strict';
import { mkdir, readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { eventually } from './kit/eventually.mjs';
import { Person } from './kit/people.mjs';
import { stage } from './kit/stage.mjs';

const PICTURES = fileURLToPath(new URL('./screenshots/', import.meta.url));
const NUMPY = new URL('../../tests/data/notebooks/tools_numpy.ipynb', import.meta.url);
const AXE = new URL(import.meta.resolve('axe-core/axe.min.js'));
const WIDE = { width: 1280, height: 800 };
const NARROW = { width: 390, height: 844 };

const { server, join } = await stage();
await mkdir(PICTURES, { recursive: true });
const numpy = await server.rest('POST', 'notebooks/import?title=Tools%20-%20NumPy', await readFile(NUMPY, 'utf8'));

/** What axe-core calls serious or critical on the page as it stands. */
async function seriousFaults(page) {
  // Evaluated by the debugger, which the page's policy on scripts does not bind.
  await page.evaluate(await readFile(AXE, 'utf8'));
  const { violations, passes } = await page.evaluate(() => window.axe.run(document, { iframes: false }));
  assert.ok(passes.length > 10, 'axe looked at something');
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.slice(0, 3).map(({ target, failureSummary }) => `${target} (${failureSummary.split('\n')[1]?.trim()})`).join('; ')}`);
}

/** Nothing stands out of the page to the right. */
async function assertNoSidewaysScroll(page) {
  const [inner, outer] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  assert.ok(inner <= outer, `the page is ${inner} px wide in a window of ${outer} px`);
}

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

      // Code with its output, and a plot.
      const plot = anna.page.locator('article img').first();
      const array = anna.cell(order[5]);
      await array.box.scrollIntoViewIfNeeded();
      await array.caretAtEnd();
      await picture('editing');
      assert.deepEqual(await seriousFaults(page), []);
      await eventually(async () => {
        await page.evaluate(() => window.scrollBy(0, 2000));
        return (await plot.count()) > 0;
      }, 'a plot comes near');
      await plot.scrollIntoViewIfNeeded();
      await eventually(() => plot.evaluate((image) => image.complete), 'the plot is drawn');
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
