// Notes as people read and write them: boxes, links, diagrams, pictures, pasting.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { deflateSync } from 'node:zlib';

import { assertNoSidewaysScroll, seriousFaults } from './kit/axe.mjs';
import { eventually } from './kit/eventually.mjs';
import { agreed, assertNoForeignHost, Person } from './kit/people.mjs';
import { Proxy } from './kit/proxy.mjs';
import { stage } from './kit/stage.mjs';

const { server, join, pair } = await stage();
const cable = await Proxy.to(server.port);
after(() => cable.close());

/** A PNG of so many bytes that does not compress, and can be seen. */
function png(bytes = 0) {
  const chunk = (type, data) => {
    const whole = Buffer.concat([Buffer.from(type), data]);
    const sum = Buffer.alloc(4);
    sum.writeUInt32BE(crc32(whole));
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    return Buffer.concat([length, whole, sum]);
  };
  const head = Buffer.from([0, 0, 0, 3, 0, 0, 0, 2, 8, 2, 0, 0, 0]);
  const rows = Buffer.concat([0, 1].map(() => Buffer.from([0, ...Array(9).fill(120)])));
  const filler = bytes > 0 ? [chunk('teXt', Buffer.alloc(bytes, 'x'))] : [];
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', head), ...filler, chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))]);
}

function crc32(bytes) {
  let sum = ~0;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit += 1) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return ~sum >>> 0;
}

/** Pastes or drops what is given, where the focus is or onto an element; resolves with whether the page took it. */
function give(target, kind, { files = [], data = {} }) {
  const sent = files.map(({ name, type, bytes }) => ({ name, type, base64: bytes.toString('base64') }));
  return target.evaluate(
    async (element, [event, all, texts]) => {
      const transfer = new DataTransfer();
      for (const { name, type, base64 } of all) transfer.items.add(new File([Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0))], name, { type }));
      for (const [type, text] of Object.entries(texts)) transfer.setData(type, text);
      const at = element.getBoundingClientRect();
      const place = { clientX: at.right - 4, clientY: at.bottom - 4, bubbles: true, cancelable: true };
      const made = event === 'paste' ? new ClipboardEvent('paste', { clipboardData: transfer, bubbles: true, cancelable: true }) : new DragEvent('drop', { dataTransfer: transfer, ...place });
      return !element.dispatchEvent(made);
    },
    [kind, sent, data],
  );
}

/** The text of a cell as the server has it, once it is this one or fits. */
async function written(notebook, cell, expected) {
  const fits = (text) => (expected instanceof RegExp ? expected.test(text) : text === expected);
  let text;
  await eventually(async () => fits((text = await server.source(notebook.id, cell))), () => `the text is ${expected}; it is ${JSON.stringify(text)}`);
  return text;
}

const note = (person, id) => person.cell(id).box.locator('.markdown');

test('a box is ticked by mouse and by key, for everybody, and by one undo taken back', async (t) => {
  const source = '# Plan 😀\n\n- [ ] **buy** bread\n  1. [x] and butter\n\n> - [ ] quoted';
  const { notebook, anna, bela } = await pair(t, 'Boxes', [['note', source], ['code', '1']]);
  const [id] = notebook.cells;
  const box = (person, name) => note(person, id).getByRole('checkbox', { name, exact: true });
  assert.deepEqual(await note(anna, id).getByRole('checkbox').evaluateAll((all) => all.map((one) => one.checked)), [false, true, false]);
  await box(bela, 'quoted').waitFor();

  await box(anna, 'buy bread').click();
  await written(notebook, id, source.replace('[ ] **buy', '[x] **buy'));
  await eventually(() => box(bela, 'buy bread').isChecked(), 'Bela sees the tick');
  assert.equal(await note(anna, id).count(), 1, 'a click on a box does not open the note');

  // By key, and the focus stays in the box that was pressed.
  await box(anna, 'and butter').focus();
  await anna.press('Space');
  await written(notebook, id, source.replace('[ ] **buy', '[x] **buy').replace('[x] and', '[ ] and'));
  assert.equal(await box(anna, 'and butter').evaluate((one) => one === document.activeElement && !one.checked), true);

  // A peer types into the same note: her box stays hers.
  await bela.cell(id).caretAtEnd();
  await bela.type(' more\n');
  await bela.press('Escape');
  await box(anna, 'quoted more').waitFor();
  assert.equal(await box(anna, 'and butter').evaluate((one) => one === document.activeElement), true);
  await box(bela, 'quoted more').click();
  await eventually(() => box(anna, 'quoted more').isChecked(), 'Anna sees it ticked');

  await anna.press('Escape');
  assert.equal(await anna.cell(id).box.evaluate((cell) => cell === document.activeElement), true, 'Esc leads back to the cell');
  await anna.press('Control+z');
  await eventually(() => box(anna, 'and butter').isChecked(), 'the last tick is taken back');
  assert.deepEqual([await box(anna, 'buy bread').isChecked(), await box(anna, 'quoted more').isChecked()], [true, true]);
  assert.deepEqual(anna.errors, []);
});

test('ln_18_what_a_peer_types_in_a_note_leaves_the_rest_of_it_the_same_nodes', async (t) => {
  const source = '# Title\n\n<details><summary>more</summary>hidden</details>\n\n$a^2$ is a square.\n\n```python\nprint(1)\n```\n\nlast';
  const { notebook, anna, bela } = await pair(t, 'Same nodes', [['note', source], ['code', '1']]);
  const [id] = notebook.cells;
  await note(anna, id).locator('.katex').waitFor();
  await note(anna, id).locator('pre span').first().waitFor();
  await note(anna, id).getByText('more').click();
  await note(anna, id).evaluate((root) => {
    window.kept = ['h1', 'details', '.katex', 'pre span'].map((selector) => root.querySelector(selector));
    getSelection().selectAllChildren(root.querySelector('h1'));
  });
  await bela.cell(id).caretAtEnd();
  await bela.type(' words');
  await note(anna, id).getByText('last words').waitFor();
  await bela.press('Control+Home');
  await bela.page.keyboard.insertText('Before everything.\n\n');
  await note(anna, id).getByText('Before everything.').waitFor();
  const state = await note(anna, id).evaluate((root) => ({
    same: window.kept.every((node) => root.contains(node)),
    open: root.querySelector('details').open,
    selected: getSelection().toString().trim(),
  }));
  assert.deepEqual(state, { same: true, open: true, selected: 'Title' });
});

test('links lead to headings of any note, to cells, and to footnotes, and the page stays', async (t) => {
  const far = Array.from({ length: 40 }, (_, index) => ['code', `x = ${index}\n`.repeat(10)]);
  const notebook = await server.write('Links', [
    ['note', '[far](#The-Far-Heading) [anchor](#mark) [nowhere](#nothing) [out](https://example.org/x) text[^1]\n\n[^1]: the footnote'],
    ...far,
    ['note', '# The *far* heading\n\ntext\n\n<a id="mark"></a>marked'],
  ]);
  const [first] = notebook.cells;
  const last = notebook.cells.at(-1);
  await server.rest('PUT', `notebooks/${notebook.id}/cells/${notebook.cells[1]}/source`, { source: 'here = 1' });
  const anna = await join(t, 'Anna');
  await Person.together([anna], notebook.id);
  /** Between the bar and the foot of the window. */
  const seen = (locator) => eventually(() => locator.evaluate((element) => element.getBoundingClientRect().top >= document.querySelector('.bar').getBoundingClientRect().bottom && element.getBoundingClientRect().bottom <= innerHeight), 'it is in view');
  const back = () => anna.cell(first).bringIntoSight();

  await note(anna, first).getByRole('link', { name: 'far', exact: true }).click();
  await seen(note(anna, last).getByRole('heading', { name: 'The far heading' }));
  assert.match(anna.page.url(), new RegExp(`/notebook/${notebook.id}#the-far-heading$`));
  await back();
  await note(anna, first).getByRole('link', { name: 'anchor' }).click();
  await seen(note(anna, last).getByText('marked'));
  await back();
  await note(anna, first).getByRole('link', { name: '[1]' }).click();
  await seen(note(anna, first).getByText('the footnote'));
  await note(anna, first).getByRole('link', { name: 'Back to the text' }).click();
  await note(anna, first).getByRole('link', { name: 'nowhere' }).click();
  await anna.toast('This notebook has no heading “nothing”.').waitFor();

  await server.rest('PUT', `notebooks/${notebook.id}/cells/${first}/source`, { source: `[cell](#cell-${last})` });
  await note(anna, first).getByRole('link', { name: 'cell' }).click();
  await seen(note(anna, last).getByRole('heading', { name: 'The far heading' }));
  assert.equal(await anna.cell(last).box.evaluate((cell) => cell === document.activeElement), true);
});

test('a diagram is drawn apart from the page, in its colours, and only drawn again when its own text changes', async (t) => {
  const source = 'Before\n\n```mermaid\nflowchart LR\n  A[Begin] --> B[End]\n```';
  const { notebook, anna, bela } = await pair(t, 'Diagrams', [['note', 'no diagram'], ['code', '1']]);
  const [id] = notebook.cells;
  await note(anna, id).getByText('no diagram').waitFor();
  const asked = (person) => person.requests.filter((address) => /mermaid/.test(address)).length;
  assert.equal(asked(anna), 0, 'Mermaid is not loaded without a diagram');
  await server.rest('PUT', `notebooks/${notebook.id}/cells/${id}/source`, { source });
  const image = note(anna, id).getByRole('img', { name: 'Diagram: Begin, End' });
  await image.waitFor({ timeout: 30_000 });
  assert.ok(await image.evaluate((one) => one.complete && one.naturalWidth > 100 && one.width > 100));
  assert.equal(await anna.page.locator('iframe').getAttribute('sandbox'), 'allow-scripts');

  // Typed around it: the same picture. Typed in it: the last one stands until the next.
  await image.evaluate((one) => (window.drawn = one));
  await bela.cell(id).caretAt(6);
  await bela.type(' it');
  await note(anna, id).getByText('Before it').waitFor();
  assert.equal(await image.evaluate((one) => one === window.drawn), true);
  await note(anna, id).evaluate((root) => {
    window.without = 0;
    new MutationObserver(() => (window.without += root.querySelector('.diagram img') ? 0 : 1)).observe(root, { subtree: true, childList: true });
  });
  await bela.press('Control+End');
  await bela.press('ArrowUp');
  await bela.press('End');
  await bela.type('\nB --> C[Then]');
  await note(anna, id).getByRole('img', { name: 'Diagram: Begin, End, Then' }).waitFor();
  assert.equal(await anna.page.evaluate(() => window.without), 0, 'there was always a picture');

  await bela.type('\nC --> --> D');
  await note(anna, id).getByText('This diagram cannot be drawn: line 4 is not understood.').waitFor();
  await server.rest('PUT', `notebooks/${notebook.id}/cells/${id}/source`, { source: `${source.slice(0, -4)}\n  B --> C[Then]\n\`\`\`` });
  const colour = () => note(anna, id).locator('.diagram img').evaluate((one) => decodeURIComponent(one.src).match(/fill:\s*(#[0-9a-f]{6})/)?.[1]);
  await note(anna, id).getByRole('img', { name: 'Diagram: Begin, End, Then' }).waitFor();
  const light = await colour();
  await anna.page.emulateMedia({ colorScheme: 'dark' });
  await eventually(async () => (await colour()) !== light, 'it is drawn anew in dark colours');
  assertNoForeignHost(anna);
  assert.deepEqual(anna.errors, []);
});

test('small pictures go into the note, at the end or at the caret, and stand in the exported file', async (t) => {
  const { notebook, anna, bela } = await pair(t, 'Pictures', [['note', 'Read this'], ['code', '1']]);
  const [id, code] = notebook.cells;
  const picture = { name: 'My plot (1).png', type: 'image/png', bytes: png() };
  await note(anna, id).getByText('Read this').waitFor();
  await anna.cell(id).box.focus();
  assert.equal(await give(anna.cell(id).box, 'paste', { files: [picture] }), true);
  const shown = note(bela, id).getByRole('img', { name: 'My plot (1)' });
  await eventually(() => shown.evaluate((one) => one.naturalWidth === 3 && one.src.startsWith('data:image/png')), 'Bela sees it');
  const text = await written(notebook, id, /^Read this\n\n!\[My plot \(1\)\]\(attachment:My-plot-1-[0-9a-f]{6}\.png\)$/);
  const exported = await server.rest('GET', `notebooks/${notebook.id}/export?format=ipynb`);
  const [name] = /My-plot-1-[0-9a-f]{6}\.png/.exec(text);
  assert.deepEqual(Object.keys(exported.cells[0].attachments), [name]);
  assert.equal([exported.cells[0].attachments[name]['image/png']].flat().join(''), picture.bytes.toString('base64'));

  await anna.press('Control+z');
  await written(notebook, id, 'Read this');
  await anna.press('Control+Shift+z');
  await eventually(() => shown.count(), 'it is there again');
  await anna.press('Control+z');
  await written(notebook, id, 'Read this');

  // In the editor at the caret, several, while somebody types before it.
  await anna.cell(id).caretAt(4);
  const svg = { name: 'drawing.svg', type: 'image/svg+xml', bytes: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>') };
  const wrong = { name: 'photo.heic', type: 'image/heic', bytes: Buffer.from('0000ftypheic0000') };
  await bela.cell(id).caretAt(0);
  await bela.type('Do ');
  await agreed([anna, bela], id, (whole) => whole === 'Do Read this');
  await give(anna.cell(id).editor, 'paste', { files: [picture, wrong, svg] });
  await anna.toast('photo.heic is no picture').waitFor();
  await written(notebook, id, /^Do Read!\[My plot \(1\)\]\(attachment:My-plot-1-\w+\.png\)\n!\[drawing\]\(attachment:drawing-\w+\.svg\) this$/);
  await anna.type('!');
  await written(notebook, id, /\.svg\)! this$/);

  await give(anna.cell(code).editor, 'paste', { files: [picture] });
  await anna.toast('Pictures go into notes').waitFor();
  await anna.until('saved');
  assert.deepEqual(anna.errors, []);
});

test('a large picture goes beside the notebook and shows for everybody; without a server a sentence says what to do', async (t) => {
  const notebook = await server.write('Large pictures', [['note', 'See'], ['code', '1']]);
  const [id] = notebook.cells;
  const [anna, bela] = await Promise.all([join(t, 'Anna'), join(t, 'Bela', { origin: cable.origin })]);
  await Person.together([anna, bela], notebook.id);
  const large = { name: 'photo.png', type: 'image/png', bytes: png(1_500_000) };
  await note(anna, id).getByText('See').waitFor();
  assert.equal(await give(note(anna, id), 'drop', { files: [large] }), true);
  await written(notebook, id, /^See\n\n!\[photo\]\(api\/blobs\/[0-9a-f]{64}\?type=image\/png\)$/);
  for (const person of [anna, bela]) await eventually(() => note(person, id).getByRole('img', { name: 'photo' }).evaluate((one) => one.naturalWidth === 3), `${person.name} sees it`);
  assertNoForeignHost(bela);

  cable.cut();
  await bela.context.setOffline(true);
  await bela.until('offline');
  await give(note(bela, id), 'drop', { files: [large] });
  await bela.toast('photo.png was not added. The server was not reached. Pictures under one megabyte can be added without it').waitFor();
  await give(note(bela, id), 'drop', { files: [{ name: 'small.png', type: 'image/png', bytes: png() }] });
  await eventually(() => note(bela, id).getByRole('img', { name: 'small' }).evaluate((one) => one.naturalWidth === 3), 'a small one is there without a network');
  cable.mend();
  await bela.context.setOffline(false);
  await note(anna, id).getByRole('img', { name: 'small' }).waitFor();
  await bela.until('saved');
});

test('a file with pictures in its notes is shown and given back as it was', async (t) => {
  const bundle = { 'bild 1.png': { 'image/png': png().toString('base64') } };
  const cell = { cell_type: 'markdown', id: 'n1', metadata: {}, source: '![Bild](attachment:bild%201.png)', attachments: bundle };
  const { id } = await server.rest('POST', 'notebooks/import?title=File', JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells: [cell] }));
  const anna = await join(t, 'Anna');
  await Person.together([anna], id);
  const image = anna.page.getByRole('img', { name: 'Bild' });
  await eventually(() => image.evaluate((one) => one.naturalWidth === 3 && one.getAttribute('width') === '3'), 'it is shown, and its place is known');
  const exported = await server.rest('GET', `notebooks/${id}/export?format=ipynb`);
  const [back] = exported.cells;
  assert.equal([back.attachments['bild 1.png']['image/png']].flat().join(''), bundle['bild 1.png']['image/png']);
});

test('formatted text comes in as Markdown, plain text and code as they are', async (t) => {
  const { notebook, anna } = await pair(t, 'Paste', [['note', ''], ['code', '1']]);
  const [id] = notebook.cells;
  const cell = anna.cell(id);
  const fresh = async () => {
    await cell.caretAtEnd();
    await anna.press('Control+a');
    await anna.press('Delete');
  };
  const pastes = async (html, plain, expected) => {
    await fresh();
    await give(cell.editor, 'paste', { data: { 'text/html': html, 'text/plain': plain } });
    await cell.shows(expected);
  };
  await pastes(
    '<table><tr><td>Name<td>Sum | all</tr><tr><td colspan=2>Ana<br>Bo</tr></table>',
    'Name\tSum',
    '| Name | Sum \\| all |\n| --- | --- |\n| Ana Bo |  |',
  );
  await pastes(
    '<b style="font-weight:normal" id="docs-internal-guid-1"><h2>Head</h2><p><span style="font-weight:700">bold</span> and <a href="https://example.org/x">link</a></p><ul><li>one<ol><li>two</li></ol></li></ul></b>',
    'Head',
    '## Head\n\n**bold** and [link](https://example.org/x)\n\n- one\n  1. two',
  );
  await pastes('<div style="font-family:monospace"><span style="color:#f00">a</span> * <b onclick="x">b</b></div><script>window.hurt = 1</script><img src="https://example.org/i.png" alt="pic">', 'a', 'a \\* **b**\n\n![pic](https://example.org/i.png)');
  // From an editor of code: colours only.
  await pastes('<meta charset="utf-8"><div style="white-space:pre"><span style="color:#00f">x</span> = *y*</div>', 'x = *y*', 'x = *y*');
  // In code, what is pasted is text.
  await fresh();
  await anna.page.keyboard.insertText('```\nx\n```');
  await cell.caretAt(5);
  await give(cell.editor, 'paste', { data: { 'text/html': '<b>y</b>', 'text/plain': 'y' } });
  await cell.shows('```\nxy\n```');

  await fresh();
  await anna.type('word');
  await anna.press('Shift+Home');
  await give(cell.editor, 'paste', { data: { 'text/plain': 'https://example.org/' } });
  await cell.shows('[word](https://example.org/)');
  await fresh();
  await anna.type('- [ ] a\nb');
  await anna.press('Tab');
  await anna.press('Control+b');
  await cell.shows('- [ ] a\n  - [ ] **b**');
  assert.equal(await anna.page.evaluate(() => window.hurt), undefined);
  assertNoForeignHost(anna);
});

/** All that Markdown can show here. */
const EVERYTHING = `# A heading

A [link](https://example.org), a footnote[^1], ~~struck~~ and \`code\`, ![elsewhere](https://example.org/p.png).

| left | right |
|:-----|------:|
| ${'a wide cell '.repeat(12)} | 2 |

- [ ] open
- [x] done

> quoted $a^2$

\`\`\`python
def wide(): return "${'a long line '.repeat(20)}"  # comment
\`\`\`

$$\\sum_{i=0}^{n} i = \\frac{n(n+1)}{2} ${'+ 0'.repeat(60)}$$

<details><summary>more</summary>hidden</details>
<div class="alert alert-warning">careful</div>

\`\`\`mermaid
flowchart LR
  A[Begin here] --> B[Go on] --> C[Then] --> D[And then] --> E[End]
\`\`\`

\`\`\`mermaid
flowchart LR
  A --> --> B
\`\`\`

[^1]: the note`;

for (const colorScheme of ['light', 'dark']) {
  for (const width of [1280, 390]) {
    test(`p6_a_note_with_everything_is_usable_in_${colorScheme}_at_${width}_pixels`, async (t) => {
      const { id, cells } = await server.write('Everything', [['note', EVERYTHING], ['code', '1']]);
      const anna = await join(t, 'Anna', { colorScheme, viewport: { width, height: 844 } });
      await Person.together([anna], id);
      const root = note(anna, cells[0]);
      await root.locator('.diagram img').waitFor({ timeout: 30_000 });
      await root.locator('figcaption').waitFor();
      await root.locator('.katex').nth(1).waitFor();
      await root.locator('pre span').first().waitFor();
      assert.deepEqual(await seriousFaults(anna.page), []);
      await assertNoSidewaysScroll(anna.page);
      assert.deepEqual(anna.errors, []);
    });
  }
}

test('on paper the whole notebook is drawn, without what is there to work with', async (t) => {
  const far = Array.from({ length: 40 }, (_, index) => ['code', `x = ${index}\n`.repeat(10)]);
  const { id, cells } = await server.write('Paper', [...far, ['note', '# The **end**\n\n$x^2$']]);
  const anna = await join(t, 'Anna');
  await Person.together([anna], id);
  const last = anna.cell(cells.at(-1)).box;
  assert.equal(await last.locator('.markdown').count(), 0, 'it is far away');
  await anna.page.emulateMedia({ media: 'print' });
  await anna.page.evaluate(() => window.dispatchEvent(new Event('beforeprint')));
  assert.equal(await last.locator('.markdown h1 strong').innerText(), 'end');
  assert.equal(await anna.page.locator('.bar').isVisible(), false);
});

test('a picture on its way shows how far it is and can be called off', async (t) => {
  const { notebook, anna } = await pair(t, 'On its way', [['note', 'here'], ['code', '1']]);
  const [id] = notebook.cells;
  await note(anna, id).getByText('here').waitFor();
  let go;
  await anna.page.route('**/api/blobs', async (route) => (await new Promise((resolve) => (go = resolve))) === 'on' ? route.continue() : route.abort());
  const photo = { name: 'photo.png', type: 'image/png', bytes: png(1_200_000) };
  await give(note(anna, id), 'drop', { files: [photo] });
  await anna.page.getByRole('progressbar', { name: 'Sending photo.png' }).waitFor();
  await anna.page.getByRole('button', { name: 'Do not add photo.png' }).click();
  await anna.page.getByRole('progressbar').waitFor({ state: 'detached' });
  assert.equal(await anna.page.locator('.toast').count(), 0);
  assert.equal(await server.source(notebook.id, id), 'here');

  // Typed meanwhile: the picture comes to stand where it was put.
  await anna.cell(id).caretAt(2);
  await give(anna.cell(id).editor, 'paste', { files: [photo] });
  await anna.page.getByRole('progressbar').waitFor();
  await anna.press('Home');
  await anna.type('>>');
  go('on');
  await written(notebook, id, /^>>he!\[photo\]\(api\/blobs\/[0-9a-f]{64}\?type=image\/png\)re$/);
});
