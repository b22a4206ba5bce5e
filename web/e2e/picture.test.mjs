// The pictures of the README: a real notebook, three people in it, two with their named carets; a board with an agent at
// work. `make picture` puts them where the README shows them; otherwise they are made beside the other screenshots, so
// that making them always works.

import assert from 'node:assert/strict';
import { mkdir, readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { AtBoard, project, tasks } from './kit/board.mjs';
import { eventually } from './kit/eventually.mjs';
import { Person } from './kit/people.mjs';
import { stage } from './kit/stage.mjs';

const FOLDER = fileURLToPath(new URL(process.env.PICTURES ?? './screenshots/', import.meta.url));
const NUMPY = new URL('../../tests/data/notebooks/tools_numpy.ipynb', import.meta.url);
const VIEWPORT = { width: 1280, height: 800 };
/** The name flags fade; the pictures are for people who have not seen them. */
const FLAGS = '.caret-flag { animation: none !important; opacity: 1 !important }';

/** A few cells that show a note, code, a formula of text and a plot on one screen. */
async function excerpt() {
  const notebook = JSON.parse(await readFile(NUMPY, 'utf8'));
  const plotted = notebook.cells.findIndex((cell) => cell.outputs?.some((output) => output.data?.['image/png']));
  const title = { cell_type: 'markdown', metadata: {}, source: '# How normal are random numbers?\n\nA hundred thousand draws from each distribution: `rand` is flat, `randn` gathers around $\\mu = 0$.' };
  return JSON.stringify({ ...notebook, cells: [title, notebook.cells.find((cell) => cell.cell_type === 'code'), notebook.cells[plotted]] });
}

const { server, join } = await stage();
await mkdir(FOLDER, { recursive: true });
const { id } = await server.rest('POST', 'notebooks/import?title=Random%20numbers', await excerpt());

for (const colorScheme of ['light', 'dark']) {
  test(`the_picture_of_the_readme_shows_three_people_in_${colorScheme}`, async (t) => {
    const settings = { viewport: VIEWPORT, colorScheme };
    const people = await Promise.all(['Anna Kovács', 'Béla Nagy', 'Chen Wei'].map((name) => join(t, name, settings)));
    await Person.together(people, id);
    const [anna, bela, carla] = people;
    const [, imports, plot] = await anna.order();
    await bela.cell(plot).caretAt(8);
    for (let step = 0; step < 11; step += 1) await bela.press('Shift+ArrowRight');
    await carla.cell(imports).caretAtEnd();
    await anna.cell(plot).box.locator('img[alt]').first().waitFor();
    await keepFlags(anna);
    const flags = async () => (await anna.page.locator('.caret-flag').allInnerTexts()).sort();
    await eventually(async () => (await flags()).length === 2, 'both flags are there');
    assert.deepEqual(await flags(), ['Béla Nagy', 'Chen Wei']);
    await anna.page.screenshot({ path: `${FOLDER}notebook-${colorScheme}.png` });
  });
}

/** A board in the middle of its work. */
async function board() {
  const id = await project(server, 'Spring release');
  const made = await tasks(
    server,
    id,
    { title: 'Write the release notes' },
    { title: 'Choose a date for the freeze', status: 'completed' },
    { title: 'Measure the sign-in page on a slow phone', status: 'in_progress' },
    { title: 'Translate the welcome page', priority: 'low' },
    { title: 'Sign in with a passkey', priority: 'high', status: 'in_progress', description: 'Where the browser has them; a password otherwise.' },
    { title: 'Certificates end in May', priority: 'high', status: 'blocked' },
    { title: 'Answer the accessibility report', priority: 'high' },
  );
  await server.rest('POST', 'sessions', { projectId: id, name: 'Passkeys', status: 'running', taskIds: [made[4], made[2]] });
  return { id, title: 'Sign in with a passkey' };
}

for (const colorScheme of ['light', 'dark']) {
  test(`the_picture_of_a_board_shows_two_people_and_a_session_in_${colorScheme}`, async (t) => {
    const { id, title } = await board();
    const people = await Promise.all(['Anna Kovács', 'Béla Nagy'].map((name) => join(t, name, { viewport: VIEWPORT, colorScheme })));
    const [anna] = await AtBoard.together(people, id);
    await anna.showSessions();
    await anna.page.getByText(title).first().waitFor();
    await eventually(async () => (await anna.page.locator('[data-task]').count()) === 7, 'all tasks are on the board');
    await anna.page.screenshot({ path: `${FOLDER}board-${colorScheme}.png` });
  });
}

/** As a sheet made by script: the page's policy allows no other. */
function keepFlags({ page }) {
  return page.evaluate((css) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  }, FLAGS);
}
