// A notebook of 300 cells with 4 MB of outputs, out of real ones: their text, their plots, tables as pandas writes them,
// a long log. The same one each time.

import { readFile } from 'node:fs/promises';

import { display, stream, table } from './gallery.mjs';

const FOLDER = new URL('../../../tests/data/notebooks/', import.meta.url);
export const CELLS = 300;
export const OUTPUT_BYTES = 4_000_000;
/** Rows of a table that somebody shows whole, and lines of a log that somebody printed. */
const ROWS = 60;
const LOG_LINES = 4000;

export async function bigNotebook() {
  const [numpy, descent] = await Promise.all(['tools_numpy.ipynb', 'extra_gradient_descent_comparison.ipynb'].map(read));
  const cells = [...numpy.cells, ...descent.cells].slice(0, CELLS);
  const plots = [...numpy.cells, ...descent.cells].flatMap((cell) => cell.outputs ?? []).filter((output) => output.data?.['image/png']);
  fill(cells.filter((cell) => cell.cell_type === 'code'), plots);
  return JSON.stringify({ ...numpy, cells });
}

async function read(name) {
  return JSON.parse(await readFile(new URL(name, FOLDER), 'utf8'));
}

/** More outputs, evenly over the notebook and of each kind in turn, until there are as many bytes as there are to be. */
function fill(cells, plots) {
  const kinds = [(turn) => plots[turn % plots.length], (turn) => plots[turn % plots.length], (turn) => display({ 'text/html': table(ROWS, 6 + (turn % 5)), 'text/plain': 'a table' })];
  cells[Math.floor(cells.length / 2)].outputs.push(log());
  const sizeOf = (outputs) => outputs.reduce((sum, output) => sum + JSON.stringify(output).length, 0);
  let bytes = cells.reduce((sum, cell) => sum + sizeOf(cell.outputs), 0);
  for (let turn = 0; bytes < OUTPUT_BYTES; turn += 1) {
    const output = kinds[turn % kinds.length](turn);
    cells[(turn * 7) % cells.length].outputs.push(output);
    bytes += sizeOf([output]);
  }
}

function log() {
  return stream(Array.from({ length: LOG_LINES }, (_, line) => `epoch ${line}: loss ${(1 / (line + 1)).toFixed(6)}`).join('\n'));
}
