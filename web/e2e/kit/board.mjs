// Boards as the tests use them: people at a board, the real command line, the real curl.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { eventually } from './eventually.mjs';
import { same } from './people.mjs';

const BINARY = process.env.COSCRIBE_BIN ?? fileURLToPath(new URL('../../../target/debug/coscribe', import.meta.url));
let projects = 0;

/** Makes a project; resolves with its id. */
export async function project(server, name = `Project ${(projects += 1)}`) {
  return (await server.rest('POST', 'projects', { name })).id;
}

/** Makes tasks, the last on top; resolves with their ids in that order of making. */
export async function tasks(server, projectId, ...wanted) {
  const ids = [];
  for (const task of wanted) ids.push((await server.rest('POST', 'tasks', { projectId, ...(typeof task === 'string' ? { title: task } : task) })).id);
  return ids;
}

/** Runs the command line as somebody in a terminal does. */
export function coscribe(server, ...words) {
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, COSCRIBE_URL: server.origin, COSCRIBE_TOKEN: server.token };
  return run(BINARY, words, env);
}

/** Runs curl against the REST interface; resolves with the status and the answer. */
export async function curl(server, method, path, body, headers = {}) {
  const all = { authorization: `Bearer ${server.token}`, 'content-type': 'application/json', ...headers };
  const lines = Object.entries(all).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  const data = body === undefined ? [] : ['-d', JSON.stringify(body)];
  const { stdout } = await run('curl', ['-sS', '-X', method, '-w', '\n%{http_code}', ...lines, ...data, `${server.origin}/api/${path}`], process.env);
  const at = stdout.lastIndexOf('\n');
  const text = stdout.slice(0, at);
  return { status: Number(stdout.slice(at + 1)), body: text === '' ? undefined : JSON.parse(text) };
}

function run(file, words, env) {
  return new Promise((resolve) => {
    execFile(file, words, { env }, (error, stdout, stderr) => resolve({ code: error ? (error.code ?? 1) : 0, stdout, stderr }));
  });
}

/** Somebody at the board of a project. */
export class AtBoard {
  constructor(person) {
    this.person = person;
  }

  get page() {
    return this.person.page;
  }

  /** Opens the board in every browser, up to date. */
  static async together(people, id, view = 'columns') {
    return Promise.all(people.map((person) => AtBoard.open(person, id, view)));
  }

  static async open(person, id, view = 'columns') {
    const at = new AtBoard(person);
    await person.page.evaluate((wanted) => localStorage.setItem('coscribe:board:view', wanted), view);
    await person.page.goto(`${person.base}project/${id}`);
    await person.page.getByRole('main', { name: 'Board' }).waitFor();
    await person.until('saved');
    return at;
  }

  /** The row of the task with this title. */
  row(title) {
    return this.page.locator('[data-task]').filter({ has: this.page.getByRole('button', { name: `Open ${title}`, exact: true }) });
  }

  badge(title, kind) {
    return this.row(title).locator(`[data-badge="${kind}"]`);
  }

  /** Titles in a column, or in the list, from the top. */
  titles(lane = '') {
    return this.page.locator(`[data-lane="${lane}"] [data-task] .title`).allInnerTexts();
  }

  async sees(wanted, lane = '') {
    await eventually(async () => same(await this.titles(lane), wanted), async () => `${this.person.name} sees ${wanted} in “${lane}”; sees ${await this.titles(lane)}`);
  }

  async seesBadges(title, wanted) {
    const badges = () => this.row(title).locator('[data-badge]').allInnerTexts();
    await eventually(async () => same(await badges(), wanted), async () => `${this.person.name} sees ${wanted} at ${title}; sees ${await badges()}`);
  }

  /** Shows the panel of sessions. */
  async showSessions() {
    if (!(await this.sessions.isVisible())) await this.person.press('s');
    await this.sessions.waitFor();
  }

  get sessions() {
    return this.page.getByRole('complementary', { name: 'Sessions' });
  }

  /** A session's card in the panel. */
  session(id) {
    return this.sessions.locator(`[data-session="${id}"]`);
  }

  /** Opens the panel of a task. */
  async openTask(title) {
    await this.row(title).getByRole('button', { name: `Open ${title}`, exact: true }).click();
    await this.panel.waitFor();
  }

  get panel() {
    return this.page.getByRole('complementary', { name: /^Task: / });
  }

  /** Gives the focus to a row, as a press beside its words does. */
  async point(title) {
    await this.row(title).click({ position: { x: 6, y: 4 } });
    await eventually(() => this.row(title).evaluate((row) => row === document.activeElement), `the row “${title}” has the focus`);
  }

  async focused(title) {
    const now = () => this.page.evaluate(() => document.activeElement?.querySelector('.title')?.textContent ?? document.activeElement?.tagName);
    await eventually(async () => (await now()) === title, async () => `${this.person.name} is at “${title}”; is at ${await now()}`);
  }

  /** Drags the row of a task over another, above or below its middle. */
  async drag(title, over, where) {
    const from = await this.row(title).boundingBox();
    const to = await this.row(over).boundingBox();
    assert.ok(from && to, 'both rows are on the screen');
    const { mouse } = this.page;
    await mouse.move(from.x + 6, from.y + 4);
    await mouse.down();
    await mouse.move(from.x + 20, from.y + 20, { steps: 3 });
    await mouse.move(to.x + 30, where === 'above' ? to.y + 3 : to.y + to.height - 3, { steps: 6 });
    await mouse.up();
  }
}
