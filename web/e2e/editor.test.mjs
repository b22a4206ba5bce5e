// The editor of one cell: keys, completion, grammars, Vim, dragging, rights; mostly with a colleague in the same cell.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';

import { eventually } from './kit/eventually.mjs';
import { median } from './kit/latency.mjs';
import { agreed, Person } from './kit/people.mjs';
import { stage } from './kit/stage.mjs';
import { openShop, workshopScript } from './kit/workshop.mjs';

const { server, browser, join, pair } = await stage();

/** Somebody alone in a notebook of the given cells. */
async function alone(t, cells, options) {
  const notebook = await server.write('Alone', cells);
  const anna = await join(t, 'Anna', options);
  await Person.together([anna], notebook.id);
  return { notebook, anna, cells: notebook.cells.map((id) => anna.cell(id)) };
}

/** Presses one key after the other; what is no name of a key is typed. */
async function keys(person, ...sequence) {
  for (const key of sequence) await (/^(?:[A-Z][a-z]+[A-Za-z]*)(?:\+.+)?$/.test(key) ? person.press(key) : person.type(key));
}

function set(person, settings) {
  return person.page.evaluate((value) => {
    localStorage.setItem('coscribe:settings', JSON.stringify(value));
    window.dispatchEvent(new StorageEvent('storage', { key: 'coscribe:settings' }));
  }, settings);
}

/** The colour of a word of the cell as it stands in the page. */
function colour(cell, word) {
  return cell.editor.evaluate((content, wanted) => {
    const walker = document.createTreeWalker(content, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (node.data.trim() === wanted) return getComputedStyle(node.parentElement).color;
    }
    return undefined;
  }, word);
}

test('brackets and quotes close, are typed over, go around what is selected, and lines indent by themselves', async (t) => {
  const { anna, cells: [cell] } = await alone(t, [['code', '']]);
  await cell.caretAt(0);
  await colourComes(cell, anna);
  await keys(anna, 'def f(', 'a, "b', '"', ')', ':', 'Enter', 'if a:', 'Enter', 'return a', 'Enter', 'Backspace', 'else:', 'Enter', 'pass');
  await cell.shows('def f(a, "b"):\n    if a:\n        return a\n    else:\n        pass');
  await keys(anna, 'Control+a', 'Delete', 'value', 'Shift+Home', '(', '[');
  await cell.shows('([value])');
  await keys(anna, 'Control+a', 'Delete', 'x', '"');
  await cell.shows('x"');
});

/** Waits until Python's grammar is there, which the keys know by. */
async function colourComes(cell, person) {
  await person.type('def');
  const plain = await cell.editor.evaluate((content) => getComputedStyle(content).color);
  await eventually(async () => (await colour(cell, 'def')) !== plain, 'the grammar is there');
  await person.press('Control+a');
  await person.press('Delete');
}

test('keys for lines, comments, several carets and indents are those of VS Code', async (t) => {
  const { anna, cells: [cell] } = await alone(t, [['code', 'one\ntwo\nthree']]);
  // A list that happens to be open takes an Escape for itself.
  await set(anna, { completeWhileTyping: false });
  await cell.caretAt(0);
  await keys(anna, 'Alt+ArrowDown');
  await cell.shows('two\none\nthree');
  await keys(anna, 'Shift+Alt+ArrowDown', 'Control+Shift+k');
  await cell.shows('two\none\nthree');
  await keys(anna, 'Control+Home', 'Tab', 'Shift+ArrowDown', 'Tab');
  await cell.shows('        two\n    one\nthree');
  await keys(anna, 'Shift+Tab', 'Shift+Tab');
  await cell.shows('two\none\nthree');
  await keys(anna, 'Control+]', 'Control+[', 'Control+Home', 'Control+/');
  await cell.shows('# two\none\nthree');
  await keys(anna, 'Control+/', 'End', 'Enter', 'two two', 'Control+Home', 'Control+d', 'Control+d', 'Control+d', 'go');
  await cell.shows('go\ngo go\none\nthree');
  await keys(anna, 'Escape', 'Control+Home', 'Control+Shift+ArrowRight', 'Control+Shift+l', 'no');
  await cell.shows('no\nno no\none\nthree');
  // The first Escape ends the carets, the second leaves.
  await keys(anna, 'Escape');
  assert.ok((await cell.read()).focused);
  await keys(anna, 'Escape');
  assert.ok(!(await cell.read()).focused);
});

test('Home goes to the first letter and then to the margin, Tab fills up to the next stop of the cell’s own indent', async (t) => {
  const { anna, cells: [cell] } = await alone(t, [['code', 'if a:\n  b\n']]);
  await cell.caretAtEnd();
  await keys(anna, 'ArrowUp', 'End', 'Home');
  assert.equal((await cell.read()).head, 8);
  await keys(anna, 'Home');
  assert.equal((await cell.read()).head, 6);
  await keys(anna, 'Control+End', 'x', 'Tab', 'y');
  await cell.shows('if a:\n  b\nx y');
  await keys(anna, 'Enter', 'Tab', 'z');
  await cell.shows('if a:\n  b\nx y\n  z');
});

test('a note puts marks around what is selected and goes on with its list; its brackets stay alone', async (t) => {
  const { anna, cells: [note] } = await alone(t, [['note', '']]);
  await note.caretAt(0);
  await keys(anna, 'a (b', 'Shift+Home', '*');
  await note.shows('*a (b*');
  await keys(anna, 'Control+a', 'Delete', '- one', 'Enter');
  await note.shows('- one\n- ');
});

test('completion offers the words of other cells after two letters, nowhere in strings and comments, and never keeps Enter', async (t) => {
  const { notebook, anna, bela } = await pair(t, 'Words', [['code', 'measured_value = 1\nmeasured_twice = 2'], ['code', ''], ['note', 'meanwhile']]);
  const [first, second] = notebook.cells;
  const cell = anna.cell(second);
  const list = anna.page.locator('.cm-tooltip-autocomplete');
  const offered = () => list.locator('li').allInnerTexts();
  await cell.caretAt(0);
  await anna.type('m');
  await anna.type('e');
  await eventually(async () => (await offered()).includes('measured_value'), async () => `the word is offered: ${await offered()}`);
  assert.ok(!(await offered()).includes('meanwhile'), 'prose is not code');
  await keys(anna, 'a', 'Tab');
  await eventually(async () => /^measured_(value|twice)$/.test(await cell.text()), 'Tab takes what is offered');

  // A word that is whole: Enter makes a line.
  await keys(anna, 'Control+a', 'Delete', 'measured_valu');
  await list.waitFor();
  await keys(anna, 'e', 'Enter', 'x');
  await cell.shows('measured_value\nx');
  await keys(anna, 'Backspace', 'measured');
  await eventually(async () => (await offered()).length >= 2, 'both are offered');
  await eventually(() => list.locator('li[aria-selected]').count(), 'one is marked');
  // CodeMirror takes nothing in the first moment after the list appeared, so that typing on is never caught by it.
  const clock = () => anna.page.evaluate(() => performance.now());
  const appeared = await clock();
  await eventually(async () => (await clock()) > appeared + 100, 'the first moment is over');
  await anna.press('Enter');
  await eventually(async () => /\nmeasured_(value|twice)$/.test(await cell.text()), 'Enter takes what is offered to a word that is not whole');

  for (const opened of ['# ', '"']) {
    await keys(anna, 'Control+a', 'Delete', opened, 'meas');
    await anna.press('Control+Space');
    await cell.shows(opened === '"' ? '"meas"' : '# meas');
    assert.equal(await list.count(), 0, `nothing is offered behind ${opened}`);
  }

  // What somebody types elsewhere is offered a little later; asked for, also after one letter.
  await bela.cell(first).caretAtEnd();
  await bela.type('\nweights_of_bela = 3');
  await keys(anna, 'Control+a', 'Delete', 'w');
  const askedFor = async () => {
    await anna.press('Control+Space');
    return eventually(async () => (await offered()).includes('weights_of_bela'), 'it is offered', 700).catch(() => false);
  };
  await eventually(askedFor, async () => `Bela's new word is offered: ${await offered()}`);
  await keys(anna, 'Escape');
  assert.ok((await cell.read()).focused, 'Escape closes the list first');
});

test('each language has its colours: magics, what a magic says the cell is, and code in notes', async (t) => {
  const { cells: [python, shell, lines, note] } = await alone(t, [
    ['code', 'for x in y: pass'],
    ['code', '%%bash\nfor x in y; do echo; done'],
    ['code', "!echo it's\nfor x in y: pass"],
    ['prompt', 'Explain\n\n```python\nfor x in y: pass\n```'],
  ]);
  await python.editor.waitFor();
  const plain = await python.editor.evaluate((content) => getComputedStyle(content).color);
  await eventually(async () => ![undefined, plain].includes(await colour(python, 'for')), 'Python has colours');
  const keyword = await colour(python, 'for');
  for (const [name, cell] of Object.entries({ shell, lines, note })) {
    await eventually(async () => (await colour(cell, 'for')) === keyword, async () => `the ${name} cell has colours: ${await colour(cell, 'for')}`);
  }
  assert.equal(await colour(shell, '%%bash'), await colour(lines, '!'));
  assert.match(await note.editor.locator('.cm-code-line').first().evaluate((line) => getComputedStyle(line).fontFamily), /mono/i);
});

test('line numbers come and go while one types, and a press on one selects its line', async (t) => {
  const { anna, cells: [cell] } = await alone(t, [['code', 'one\ntwo\nthree']]);
  await cell.caretAtEnd();
  await set(anna, { lineNumbers: true });
  const numbers = cell.box.locator('.cm-lineNumbers .cm-gutterElement:not([style*="visibility"])');
  await eventually(async () => (await numbers.allInnerTexts()).join() === '1,2,3', 'the lines are numbered');
  assert.ok((await cell.read()).focused);
  await numbers.nth(1).click();
  await anna.type('2');
  await cell.shows('one\n2three');
  await set(anna, {});
  await numbers.first().waitFor({ state: 'detached' });
  assert.ok((await cell.read()).focused);
});

test('a setting of one tab holds in the others at once', async (t) => {
  const { notebook, anna, cells: [cell] } = await alone(t, [['code', 'one\ntwo']]);
  await cell.editor.waitFor();
  const first = anna.page;
  await anna.newTab();
  await anna.open(notebook.id);
  await anna.page.evaluate(() => localStorage.setItem('coscribe:settings', JSON.stringify({ lineNumbers: true })));
  await first.locator('.cm-lineNumbers').first().waitFor();
});

test('ln_63_vim_undoes_my_work_only_crosses_cells_and_leaves_by_escape', async (t) => {
  const { notebook, anna, bela, people } = await pair(t, 'Vim', [['code', 'one\ntwo'], ['code', 'three\nfour']]);
  const [first, second] = notebook.cells;
  const [mine, below] = [anna.cell(first), anna.cell(second)];
  await mine.caretAt(0);
  await set(anna, { vim: true });
  const block = anna.page.locator('.cm-fat-cursor');
  await block.first().waitFor();

  await keys(anna, 'd', 'd');
  await agreed(people, first, (text) => text === 'two');
  await bela.cell(first).caretAtEnd();
  await bela.type(' theirs');
  await mine.shows('two theirs');
  await keys(anna, 'u');
  await agreed(people, first, (text) => text === 'one\ntwo theirs');
  await keys(anna, 'u');
  await anna.toast('Nothing').waitFor();
  await agreed(people, first, (text) => text === 'one\ntwo theirs');
  await keys(anna, 'Control+r');
  await agreed(people, first, (text) => text === 'two theirs');

  await keys(anna, 'A', ' mine', 'Escape');
  await agreed(people, first, (text) => text === 'two theirs mine');
  const theirs = async () => (await mine.read()).carets.find(({ name }) => name === 'Bela')?.offset;
  await eventually(async () => (await theirs()) === 'two theirs'.length, async () => `Bela's caret is where it was: ${await theirs()}`);

  // Beyond the last line lies the next cell, and back.
  await keys(anna, 'j');
  await eventually(async () => (await below.read()).focused, 'j goes on into the cell below');
  await keys(anna, 'j', 'i', 'Z', 'Escape');
  await agreed(people, second, (text) => text === 'three\nZfour');
  await keys(anna, 'k', 'k');
  await eventually(async () => (await mine.read()).focused, 'k goes back into the cell above');

  await keys(anna, ':', 'w', 'Enter');
  await anna.page.getByText('Everything is saved as you type.').waitFor();
  await agreed(people, first, (text) => text === 'two theirs mine');
  await mine.editor.click();
  await keys(anna, 'v', 'Escape');
  assert.ok((await mine.read()).focused, 'Escape ends the selecting first');
  await keys(anna, 'Escape');
  await eventually(async () => !(await mine.read()).focused, 'Escape in normal mode leaves');
  await keys(anna, 'Enter', '0', 'x');
  await agreed(people, first, (text) => text === 'wo theirs mine');

  await set(anna, {});
  await block.first().waitFor({ state: 'detached' });
  await keys(anna, 'End', 'xyz');
  assert.match(await mine.text(), /xyz/);
});

test('selected text is dragged into another cell as one step: everybody sees it in one place, and one undo brings it back', async (t) => {
  const { notebook, anna, people } = await pair(t, 'Dragging', [['code', 'take this away'], ['code', 'here: ']]);
  const [first, second] = notebook.cells;
  await anna.cell(second).caretAt(0);
  await anna.cell(first).caretAt(5);
  for (let step = 0; step < 5; step += 1) await anna.press('Shift+ArrowRight');
  await drag(anna, await selectionMiddle(anna), await endOf(anna.cell(second)));
  await agreed(people, first, (text) => text === 'take away');
  await agreed(people, second, (text) => text === 'here: this ');
  await anna.press('Control+z');
  await agreed(people, first, (text) => text === 'take this away');
  await agreed(people, second, (text) => text === 'here: ');
  await anna.press('Control+y');
  await agreed(people, second, (text) => text === 'here: this ');

  // With Ctrl it is copied; within the cell it is moved.
  await anna.cell(first).caretAt(0);
  for (let step = 0; step < 4; step += 1) await anna.press('Shift+ArrowRight');
  await drag(anna, await selectionMiddle(anna), await endOf(anna.cell(second)), 'Control');
  await agreed(people, first, (text) => text === 'take away');
  await agreed(people, second, (text) => text === 'here: this take');
  await anna.cell(first).caretAt(0);
  for (let step = 0; step < 5; step += 1) await anna.press('Shift+ArrowRight');
  await drag(anna, await selectionMiddle(anna), await endOf(anna.cell(first)));
  await agreed(people, first, (text) => text === 'awaytake ');
  await anna.press('Control+z');
  await agreed(people, first, (text) => text === 'take away');
});

function selectionMiddle(person) {
  return person.page.evaluate(() => {
    const { left, right, top, bottom } = getSelection().getRangeAt(0).getBoundingClientRect();
    return [(left + right) / 2, (top + bottom) / 2];
  });
}

function endOf(cell) {
  return cell.editor.locator('.cm-line').last().evaluate((line) => {
    const range = document.createRange();
    range.selectNodeContents(line);
    const { right, top, bottom } = range.getBoundingClientRect();
    return [right, (top + bottom) / 2];
  });
}

async function drag({ page }, from, to, held) {
  await page.mouse.move(...from);
  await page.mouse.down();
  await page.mouse.move(from[0] + 8, from[1] + 3, { steps: 4 });
  if (held) await page.keyboard.down(held);
  await page.mouse.move(...to, { steps: 8 });
  await page.mouse.up();
  if (held) await page.keyboard.up(held);
}

test('Alt and a drag select a rectangle', async (t) => {
  const { anna, cells: [cell] } = await alone(t, [['code', 'abcd\nabcd\nabcd']]);
  await cell.editor.waitFor();
  const [from, to] = await cell.editor.evaluate((content) => {
    const at = (line, index) => {
      const range = document.createRange();
      const walker = document.createTreeWalker(content.querySelectorAll('.cm-line')[line], NodeFilter.SHOW_TEXT);
      range.setStart(walker.nextNode(), index);
      const { left, top, bottom } = range.getBoundingClientRect();
      return [left, (top + bottom) / 2];
    };
    return [at(0, 1), at(2, 3)];
  });
  await anna.page.keyboard.down('Alt');
  await anna.page.mouse.move(...from);
  await anna.page.mouse.down();
  await anna.page.mouse.move(...to, { steps: 6 });
  await anna.page.mouse.up();
  await anna.page.keyboard.up('Alt');
  await anna.press('Delete');
  await cell.shows('ad\nad\nad');
});

test('complaint_11_a_name_is_read_while_its_owner_types_and_goes_when_they_rest', async (t) => {
  const { notebook, anna, bela } = await pair(t, 'Names', [['code', `${'a long line '.repeat(40)}`]]);
  const [id] = notebook.cells;
  const cell = anna.cell(id);
  await bela.cell(id).caretAtEnd();
  const caret = async () => (await cell.read()).carets.find(({ name }) => name === 'Bela');
  await eventually(async () => (await caret())?.named === false, 'the name has gone and the caret stays');
  // At the very end of a text a caret moves without a word of its own.
  await bela.type('x');
  await eventually(async () => (await caret())?.named === true, 'the name is there again');
  // However far the reader has scrolled sideways, the name is whole.
  await cell.caretAtEnd();
  await bela.type('y');
  await eventually(async () => (await caret())?.named === true && (await cell.text()).endsWith('y'), 'the name is there');
  const [flag, seen] = await Promise.all([cell.box.locator('.caret-flag').boundingBox(), cell.box.locator('.cm-scroller').boundingBox()]);
  assert.ok(flag.x >= seen.x - 3 && flag.x + flag.width <= seen.x + seen.width + 1, `the name is whole: ${JSON.stringify({ flag, seen })}`);
  // One's own caret in another tab is not a stranger's.
  const { page } = anna;
  await anna.newTab();
  await anna.open(notebook.id);
  await anna.cell(id).caretAt(2);
  await page.bringToFront();
  anna.page = page;
  await eventually(async () => (await cell.read()).carets.some(({ name, offset }) => name === 'You, in another tab' && offset === 2), 'my other tab');
  // Nothing of it is in the text, for eyes or ears.
  assert.equal(await cell.editor.locator('.caret, .caret-flag').count(), 0);
  assert.equal(await cell.box.locator('.carets').getAttribute('aria-hidden'), 'true');
});

test('on a phone letters are large enough not to zoom, a cell is as high as a finger, and code is not corrected', async (t) => {
  const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
  const { cells: [code, prompt] } = await alone(t, [['code', 'x'], ['prompt', 'why']], phone);
  for (const cell of [code, prompt]) {
    await cell.editor.waitFor();
    assert.ok((await cell.editor.evaluate((content) => Number.parseFloat(getComputedStyle(content).fontSize))) >= 16);
    assert.ok((await cell.box.locator('.source').boundingBox()).height >= 44);
  }
  const attributes = (cell) => cell.editor.evaluate((content) => ['autocorrect', 'autocapitalize', 'spellcheck'].map((name) => content.getAttribute(name)));
  assert.deepEqual(await attributes(code), ['off', 'off', 'false']);
  assert.deepEqual(await attributes(prompt), ['on', 'sentences', 'true']);
});

let script;
before(async () => {
  script = await workshopScript();
});

async function shop(t, settings) {
  const context = await browser.newContext();
  t.after(() => context.close());
  const page = await openShop(context, script, settings);
  return { page, text: () => page.evaluate(() => window.shop.text.toString()), configure: (change) => page.evaluate((value) => window.shop.editor.configure(value), change) };
}

test('complaint_18_read_only_is_switched_live_the_text_is_reached_and_copied_and_nothing_of_mine_changes_it', async (t) => {
  const { page, text, configure } = await shop(t, { text: 'one\ntwo' });
  const content = page.locator('.cm-content');
  await content.click();
  await page.keyboard.press('Control+Home');
  await configure({ readOnly: true });
  assert.equal(await content.getAttribute('aria-readonly'), 'true');
  assert.equal(await page.evaluate(() => document.activeElement.className.includes('cm-content')), true);
  for (const key of ['x', 'Enter', 'Backspace', 'Delete', 'Control+/', 'Alt+ArrowDown', 'Control+Shift+k', 'Shift+Alt+ArrowDown', 'Control+]']) await page.keyboard.press(key);
  await page.evaluate(() => {
    const data = new DataTransfer();
    data.setData('text/plain', 'pasted');
    document.activeElement.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
  });
  await page.keyboard.insertText('字');
  assert.equal(await text(), 'one\ntwo');
  assert.equal(await content.innerText(), 'one\ntwo');
  const focused = () => page.evaluate(() => document.activeElement.className.includes('cm-content'));
  assert.ok(await focused());

  // Others go on writing, and what is selected can be had.
  await page.evaluate(() => window.shop.text.insert(0, 'zero '));
  assert.equal(await content.innerText(), 'zero one\ntwo');
  await page.keyboard.press('Control+a');
  const copied = await page.evaluate(() => {
    const event = new ClipboardEvent('copy', { clipboardData: new DataTransfer(), bubbles: true, cancelable: true });
    document.activeElement.dispatchEvent(event);
    return event.clipboardData.getData('text/plain');
  });
  assert.equal(copied, 'zero one\ntwo');
  await configure({ vim: true });
  await page.locator('.cm-fat-cursor').waitFor();
  for (const key of ['g', 'g', 'd', 'd', 'x', 'i', 'a', 'Escape', 'p', 'J']) await page.keyboard.press(key);
  assert.equal(await text(), 'zero one\ntwo');

  await configure({ readOnly: false, vim: false });
  assert.equal(await content.getAttribute('aria-readonly'), null);
  await page.keyboard.press('Control+End');
  await page.keyboard.type('!');
  assert.equal(await text(), 'zero one\ntwo!');
});

test('a selection drawn out over the editor’s edge is offered to the host, who may take it over', async (t) => {
  const { page } = await shop(t, { text: 'one\ntwo\nthree' });
  const { x, y, height } = await page.locator('.cm-content').boundingBox();
  const asked = () => page.evaluate(() => window.shop.asked.filter(([deed]) => deed === 'dragOut').length);
  const selected = () => page.evaluate(() => [window.shop.editor.view.state.selection.main.from, window.shop.editor.view.state.selection.main.to]);
  await page.mouse.move(x + 5, y + 40);
  await page.mouse.down();
  await page.mouse.move(x + 30, y + height - 5, { steps: 3 });
  assert.equal(await asked(), 0);
  await page.mouse.move(x + 30, y + height + 60, { steps: 3 });
  assert.ok((await asked()) > 0);
  // Refused: the editor goes on selecting, back inside too.
  await page.mouse.move(x + 5, y + height - 5, { steps: 3 });
  await page.evaluate(() => (window.shop.takesOver = true));
  await page.mouse.move(x + 30, y + height + 60, { steps: 2 });
  const [many, range] = [await asked(), await selected()];
  // Taken over: neither asks again nor selects on.
  await page.mouse.move(x + 5, y + 20, { steps: 4 });
  assert.deepEqual([await asked(), await selected()], [many, range]);
  await page.mouse.up();
  await page.mouse.move(x + 5, y + height + 60);
  assert.equal(await asked(), many);
});

test('a cell of 5 000 lines takes keys as a small one does: the figure', async (t) => {
  const line = (index) => (index % 7 === 0 ? `def function_${index}(argument, other=${index}):` : `    value_${index} = argument.method("text ${index}") + other  # remark`);
  const figures = [];
  for (const lines of [50, 5000]) {
    const { page, text } = await shop(t, { text: Array.from({ length: lines }, (_, index) => line(index)).join('\n') });
    await page.locator('.cm-content').click();
    await page.keyboard.press('Control+End');
    const before = (await text()).length;
    const costs = await page.evaluate(async () => {
      const noted = [];
      document.activeElement.addEventListener('beforeinput', () => (noted.began = performance.now()), true);
      new MutationObserver(() => queueMicrotask(() => noted.push(performance.now() - noted.began))).observe(document.activeElement, { subtree: true, characterData: true, childList: true });
      return (window.noted = noted) && undefined;
    });
    assert.equal(costs, undefined);
    for (let key = 0; key < 100; key += 1) await page.keyboard.press('x');
    assert.equal((await text()).length, before + 100);
    const noted = await page.evaluate(() => [...window.noted]);
    figures.push(`${lines} lines: median ${median(noted).toFixed(1)} ms from the key to the text, longest ${Math.max(...noted).toFixed(1)} ms, ${noted.length} keys`);
  }
  for (const figure of figures) t.diagnostic(figure);
});
