// How quick a big notebook is: opened cold and warm, typed in while somebody else types, scrolled through. Figures for
// people to read and compare; nothing here asserts. `make figures` writes docs/figures.json and docs/FIGURES.md.

import { execFileSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';

process.env.COSCRIBE_BIN ??= fileURLToPath(new URL('../../target/release/coscribe', import.meta.url));
const { openBrowser } = await import('./kit/browser.mjs');
const { eventually } = await import('./kit/eventually.mjs');
const { bigNotebook, CELLS, OUTPUT_BYTES } = await import('./kit/bigNotebook.mjs');
const { scrollThrough, watchKeys, watchOpening } = await import('./kit/measures.mjs');
const { Server } = await import('./kit/server.mjs');

const DOCS = fileURLToPath(new URL('../../docs/', import.meta.url));
const TIMES = Number(process.env.TIMES ?? 5);
const VIEWPORT = { width: 1280, height: 800 };
/** About as fast as people type in a hurry. */
const KEY_PAUSE_MS = 60;
const SENTENCE = 'the quick brown fox jumps over the lazy dog while somebody else is typing too and nobody waits for anybody ';
/** As fast as somebody looks for something: three windows a second. */
const SCROLL_STEP_PX = 40;
const FRAME_MS = 1000 / 60;
/** A task that long is felt; what is above it is what blocks. */
const LONG_TASK_MS = 50;

const [server, browser] = await Promise.all([Server.start(), openBrowser()]);
const machine = { processor: cpus()[0].model, cores: availableParallelism(), memoryGb: Math.round(totalmem() / 2 ** 30), browser: `Chromium ${browser.version()}` };
try {
  const { id } = await server.rest('POST', 'notebooks/import?title=Big', await bigNotebook());
  const figures = { date: new Date().toISOString().slice(0, 10), commit: commit(), machine, notebook: { cells: CELLS, outputBytes: OUTPUT_BYTES }, ...(await measured(id)) };
  await mkdir(DOCS, { recursive: true });
  await writeFile(`${DOCS}figures.json`, `${JSON.stringify(figures, null, 2)}\n`);
  const table = rows(figures);
  console.table(Object.fromEntries(table.map(([what, ...values]) => [what, values.join(' · ')])));
  await writeFile(`${DOCS}FIGURES.md`, page(figures, table));
} finally {
  await browser.close();
  await server.remove();
}

async function measured(id) {
  const cold = [];
  const warm = [];
  for (let time = 0; time < TIMES; time += 1) {
    const context = await entered();
    cold.push(await opening(context, id));
    warm.push(await opening(context, id));
    await context.close();
  }
  return { cold: summaries(cold), warm: summaries(warm), ...(await inUse(id)) };
}

/** A browser that has never been here and carries the cookie alone. */
async function entered() {
  const context = await browser.newContext({ viewport: VIEWPORT });
  const answer = await fetch(server.link, { redirect: 'manual' });
  const [name, value] = answer.headers.get('set-cookie').split(';', 1)[0].split('=');
  await context.addCookies([{ name, value, url: server.origin, httpOnly: true, sameSite: 'Strict' }]);
  await context.addInitScript(watchOpening);
  return context;
}

function address(id) {
  return `${server.origin}/notebook/${id}`;
}

/** Until the first text of a cell is painted, and until a key that is pressed shows. */
async function opening(context, id) {
  const page = await context.newPage();
  const cpu = await processorTime(page);
  await page.goto(address(id), { waitUntil: 'commit' });
  const editor = page.locator('.cm-content').first();
  await editor.focus();
  await editor.evaluate(watchChange);
  await page.keyboard.press('x');
  const interactive = await page.evaluate(() => window.figures.changed);
  const busy = await cpu();
  await page.keyboard.press('Backspace');
  await eventually(() => page.locator('[data-state="saved"]').count(), 'the page is saved');
  const { firstText, tasks } = await page.evaluate(() => window.figures);
  const settled = await page.evaluate(() => new Promise((resolve) => requestIdleCallback(() => resolve(performance.now()))));
  const heap = await heapOf(page);
  await page.close();
  return { firstText, interactive, busy, settled, blocked: blocking(tasks), longestTask: longest(tasks), heapMb: heap };
}

/** Runs in the page. */
function watchChange(content) {
  window.figures.changed = new Promise((resolve) => {
    const seen = () => requestAnimationFrame(() => setTimeout(() => resolve(performance.now())));
    new MutationObserver(seen).observe(content, { childList: true, characterData: true, subtree: true });
  });
}

async function inUse(id) {
  const [context, other] = await Promise.all([entered(), entered()]);
  const [mine, theirs] = await Promise.all([ready(context, id), ready(other, id)]);
  const keys = await typing(mine, theirs);
  const scroll = await scrolling(mine);
  const heap = await heapOf(mine);
  await Promise.all([context.close(), other.close()]);
  return { keys, scroll, heapAfterScrollMb: heap };
}

async function ready(context, id) {
  const page = await context.newPage();
  await page.goto(address(id));
  await page.locator('[data-state="saved"]').waitFor();
  await page.waitForFunction(() => !document.querySelector('.sketch'));
  return page;
}

async function typing(mine, theirs) {
  const half = Math.floor(CELLS / 2);
  const open = async (page, from) => {
    const cell = page.locator('article[data-kind="code"]').nth(from);
    await cell.scrollIntoViewIfNeeded();
    await cell.locator('.cm-content').click();
    await page.keyboard.press('Control+End');
  };
  const codes = await mine.locator('article[data-kind="code"]').count();
  await open(mine, Math.floor((codes * half) / CELLS));
  await open(theirs, 3);
  await mine.evaluate(watchKeys);
  await mine.evaluate(() => (window.figures.tasks.length = 0));
  const type = (page) => page.keyboard.type(SENTENCE, { delay: KEY_PAUSE_MS });
  await Promise.all([type(mine), type(theirs)]);
  const { keys, tasks } = await mine.evaluate(() => window.figures);
  return { count: keys.length, median: share(keys, 0.5), p95: share(keys, 0.95), worst: Math.max(...keys), longestTask: longest(tasks) };
}

async function scrolling(page) {
  const { intervals, tasks } = await page.evaluate(scrollThrough, SCROLL_STEP_PX);
  const dropped = intervals.reduce((sum, interval) => sum + Math.max(0, Math.round(interval / FRAME_MS) - 1), 0);
  return { frames: intervals.length, dropped, worstFrame: Math.max(...intervals), longTasks: tasks.length, longestTask: longest(tasks) };
}

/** Milliseconds of a processor that the page's main thread has used: other than time, nearly the same on a busy machine. */
async function processorTime(page) {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  return async () => {
    const { metrics } = await session.send('Performance.getMetrics');
    await session.detach();
    return metrics.find(({ name }) => name === 'TaskDuration').value * 1000;
  };
}

async function heapOf(page) {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  await session.send('Performance.enable');
  const { metrics } = await session.send('Performance.getMetrics');
  await session.detach();
  return metrics.find(({ name }) => name === 'JSHeapUsedSize').value / 2 ** 20;
}

function blocking(tasks) {
  return tasks.reduce((sum, { duration }) => sum + Math.max(0, duration - LONG_TASK_MS), 0);
}

function longest(tasks) {
  return Math.max(0, ...tasks.map(({ duration }) => duration));
}

function share(values, part) {
  return values.toSorted((one, other) => one - other)[Math.min(values.length - 1, Math.floor(values.length * part))];
}

/** Of each figure the median of all times, and the worst. */
function summaries(times) {
  const names = Object.keys(times[0]);
  return Object.fromEntries(names.map((name) => [name, { median: share(times.map((time) => time[name]), 0.5), worst: Math.max(...times.map((time) => time[name])) }]));
}

function commit() {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return '';
  }
}

function rows({ cold, warm, keys, scroll, heapAfterScrollMb }) {
  const ms = (value) => `${Math.round(value)} ms`;
  const mb = (value) => `${value.toFixed(1)} MB`;
  const both = (name, write) => [cold, warm].map((one) => `${write(one[name].median)} (${write(one[name].worst)})`);
  return [
    ['First text of a cell, cold / warm: median (worst)', ...both('firstText', ms)],
    ['A pressed key shows, cold / warm', ...both('interactive', ms)],
    ['Processor time of the main thread until then, cold / warm', ...both('busy', ms)],
    ['Main thread blocked by long tasks, cold / warm', ...both('blocked', ms)],
    ['Longest task while opening, cold / warm', ...both('longestTask', ms)],
    ['Script memory once open, cold / warm', ...both('heapMb', mb)],
    [`Key to paint over ${keys.count} keys, somebody else typing: median / 95 % / worst`, ms(keys.median), ms(keys.p95), ms(keys.worst)],
    ['Longest task while typing', ms(keys.longestTask)],
    [`Scrolled through in ${scroll.frames} frames: dropped / worst frame / longest task`, `${scroll.dropped}`, ms(scroll.worstFrame), ms(scroll.longestTask)],
    ['Script memory after that', mb(heapAfterScrollMb)],
  ];
}

function page({ date, commit: at, machine: { processor, cores, memoryGb, browser: version } }, table) {
  return [
    '# Figures',
    '',
    `A notebook of ${CELLS} cells and ${OUTPUT_BYTES / 1e6} MB of outputs (plots, tables, a log of 4000 lines), a release build, server and browser on`,
    `one machine: ${processor}, ${cores} cores, ${memoryGb} GB, ${version}, no GPU. ${date}, ${at}. Made by \`make figures\`; the raw numbers are in`,
    '`figures.json`. Cold: a browser that was never here. Warm: the same browser again. No test asserts a time.',
    '',
    '| | |',
    '|---|---|',
    ...table.map(([what, ...values]) => `| ${what} | ${values.join(' · ')} |`),
    '',
  ].join('\n');
}
