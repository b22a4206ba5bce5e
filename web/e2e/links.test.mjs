// A link to a cell: copied, opened by somebody else, to a cell that is far down, folded away, in the bin, or nowhere.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { eventually } from './kit/eventually.mjs';
import { Person } from './kit/people.mjs';
import { stage } from './kit/stage.mjs';

const { server, join } = await stage();

const CELLS = [
  ['note', '# First part'],
  ...Array.from({ length: 20 }, (_, index) => ['code', `a = ${index}\nprint(a)\n# and more`]),
  ['note', '# Second part'],
  ...Array.from({ length: 20 }, (_, index) => ['code', `b = ${index}\nprint(b)\n# and more`]),
];

function inView(person, id) {
  return person.cell(id).box.evaluate((box) => {
    const { top, bottom } = box.getBoundingClientRect();
    return top >= document.querySelector('header.bar').getBoundingClientRect().bottom - 1 && bottom <= innerHeight;
  });
}

/** Selected, marked, and in view. */
async function arrived(person, id) {
  await eventually(() => inView(person, id), 'the cell is in view');
  await person.page.locator(`[id="cell-${id}"].selected.meant`).waitFor();
}

test('a_copied_link_leads_another_person_to_the_cell_and_marks_it', async (t) => {
  const notebook = await server.write('Linked', CELLS);
  const id = notebook.cells[30];
  const [anna, bela] = await Promise.all([join(t, 'Anna', { permissions: ['clipboard-read', 'clipboard-write'] }), join(t, 'Bela')]);
  await Person.together([anna], notebook.id);
  await anna.cell(id).point();
  await anna.press('Control+Alt+l');
  await anna.toast('The link to cell 31 is copied').waitFor();
  const link = await anna.page.evaluate(() => navigator.clipboard.readText());
  assert.equal(link, `${server.origin}/notebook/${notebook.id}#cell-${id}`);

  await bela.page.goto(link);
  await arrived(bela, id);
  await bela.press('ArrowDown');
  await bela.page.locator(`[id="cell-${id}"].meant`).waitFor({ state: 'detached' });

  // While one writes in it too.
  await anna.cell(notebook.cells[2]).caretAtEnd();
  await anna.press('Control+Alt+l');
  await anna.toast('The link to cell 3 is copied').waitFor();
  assert.ok((await anna.cell(notebook.cells[2]).read()).focused);
});

test('a_link_opens_the_folded_section_its_cell_is_in', async (t) => {
  const notebook = await server.write('Folded', CELLS);
  const [, , , , id] = notebook.cells;
  const bela = await join(t, 'Bela');
  await Person.together([bela], notebook.id);
  await bela.cell(notebook.cells[0]).box.focus();
  await bela.press('ArrowLeft');
  await bela.cell(id).box.waitFor({ state: 'hidden' });
  await bela.page.goto(bela.base);
  await bela.page.goto(`${bela.base}notebook/${notebook.id}#cell-${id}`);
  await arrived(bela, id);
});

test('a_link_to_a_cell_in_the_bin_says_so_and_restores_it', async (t) => {
  const notebook = await server.write('Binned', CELLS);
  const id = notebook.cells[25];
  await server.rest('DELETE', `notebooks/${notebook.id}/cells/${id}`);
  const bela = await join(t, 'Bela');
  await bela.page.goto(`${bela.base}notebook/${notebook.id}#cell-${id}`);
  const notice = bela.toast('The cell you were sent to is in the bin');
  await notice.getByRole('button', { name: 'Restore' }).click();
  await arrived(bela, id);
  assert.ok((await server.notebook(notebook.id)).cells.some((cell) => cell.id === id));
});

test('a_link_to_a_cell_that_never_was_says_so', async (t) => {
  const notebook = await server.write('Unknown', CELLS.slice(0, 3));
  const bela = await join(t, 'Bela');
  await bela.page.goto(`${bela.base}notebook/${notebook.id}#cell-0123456789abcdef`);
  await bela.toast('is not in this notebook').waitFor();
  assert.equal(await bela.page.evaluate(() => scrollY), 0);
});

test('back_and_forward_lead_through_the_cells_one_went_to', async (t) => {
  const cells = [...CELLS];
  const notebook = await server.write('History', cells);
  const [one, two] = [notebook.cells[15], notebook.cells[35]];
  await server.rest('PUT', `notebooks/${notebook.id}/cells/${notebook.cells[0]}/source`, { source: `# First part\n\n[there](#cell-${one})` });
  const bela = await join(t, 'Bela');
  await Person.together([bela], notebook.id);
  await bela.page.getByRole('link', { name: 'there' }).click();
  await eventually(() => inView(bela, one), 'the first is in view');
  await bela.page.evaluate((id) => (location.hash = `cell-${id}`), two);
  await arrived(bela, two);
  await bela.page.goBack();
  await eventually(() => inView(bela, one), 'the first is in view again');
  assert.match(bela.page.url(), new RegExp(`#cell-${one}$`));
  await bela.page.goForward();
  await eventually(() => inView(bela, two), 'the second is in view again');
  await bela.page.goBack();
  await bela.page.goBack();
  await eventually(() => inView(bela, notebook.cells[0]), 'where it began');
});
