// Commands that go from cell to cell, select, and fold sections for oneself.

import type { NotebookModel } from '../notebook.svelte';
import { onCell } from './cells';

export const SELECT_ACTIONS = {
  selectAbove: onCell((model, id) => model.select(model.beside(id, -1))),
  selectBelow: onCell((model, id) => model.select(model.beside(id, 1))),
  first: (model: NotebookModel) => model.select(model.open[0]),
  last: (model: NotebookModel) => model.select(model.open.at(-1)),
  extendAbove: onCell((model, id) => model.extendTo(model.beside(id, -1))),
  extendBelow: onCell((model, id) => model.extendTo(model.beside(id, 1))),
  extendToFirst: onCell((model) => model.extendTo(model.open[0])),
  extendToLast: onCell((model) => model.extendTo(model.open.at(-1))),
  selectAll: (model: NotebookModel) => model.selectAll(),
  shrink: (model: NotebookModel) => model.shrink(),
  foldSection: onCell(foldSection),
  openSection: onCell(openSection),
  foldAllSections: (model: NotebookModel) => {
    model.folding.foldAll();
    stayVisible(model);
  },
  openAllSections: (model: NotebookModel) => model.folding.unfoldAll(),
};

/** By which arrows move what is wider than its place. */
const SIDEWAYS_PX = 60;

/** As in JupyterLab: an open heading is folded; from anything else one goes to the heading above it. */
function foldSection(model: NotebookModel, id: string): void {
  const { folding } = model;
  if (scrolledSideways(-SIDEWAYS_PX)) return;
  if (folding.foldable(id) && folding.count(id) === 0) folding.fold(id);
  else model.select(folding.parentOf(id));
}

function openSection(model: NotebookModel, id: string): void {
  const { folding, open } = model;
  if (scrolledSideways(SIDEWAYS_PX)) return;
  if (folding.count(id) > 0) folding.unfold(id);
  else model.select(open.slice(open.indexOf(id) + 1).find((other) => folding.isHeading(other)));
}

/** Whoever has the focus in a wide table or a long line of output goes along it with these keys. */
function scrolledSideways(by: number): boolean {
  const focused = document.activeElement;
  if (!focused || focused.matches('[data-cell]') || focused.scrollWidth <= focused.clientWidth) return false;
  focused.scrollBy({ left: by });
  return true;
}

/** The cell one is in may just have been folded away: one is at its heading then. */
function stayVisible(model: NotebookModel): void {
  let { selected } = model;
  while (selected !== null && model.folding.hides(selected)) selected = model.folding.parentOf(selected);
  if (selected !== model.selected) model.select(selected);
}
