// How widgets look and who can use them: every kind in both themes, on a wide screen and a phone, judged by a machine, and
// used by the keyboard alone.

import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { assertNoSidewaysScroll, seriousFaults } from './kit/axe.mjs';
import { eventually } from './kit/eventually.mjs';
import { Person } from './kit/people.mjs';
import { Server } from './kit/server.mjs';
import { stage } from './kit/stage.mjs';
import { everyKind } from './kit/widgetGallery.mjs';
import { AtSession, embedded, Program, session } from './kit/widgets.mjs';

const PICTURES = fileURLToPath(new URL('./screenshots/', import.meta.url));
const { server, browser, join } = await stage();
await mkdir(PICTURES, { recursive: true });
const gallery = await session(server, 'Every kind');
const program = await Program.join(server, gallery, everyKind);
const made = program.made;

for (const colorScheme of ['light', 'dark']) {
  for (const width of [1280, 390]) {
    test(`pg_21_every_kind_of_widget_can_be_used_by_everybody_in_${colorScheme}_at_${width}_pixels`, async (t) => {
      const at = await AtSession.open(await join(t, 'Anna', { colorScheme, viewport: { width, height: 860 } }), gallery.id);
      const { page } = at;
      for (const name of ['Controls', 'Data', 'Layouts', 'Display']) {
        const tab = page.getByRole('tab', { name });
        await tab.click();
        await eventually(async () => (await tab.getAttribute('aria-selected')) === 'true', `the page ${name} is shown`);
        await page.screenshot({ path: `${PICTURES}widgets-${name}-${colorScheme}-${width}.png` });
        await assertNoSidewaysScroll(page);
        assert.deepEqual(await seriousFaults(page), []);
      }
      await page.getByRole('menuitem', { name: 'File' }).click();
      await page.getByRole('menu', { name: 'File' }).waitFor();
      assert.deepEqual(await seriousFaults(page), []);
      await page.keyboard.press('Escape');
      await page.goto(`${at.person.base}widgets/`);
      await page.getByRole('heading', { name: 'Widgets', exact: true }).waitFor();
      await page.screenshot({ path: `${PICTURES}widgets-list-${colorScheme}-${width}.png` });
      assert.deepEqual(await seriousFaults(page), []);
      assert.deepEqual(at.person.errors, []);
    });
  }
}

test('a_server_without_sessions_teaches_the_lines_that_make_one_and_a_cell_shows_one_in_place', async (t) => {
  const empty = await Server.start();
  t.after(() => empty.remove());
  for (const width of [1280, 390]) {
    const anna = await Person.join(browser, empty, 'Anna', { viewport: { width, height: 860 } });
    t.after(() => anna.leave());
    await anna.page.goto(`${anna.base}widgets/`);
    await anna.page.getByText('from coscribe.widgets.sync import Application').waitFor();
    await anna.page.screenshot({ path: `${PICTURES}widgets-empty-${width}.png` });
    await assertNoSidewaysScroll(anna.page);
    assert.deepEqual(await seriousFaults(anna.page), []);
  }
  const notebook = await embedded(server, gallery.id);
  for (const [colorScheme, width] of [['light', 1280], ['dark', 390]]) {
    const bela = await join(t, 'Bela', { colorScheme, viewport: { width, height: 860 } });
    await Person.together([bela], notebook.id);
    await bela.page.locator('article').getByRole('tab', { name: 'Controls' }).waitFor();
    await bela.page.screenshot({ path: `${PICTURES}widgets-cell-${colorScheme}-${width}.png` });
    await assertNoSidewaysScroll(bela.page);
    assert.deepEqual(await seriousFaults(bela.page), []);
  }
});

test('pg_21_menus_tabs_tables_trees_sliders_and_dials_are_used_by_the_keyboard_alone', async (t) => {
  const at = await AtSession.open(await join(t, 'Anna'), gallery.id);
  const { page } = at;
  const focused = () => page.evaluate(() => document.activeElement?.textContent?.trim());
  const press = async (...keys) => {
    for (const key of keys) await page.keyboard.press(key);
  };
  await page.getByRole('tab', { name: 'Controls' }).click();

  await page.getByRole('menuitem', { name: 'File' }).focus();
  await press('ArrowDown');
  await eventually(async () => (await focused()) === 'Open', async () => `the first entry has the focus: ${await focused()}`);
  await press('ArrowDown');
  await eventually(async () => (await focused()) === 'Show grid', async () => `the next entry has the focus: ${await focused()}`);
  await program.on(made.gridAction, 'activated');
  await press('Enter');
  await program.hears(made.gridAction, 'activated');
  assert.deepEqual(program.heard(made.gridAction, 'activated'), [[true]]);
  await eventually(async () => (await focused()) === 'File', async () => `the focus is back in the bar: ${await focused()}`);
  await press('ArrowDown');
  await eventually(async () => (await focused()) === 'Open', 'the menu is open again');
  await press('ArrowRight');
  await eventually(async () => (await focused()) === 'Zoom in', async () => `Right opens the next menu: ${await focused()}`);
  await press('Escape');

  await page.getByRole('tab', { name: 'Controls' }).focus();
  await press('ArrowRight');
  await eventually(async () => (await focused()) === 'Data', 'the arrow goes to the next tab');
  const table = at.widget(made.table);
  await table.getByRole('gridcell', { name: 'alpha' }).click();
  await press('ArrowDown', 'F2');
  await page.keyboard.type('x');
  await press('Enter');
  await eventually(async () => (await table.getByRole('gridcell').allInnerTexts()).some((text) => text.includes('x')), 'the cell was edited');
  const tree = at.widget(made.tree);
  await tree.getByRole('row', { name: 'src' }).click();
  await tree.getByRole('row', { name: 'src' }).focus();
  await press('ArrowLeft');
  await eventually(async () => (await tree.locator('[aria-level="2"]').count()) === 1, 'src is closed');
  await press('ArrowRight');
  await eventually(async () => (await tree.locator('[aria-level="2"]').count()) === 3, 'src is open');
  await press('ArrowRight');
  await eventually(async () => /main\.rs/.test(await focused()), async () => `Right goes to the first child: ${await focused()}`);

  await page.getByRole('tab', { name: 'Controls' }).click();
  const dial = at.widget(made.dial).getByRole('slider');
  await dial.focus();
  await press('ArrowUp', 'ArrowUp', 'PageUp');
  await eventually(async () => (await dial.getAttribute('aria-valuenow')) === '52', async () => `the dial stands at ${await dial.getAttribute('aria-valuenow')}`);
  const spin = at.field(made.spin);
  await spin.focus();
  await press('ArrowUp');
  await eventually(async () => (await spin.inputValue()) === '6', 'the spin box has stepped');
  const one = at.field(made.one);
  await one.focus();
  await press('ArrowDown');
  await eventually(() => at.field(made.two).isChecked(), 'the arrow goes to the other of the group');
  await eventually(async () => !(await one.isChecked()), 'and the first is let go');
});
