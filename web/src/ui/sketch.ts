// A cell as it stands in the page before its view is made: its text, to be found by the browser's search and read, and
// the room it will take. Hundreds of views at once would delay the first sight; hundreds of these do not.

import { foldingOf, kindOf, outputsOf, sourceOf } from '../doc/cell';
import type { Notebook } from '../doc/notebook';
import { outputsHeight, sourceHeight } from '../state/cellHeight';
import { text } from '../text/text';
import type { CellKind } from '../wire/wire';

export interface Sketch {
  node: HTMLElement;
  /** About as high as the cell will be. */
  height: number;
}

export function sketch(notebook: Notebook, id: string, number: number): Sketch {
  const cell = notebook.cell(id);
  const kind = cell ? kindOf(cell) : 'code';
  const source = (cell && sourceOf(cell)?.toString()) ?? '';
  const folding = cell ? foldingOf(cell) : { source: false, outputs: false };
  const outputs = cell && !folding.outputs ? outputsHeight(outputsOf(cell)) : 0;
  const height = Math.round(sourceHeight(kind, folding.source ? '' : source) + outputs);
  return { node: drawn(id, kind, number, source, outputs, height), height };
}

const template = document.createElement('template');
template.innerHTML = '<article class="cell sketch"><div></div><div class="body"><pre></pre><div></div></div></article>';

function drawn(id: string, kind: CellKind, number: number, source: string, outputs: number, height: number): HTMLElement {
  const node = template.content.firstElementChild?.cloneNode(true) as HTMLElement;
  node.id = `cell-${id}`;
  node.dataset['cell'] = id;
  node.dataset['kind'] = kind;
  node.setAttribute('aria-label', text.cells.label(kind, number, [], false));
  node.style.containIntrinsicSize = `auto ${height}px`;
  const [written, room] = (node.lastElementChild as HTMLElement).children as unknown as [HTMLElement, HTMLElement];
  written.textContent = source;
  room.style.height = `${outputs}px`;
  return node;
}
