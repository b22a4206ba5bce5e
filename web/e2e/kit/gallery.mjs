// A notebook with every kind of output there is, as kernels and libraries really write them.

import { readFile } from 'node:fs/promises';

const NUMPY = new URL('../../../tests/data/notebooks/tools_numpy.ipynb', import.meta.url);
const ESC = '\u001b';

export const code = (source, outputs) => ({ cell_type: 'code', execution_count: 1, metadata: {}, source, outputs });
export const display = (data, metadata = {}) => ({ output_type: 'display_data', data, metadata });
export const stream = (text, name = 'stdout') => ({ output_type: 'stream', name, text });

/** As pandas writes it, its own style sheet included. */
export function table(rows, columns) {
  const range = (count) => Array.from({ length: count }, (_, index) => index);
  const head = range(columns).map((column) => `      <th>column ${column}</th>`).join('\n');
  const body = range(rows).map((row) => `    <tr>\n      <th>${row}</th>\n${range(columns).map((column) => `      <td>${((row * 7919 + column * 104729) % 10007) / 100}</td>`).join('\n')}\n    </tr>`);
  const style = '.dataframe tbody tr th:only-of-type {\n        vertical-align: middle;\n    }\n\n    .dataframe tbody tr th {\n        vertical-align: top;\n    }\n\n    .dataframe thead th {\n        text-align: right;\n    }';
  return `<div>\n<style scoped>\n    ${style}\n</style>\n<table border="1" class="dataframe">\n  <thead>\n    <tr style="text-align: right;">\n      <th></th>\n${head}\n    </tr>\n  </thead>\n  <tbody>\n${body.join('\n')}\n  </tbody>\n</table>\n<p>${rows} rows × ${columns} columns</p>\n</div>`;
}

const SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="120pt" height="60pt" viewBox="0 0 120 60"><rect width="120" height="60" fill="#eef"/><path d="M5 50 Q60 -30 115 50" stroke="#226" fill="none"/></svg>';

/** IPython's way: rules, line numbers, the failing part on a ground of its own. */
function traceback(frames) {
  const frame = (index) => `${ESC}[36mCell ${ESC}[39m${ESC}[32mIn[${index}]${ESC}[39m${ESC}[32m, line 2${ESC}[39m, in ${ESC}[36mdeeper${ESC}[39m${ESC}[34m(n)${ESC}[39m\n${ESC}[32m      1${ESC}[39m ${ESC}[38;5;28;01mdef${ESC}[39;00m ${ESC}[38;5;21mdeeper${ESC}[39m(n):\n${ESC}[32m----> 2${ESC}[39m     ${ESC}[38;5;28;01mreturn${ESC}[39;00m ${ESC}[43mdeeper${ESC}[49m${ESC}[43m(${ESC}[49m${ESC}[43mn${ESC}[49m${ESC}[38;5;241;43m-${ESC}[39;49m${ESC}[38;5;241;43m1${ESC}[39;49m${ESC}[43m)${ESC}[49m\n`;
  return [
    `${ESC}[31m---------------------------------------------------------------------------${ESC}[39m`,
    `${ESC}[31mZeroDivisionError${ESC}[39m                         Traceback (most recent call last)`,
    ...Array.from({ length: frames }, (_, index) => frame(index + 1)),
    `${ESC}[31mZeroDivisionError${ESC}[39m: division by zero`,
  ];
}

const rainbow = Array.from({ length: 36 }, (_, index) => `${ESC}[38;5;${16 + index * 6}m${String(16 + index * 6).padStart(4)}`).join('');
const grounds = Array.from({ length: 16 }, (_, index) => `${ESC}[${index < 8 ? 40 + index : 92 + index}m ${index} ${ESC}[0m`).join('');
const named = Array.from({ length: 16 }, (_, index) => `${ESC}[${index < 8 ? 30 + index : 82 + index}mcolour ${index}${ESC}[0m`).join(' ');
const smooth = Array.from({ length: 60 }, (_, index) => `${ESC}[48;2;${index * 4};${255 - index * 4};128m ${ESC}[0m`).join('');
const ANSI = `${named}\n${grounds}\n${rainbow}${ESC}[0m\n${smooth}\n${ESC}[1mbold${ESC}[0m ${ESC}[3mitalic${ESC}[0m ${ESC}[4munderlined${ESC}[0m ${ESC}[7minverse${ESC}[0m ${ESC}[7;32minverse green${ESC}[0m ${ESC}[9mstruck${ESC}[0m ${ESC}[2mdim${ESC}[0m\n${ESC}[38;2;255;255;140mpale yellow${ESC}[0m ${ESC}[38;2;0;0;90mdeep blue${ESC}[0m\n`;

const values = [['a', 28], ['b', 55], ['c', 43]].map(([name, amount]) => ({ name, amount }));

/** As Altair writes it, with an expression that has to be evaluated. */
export const VEGA_LITE = {
  $schema: 'https://vega.github.io/schema/vega-lite/v6.1.0.json',
  data: { values },
  transform: [{ calculate: 'datum.amount * 2', as: 'twice' }],
  mark: { type: 'bar', tooltip: true },
  encoding: { x: { field: 'name', type: 'nominal', title: 'names' }, y: { field: 'twice', type: 'quantitative', title: 'twice the amount' } },
};

export const VEGA = {
  $schema: 'https://vega.github.io/schema/vega/v6.json',
  width: 200,
  height: 100,
  title: 'made by Vega',
  data: [{ name: 'table', values }],
  scales: [
    { name: 'x', type: 'band', domain: { data: 'table', field: 'name' }, range: 'width', padding: 0.1 },
    { name: 'y', domain: { data: 'table', field: 'amount' }, range: 'height' },
  ],
  axes: [{ orient: 'bottom', scale: 'x' }, { orient: 'left', scale: 'y' }],
  marks: [{ type: 'rect', from: { data: 'table' }, encode: { enter: { x: { scale: 'x', field: 'name' }, width: { scale: 'x', band: 1 }, y: { scale: 'y', field: 'amount' }, y2: { scale: 'y', value: 0 } } } }],
};

/** As plotly.py writes it: numbers as base64 of an array. */
export const PLOTLY = {
  data: [{ type: 'scatter', mode: 'lines+markers', x: [1, 2, 3, 4], y: { dtype: 'f8', bdata: Buffer.from(new Float64Array([10, 15, 13, 17]).buffer).toString('base64') } }],
  layout: { title: { text: 'made by Plotly' } },
  config: { plotlyServerURL: 'https://plot.ly' },
};

export async function plot() {
  const notebook = JSON.parse(await readFile(NUMPY, 'utf8'));
  return notebook.cells.flatMap((cell) => cell.outputs ?? []).find((output) => output.data?.['image/png']);
}

export async function gallery() {
  const json = { name: 'coscribe', numbers: Array.from({ length: 250 }, (_, index) => index ** 2), nested: { deep: { deeper: ['x', null, true, 1.5] } }, empty: {} };
  const cells = [
    { cell_type: 'markdown', metadata: {}, source: '# Every output\n\nOne of each kind.' },
    code('print("hello")', [stream('hello\nworld\n')]),
    code('progress()', [stream('  0%|          | 0/3\r 33%|███       | 1/3\r100%|██████████| 3/3\n', 'stderr')]),
    code('warn()', [stream('UserWarning: this may be slow\n  warnings.warn("this may be slow")\n', 'stderr'), stream('and went on\n')]),
    code('colours()', [stream(ANSI)]),
    code('for i in range(12345): print(i)', [stream(Array.from({ length: 12345 }, (_, index) => `line ${index}`).join('\n'))]),
    code('1/0', [{ output_type: 'error', ename: 'ZeroDivisionError', evalue: 'division by zero', traceback: traceback(1) }]),
    code('deeper(9)', [{ output_type: 'error', ename: 'RecursionError', evalue: 'maximum recursion depth exceeded', traceback: traceback(9) }]),
    code('plt.plot(x)', [await plot()]),
    code('SVG(...)', [display({ 'image/svg+xml': SVG, 'text/plain': '<IPython.core.display.SVG object>' })]),
    code('Latex(...)', [display({ 'text/latex': '$\\displaystyle \\int_0^\\infty e^{-x^2}\\,dx = \\frac{\\sqrt{\\pi}}{2}$', 'text/plain': 'Integral' })]),
    code('Markdown(...)', [display({ 'text/markdown': '**Bold** and a list\n\n- one\n- two\n\n| a | b |\n|---|---|\n| 1 | 2 |' })]),
    code('JSON(...)', [display({ 'application/json': json, 'text/plain': '<IPython.core.display.JSON object>' })]),
    code('frame.head()', [display({ 'text/html': table(5, 6), 'text/plain': '   column 0 …' })]),
    code('wide', [display({ 'text/html': table(8, 40), 'text/plain': 'wide' })]),
    code('link', [display({ 'text/html': '<p>See <a href="https://example.org/there">the manual</a>. <button onclick="this.textContent = \'pressed\'">Press</button></p>' })]),
    code('large', [display({ 'text/html': `<p>large</p>${'<!-- padding -->'.repeat(145_000)}<p>the end of the large</p>`, 'text/plain': 'something large' })]),
    code('cdn', [display({ 'text/html': '<script src="https://cdn.example.org/bokeh.js"></script><div>chart without its library</div>' })]),
    code('vegalite', [display({ 'application/vnd.vegalite.v6+json': VEGA_LITE, 'text/plain': 'alt.Chart(...)' })]),
    code('Vega(spec)', [display({ 'application/vnd.vega.v6+json': VEGA, 'text/plain': '<Vega>' })]),
    code('plotly', [display({ 'application/vnd.plotly.v1+json': PLOTLY, 'text/html': '<div>needs a script</div>', 'text/plain': 'Figure' })]),
    code('broken', [display({ 'application/vnd.vegalite.v6+json': { mark: 'no such mark', encoding: { x: 7 } }, 'text/plain': 'alt.Chart(broken)' })]),
    code('widget', [display({ 'application/vnd.jupyter.widget-view+json': { model_id: 'a', version_major: 2, version_minor: 0 }, 'text/plain': 'IntSlider(value=0)' })]),
    code('unheard_of', [display({ 'application/x-nothing-known': { a: 1 } })]),
    code('nothing', [display({})]),
  ];
  return JSON.stringify({ nbformat: 4, nbformat_minor: 4, metadata: { title: 'Every output' }, cells });
}
