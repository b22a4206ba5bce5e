// Real kernels for tests: a server whose Python environment its own first-run path has made, once for a test file.

import assert from 'node:assert/strict';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';

import { eventually } from './eventually.mjs';
import { stage } from './stage.mjs';

/** Packages come over a network, on a machine that does other things beside. */
const MAKING_LIMIT_MS = 300_000;
/** A kernel that starts, with a debug build and browsers beside it. */
export const KERNEL_LIMIT_MS = 60_000;

/** For whoever works on the tests: a directory whose environment is used again. */
const KEPT = process.env.COSCRIBE_TEST_KEEP_ENVIRONMENT;

/** Settings of a server that uses the kept environment, if there is one. */
export function withKept(settings = {}) {
  if (KEPT === undefined) return settings;
  const prepare = async (data) => {
    await mkdir(KEPT, { recursive: true });
    await symlink(KEPT, join(data, 'python'));
  };
  return { ...settings, prepare };
}

/** A stage on which code runs without anybody waiting for the environment. */
export async function kernelStage(settings) {
  const all = await stage(withKept(settings));
  await makeReady(all.server);
  return { ...all, engine: new Engine(all.server) };
}

async function makeReady(server) {
  const { id } = await server.rest('POST', 'notebooks', { title: 'First' });
  await server.rest('POST', `notebooks/${id}/kernel/start`, {});
  const ready = async () => {
    const kernel = await server.rest('GET', `notebooks/${id}/kernel`);
    return kernel.state === 'idle' || kernel.state === 'dead' ? kernel : undefined;
  };
  const kernel = await eventually(ready, () => `the environment is made; the server said:\n${server.log}`, MAKING_LIMIT_MS);
  assert.equal(kernel.state, 'idle', `${kernel.sentence}\n${kernel.log}`);
  await server.rest('POST', `notebooks/${id}/kernel/shutdown`);
}

/** What REST tells of runs and kernels. */
export class Engine {
  constructor(server) {
    this.server = server;
  }

  /** The outputs of a cell as the server has them. */
  async outputs(notebook, cell) {
    return (await this.server.rest('GET', `notebooks/${notebook}/cells/${cell}`)).outputs;
  }

  async printed(notebook, cell) {
    const outputs = await this.outputs(notebook, cell);
    return outputs.filter((output) => output.output_type === 'stream').map((output) => [output.text].flat().join('')).join('');
  }

  async prints(notebook, cell, text) {
    await eventually(async () => (await this.printed(notebook, cell)) === text, async () => `${cell} prints ${JSON.stringify(text)}; it printed ${JSON.stringify(await this.printed(notebook, cell))}`, KERNEL_LIMIT_MS);
  }

  kernel(notebook) {
    return this.server.rest('GET', `notebooks/${notebook}/kernel`);
  }

  async becomes(notebook, state) {
    const says = async () => JSON.stringify(await this.kernel(notebook));
    await eventually(async () => (await this.kernel(notebook)).state === state, async () => `the kernel is ${state}; it is ${await says()}`, KERNEL_LIMIT_MS);
  }
}

/** How the run of a cell stands on somebody's screen. */
export function mark(person, cell) {
  return person.cell(cell).box.locator('[data-run]').first();
}

export async function marked(person, cell, state, limit = KERNEL_LIMIT_MS) {
  const now = () => mark(person, cell).getAttribute('data-run', { timeout: 1000 }).catch(() => 'none');
  await eventually(async () => (await now()) === state, async () => `${person.name} sees ${cell} as ${state}; it is ${await now()}`, limit);
}

/** What is said of it to those who hear the page. */
export function told(person, cell) {
  return person.page.locator(`[id="run-${cell}"]`).textContent();
}

/** The kernel on somebody's screen. */
export async function kernelIs(person, state) {
  const now = () => person.page.locator('[data-kernel]').getAttribute('data-kernel');
  await eventually(async () => (await now()) === state, async () => `${person.name} sees the kernel ${state}; it is ${await now()}`, KERNEL_LIMIT_MS);
}

/** The text of a cell's outputs on somebody's screen holds this. */
export async function outputShows(person, cell, text, limit = KERNEL_LIMIT_MS) {
  const now = () => person.cell(cell).box.locator('.outputs').innerText({ timeout: 1000 }).catch(() => '');
  await eventually(async () => (await now()).includes(text), async () => `${person.name} sees ${JSON.stringify(text)} in the outputs; sees ${JSON.stringify((await now()).slice(0, 2000))}`, limit);
}
