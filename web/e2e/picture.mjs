// Makes the two pictures of the README: a real notebook, two people in it with their named carets. `npm run picture`.

import { mkdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { openBrowser } from './kit/browser.mjs';
import { eventually } from './kit/eventually.mjs';
import { Person } from './kit/people.mjs';
import { Server } from './kit/server.mjs';

const FOLDER = fileURLToPath(new URL('../../docs/', import.meta.url));
const NUMPY = new URL('../../tests/data/notebooks/tools_numpy.ipynb', import.meta.url);
const VIEWPORT = { width: 1280, height: 800 };
/** The name flags fade; the pictures are for people who have not seen them. */
const FLAGS = '.caret-flag { animation: none !important; opacity: 1 !important }';

/** A few cells that show a note, code, a formula of text and a plot on one screen. */
async function excerpt() {
  const notebook = JSON.parse(await readFile(NUMPY, 'utf8'));
  const plotted = notebook.cells.findIndex((cell) => cell.outputs?.some((output) => output.data?.['image/png']));
  const title = { cell_type: 'markdown', metadata: {}, source: '# How normal are random numbers?\n\nA thousand draws from each distribution: `rand` is flat, `randn` gathers around $\\mu = 0$.' };
  return JSON.stringify({ ...notebook, cells: [title, notebook.cells.find((cell) => cell.cell_type === 'code'), notebook.cells[plotted]] });
}

async function take(server, browser, notebook, colorScheme) {
  const settings = { viewport: VIEWPORT, colorScheme };
  const [anna, bela, carla] = await Promise.all(['Anna Kovács', 'Béla Nagy', 'Chen Wei'].map((name) => Person.join(browser, server, name, settings)));
  await Person.together([anna, bela, carla], notebook);
  const [, imports, plot] = await anna.order();
  await bela.cell(plot).caretAt(8);
  for (let step = 0; step < 11; step += 1) await bela.press('Shift+ArrowRight');
  await carla.cell(imports).caretAtEnd();
  await anna.cell(plot).box.locator('img[alt]').first().waitFor();
  await anna.page.addStyleTag({ content: FLAGS }).catch(() => anna.page.evaluate((css) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  }, FLAGS));
  await eventually(async () => (await anna.page.locator('.caret-flag').count()) === 2, 'both flags are there');
  await anna.page.screenshot({ path: `${FOLDER}notebook-${colorScheme}.png` });
  await Promise.all([anna, bela, carla].map((person) => person.leave()));
}

const [server, browser] = await Promise.all([Server.start(), openBrowser()]);
try {
  await mkdir(FOLDER, { recursive: true });
  const { id } = await server.rest('POST', 'notebooks/import?title=Random%20numbers', await excerpt());
  for (const colorScheme of ['light', 'dark']) await take(server, browser, id, colorScheme);
} finally {
  await browser.close();
  await server.remove();
}
