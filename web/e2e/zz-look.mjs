import { openBrowser } from './kit/browser.mjs';
import { Person } from './kit/people.mjs';
import { Server } from './kit/server.mjs';
const what = process.argv[2];
const server = await Server.start();
const browser = await openBrowser();
const cells = [['note', '# A study of needles\n\nWhere a **needle** is, and [why](https://needle.example).'], ['code', 'needle = 1\nprint(needle)  # the needle of all'], ['note', '## Method\n\nWe look for the needle in `hay`.'], ['code', 'def find(hay):\n    return [each for each in hay if each == "needle"]'], ['note', '## Results\n\n### First\n\ntext\n\n### Second'], ['prompt', 'What is a needle?'],['note','# Discussion\n\nlong'],['code','x=1']];
const notebook = await server.write('Needles', cells);
for (const [scheme, viewport, tag] of [['light', { width: 1280, height: 800 }, 'desk'], ['dark', { width: 1280, height: 800 }, 'desk'], ['light', { width: 390, height: 844 }, 'phone'], ['dark', { width: 390, height: 844 }, 'phone']]) {
  const anna = await Person.join(browser, server, 'Anna', { colorScheme: scheme, viewport });
  await Person.together([anna], notebook.id);
  await anna.cell(notebook.cells[1]).caretAt(2);
  const shot = (name) => anna.page.screenshot({ path: `/tmp/look-commands/${name}-${tag}-${scheme}.png` });
  const steps = {
    palette: async () => { await anna.press('Control+Shift+p'); await anna.type('cell'); await shot('palette'); await anna.press('Escape'); },
    find: async () => { await anna.press('Control+h'); await anna.page.getByRole('search').waitFor(); await anna.type('needle'); await anna.press('Enter'); await new Promise((r) => setTimeout(r, 500)); await shot('find'); await anna.press('Escape'); },
    help: async () => { await anna.press('F1'); await anna.page.getByRole('dialog').waitFor(); await shot('help'); await anna.press('Escape'); },
    settings: async () => { await anna.press('Control+,'); await anna.page.getByRole('dialog').waitFor(); await shot('settings'); await anna.page.getByRole('tab').last().click(); await anna.page.getByRole('button', { name: /Add a key for “Put/ }).click().catch(() => anna.page.getByRole('button', { name: /Add a key for/ }).nth(5).click()); await anna.press('b'); await shot('keys'); await anna.press('Escape'); await anna.press('Escape'); },
    outline: async () => { await anna.press('Control+Shift+o'); await new Promise((r) => setTimeout(r, 700)); await shot('outline'); },
    page: async () => { await shot('page'); },
  };
  for (const name of (what ?? Object.keys(steps).join()).split(',')) await steps[name]();
  await anna.leave();
}
await browser.close(); await server.remove();
