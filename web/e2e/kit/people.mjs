// People at their browsers: each has a context of their own (cookies, storage, service worker) and a name.

import assert from 'node:assert/strict';

import { eventually } from './eventually.mjs';
import { readEditor } from './reading.mjs';

/** Where `coscribe:identity` keeps who somebody is. */
const IDENTITY = 'coscribe:identity';
const COLORS = ['#0b6e99', '#b3402a', '#5b4b9a', '#2e7d32'];
/** How long a press or a look may take; healthy is a fraction of a second. */
const PATIENCE_MS = 10_000;
/** How long tools that came under the pointer are looked for before the pointer is moved there again. */
const HOVER_MS = 1000;
let joined = 0;

/** A worker fetches and keeps all parts of the page, which costs more than most tests do. */
let serviceWorkers = 'block';

/** For files of tests in which pages are kept for offline use. */
export function keepPages() {
  serviceWorkers = 'allow';
}

export class Person {
  /** Every address this person's browser asked for, sockets included. */
  requests = [];
  /** Errors that nobody caught, and what the console says as an error. */
  errors = [];

  constructor(name, context, link) {
    this.name = name;
    this.context = context;
    this.origin = new URL(link).origin;
    /** Where the pages are: what the link says, without the token. */
    this.base = new URL('./', link).href;
    context.on('request', (request) => this.requests.push(request.url()));
    context.on('weberror', (error) => this.errors.push(String(error.error())));
  }

  /** Somebody who comes in by the printed link, or another; `origin` is where a proxy stands in front of the server. */
  static async join(browser, server, name, { origin = server.origin, link: given = server.link, ...settings } = {}) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, serviceWorkers, ...settings });
    const link = given.replace(server.origin, origin);
    const person = new Person(name, context, link);
    const color = COLORS[joined++ % COLORS.length];
    await context.addInitScript(
      ([key, value]) => {
        // Frames without an origin have no storage.
        if (window.origin !== 'null' && localStorage.getItem(key) === null) localStorage.setItem(key, value);
      },
      [IDENTITY, JSON.stringify({ name, color })],
    );
    context.setDefaultTimeout(PATIENCE_MS);
    await person.newTab();
    await person.page.goto(link);
    await person.page.getByRole('heading', { name: 'Notebooks' }).waitFor();
    return person;
  }

  async newTab() {
    this.page = await this.context.newPage();
    this.page.on('websocket', (socket) => this.requests.push(socket.url()));
    return this.page;
  }

  /** The page, with the parts that come when they are wanted, is there without a network: its worker is in charge and has stored it. */
  async keptForOffline() {
    await this.page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    await eventually(() => this.page.evaluate(async () => navigator.serviceWorker.controller !== null && (await caches.keys()).length > 0), 'the worker is in charge');
  }

  async open(notebook) {
    await this.page.goto(`${this.base}notebook/${notebook}`);
    await this.page.getByRole('main', { name: 'Notebook' }).waitFor();
  }

  /** The same notebook in both, up to date. */
  static async together(people, notebook) {
    await Promise.all(people.map((person) => person.open(notebook)));
    await Promise.all(people.map((person) => person.until('saved')));
  }

  /** The word of state: its kind and its sentence. */
  async word() {
    const word = this.page.locator('[data-state]').first();
    return { kind: await word.getAttribute('data-state'), text: await word.innerText() };
  }

  until(kind, limit) {
    const says = async () => JSON.stringify(await this.word());
    return eventually(async () => (await this.word()).kind === kind, async () => `${this.name}'s word is ${kind}; it is ${await says()}`, limit);
  }

  /** Ids of the cells on the screen, in order. */
  order() {
    return this.page.locator('article[id^="cell-"]').evaluateAll((cells) => cells.map((cell) => cell.id.slice('cell-'.length)));
  }

  async sees(order) {
    await eventually(async () => same(await this.order(), order), async () => `${this.name} sees ${order}; sees ${await this.order()}`);
  }

  cell(id) {
    return new Cell(this, id);
  }

  /** The first cell on the screen whose article has this text in it. */
  async cellWith(text) {
    const article = this.page.locator('article[id^="cell-"]').filter({ hasText: text }).first();
    return this.cell((await article.getAttribute('id')).slice('cell-'.length));
  }

  /** The cells that are selected, in order: one, or those marked as several. */
  async selection() {
    const marked = (name) => this.page.locator(`article.${name}`).evaluateAll((cells) => cells.map((cell) => cell.dataset.cell));
    const several = await marked('chosen');
    return several.length > 0 ? several : marked('selected');
  }

  async selects(ids) {
    await eventually(async () => same(await this.selection(), ids), async () => `${this.name} has selected ${ids}; has ${await this.selection()}`);
  }

  /** The cells that no folded heading hides. */
  unfolded() {
    return this.page.locator('article[id^="cell-"]:not([hidden])').evaluateAll((cells) => cells.map((cell) => cell.dataset.cell));
  }

  /** A notice at the foot of the page. */
  toast(text) {
    return this.page.locator('.toast').filter({ hasText: text });
  }

  type(text, delay = 0) {
    return this.page.keyboard.type(text, { delay });
  }

  press(keys) {
    return this.page.keyboard.press(keys);
  }

  leave() {
    return this.context.close();
  }
}

export class Cell {
  constructor(person, id) {
    this.person = person;
    this.id = id;
    this.box = person.page.locator(`[id="cell-${id}"]`);
    this.editor = this.box.locator('.cm-content');
    /** The slot: the cell with the bar above it that adds cells. */
    this.slot = this.box.locator('xpath=..');
  }

  /** Selects the cell without editing it, by the upper end of its rail. */
  async point(modifiers = []) {
    await this.box.locator('.rail').click({ position: { x: 4, y: 3 }, modifiers });
  }

  /** Puts the caret at an offset of the text, by clicking and by arrow keys. */
  async caretAt(offset) {
    if (await this.box.locator('.note').count()) await this.box.locator('.note').dblclick();
    await this.editor.waitFor();
    await this.editor.click();
    await this.person.press('Control+Home');
    for (let step = 0; step < offset; step += 1) await this.person.press('ArrowRight');
    await eventually(async () => (await this.read()).head === offset, async () => `the caret is at ${offset}: ${JSON.stringify(await this.read())}`);
  }

  async caretAtEnd() {
    if (await this.box.locator('.note').count()) await this.box.locator('.note').dblclick();
    await this.editor.waitFor();
    await this.editor.click();
    await this.person.press('Control+End');
    const { text } = await this.read();
    await eventually(async () => (await this.read()).head === text.length, 'the caret is at the end');
  }

  /** Text, selection and other people's carets as they stand in the page. */
  read() {
    return this.editor.evaluate(readEditor);
  }

  async text() {
    return (await this.read()).text;
  }

  async shows(text) {
    await eventually(async () => (await this.text()) === text, async () => `${this.person.name} sees ${JSON.stringify(text)}; sees ${JSON.stringify(await this.text())}`);
  }

  /** Presses a button of the cell's tools, which appear under the pointer; a cell may still be scrolling from under it. */
  async use(name) {
    const button = this.box.getByRole('button', { name });
    const pressed = async () => {
      await this.box.hover();
      await button.click({ timeout: HOVER_MS });
      return true;
    };
    await eventually(pressed, `${this.person.name} presses “${name}”`);
  }

  /** Chooses the kind of the cell in its tools. */
  async become(kind) {
    await this.box.hover();
    await this.box.getByLabel('Kind of cell').selectOption(kind);
  }

  /** Scrolls until it is in sight and drawn: what is far away is a sketch, which a view takes the place of. */
  bringIntoSight() {
    const inSight = (id) => {
      const box = document.getElementById(id);
      const { top, bottom } = box.getBoundingClientRect();
      if (!box.classList.contains('sketch') && bottom > 60 && top < innerHeight) return true;
      box.scrollIntoView({ block: 'center' });
      return false;
    };
    return eventually(() => this.person.page.evaluate(inSight, `cell-${this.id}`), `cell ${this.id} is in sight`);
  }

  top() {
    return this.box.evaluate((box) => box.getBoundingClientRect().top);
  }
}

/** All of them see one text in the cell; resolves with it. */
export async function agreed(people, id, holds) {
  const texts = () => Promise.all(people.map((person) => person.cell(id).text()));
  const alike = async () => {
    const all = await texts();
    return all.every((text) => text === all[0] && holds(text)) ? all : undefined;
  };
  const [text] = await eventually(alike, async () => `everybody sees the same whole text; they see ${JSON.stringify(await texts())}`);
  return text;
}

/** The characters of `text` that are in `alphabet`, in order: what one person typed. */
export function only(alphabet, text) {
  return [...text].filter((character) => alphabet.includes(character)).join('');
}

export function same(one, other) {
  return one.length === other.length && one.every((entry, index) => entry === other[index]);
}

/** Nothing was asked of any host but ours. */
export function assertNoForeignHost(person) {
  const ours = new URL(person.origin).host;
  const network = person.requests.map((address) => new URL(address)).filter(({ protocol }) => /^(https?|wss?):$/.test(protocol));
  assert.ok(network.length > 0, 'the page asked for something');
  assert.deepEqual([...new Set(network.map(({ host }) => host))], [ours]);
}
