// Makes docs/screenshot.png, the picture of the README: the real server, a real notebook, two people in one cell.
// `make screenshot` calls it.

import { readFile } from 'node:fs/promises';

import { launch, Person, Server } from '../web/e2e/server.mjs';

const NOTEBOOK = new URL('data/notebooks/extra_gradient_descent_comparison.ipynb', import.meta.url);
const PICTURE = new URL('../docs/screenshot.png', import.meta.url).pathname;
const SIZE = { width: 1280, height: 800 };

const server = await Server.start();
const browser = await launch();
try {
  const file = await readFile(NOTEBOOK);
  const headers = { 'content-type': 'application/x-ipynb+json' };
  const answer = await fetch(`${server.url}api/notebooks/import?title=Gradient%20descent`, { method: 'POST', headers, body: file });
  if (!answer.ok) throw new Error(await answer.text());
  const { id } = await answer.json();
  const cell = (await server.read(id)).cells.find((candidate) => candidate.source.includes('import matplotlib')).id;
  const ana = await Person.arrive(browser, server, 'Ana Silva', { color: '#0b6e99' });
  const ben = await Person.arrive(browser, server, 'Ben Okri', { color: '#b3402a' });
  await ana.page.setViewportSize(SIZE);
  await Promise.all([ana.open(id), ben.open(id)]);
  await ben.editor(cell).click();
  await ben.page.keyboard.press('Control+End');
  await ben.page.keyboard.type('\n# two people in one cell');
  await ana.cell(cell).locator('.caret-flag').first().waitFor({ state: 'attached' });
  await ana.state('saved');
  await ana.page.screenshot({ path: PICTURE });
} finally {
  await browser.close();
  await server.stop();
}
