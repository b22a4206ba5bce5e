// Commands on the selected cells.

import type { CellKind } from '../../wire/wire';
import { copyLink } from '../linking';
import type { NotebookModel } from '../notebook.svelte';

export const CELL_ACTIONS = {
  edit: onCell((model, id) => model.edit(id)),
  addAbove: (model: NotebookModel) => add(model, 'above'),
  addBelow: (model: NotebookModel) => add(model, 'below'),
  copy: onCells((model, ids) => model.clipboard.copy(ids)),
  copyLink: onCell((model, id) => void copyLink(model, id)),
  linkTask: onCell((model, id) => (model.overlays.linking = id)),
  cut: onCells((model, ids) => model.clipboard.cut(ids)),
  pasteBelow: (model: NotebookModel) => void model.clipboard.paste('below'),
  pasteAbove: (model: NotebookModel) => void model.clipboard.paste('above'),
  duplicate: onCells((model, ids) => model.structure.duplicate(ids)),
  delete: onCells((model, ids) => model.structure.remove(ids)),
  toCode: become('code'),
  toNote: become('note'),
  toPrompt: become('prompt'),
  toRaw: become('raw'),
  toHeading1: heading(1),
  toHeading2: heading(2),
  toHeading3: heading(3),
  toHeading4: heading(4),
  toHeading5: heading(5),
  toHeading6: heading(6),
  moveUp: onCells((model, ids) => model.structure.step(ids, 'up')),
  moveDown: onCells((model, ids) => model.structure.step(ids, 'down')),
  merge: onCells((model, ids) => model.structure.merge(ids)),
  mergeAbove: onCell((model, id) => model.structure.merge([id], 'above')),
  mergeBelow: onCell((model, id) => model.structure.merge([id], 'below')),
  foldSource: onCells((model, ids) => model.structure.toggle(ids, 'source')),
  foldOutputs: onCells((model, ids) => model.structure.toggle(ids, 'outputs')),
  foldAllSources: (model: NotebookModel) => model.structure.toggleAll('source'),
  foldAllOutputs: (model: NotebookModel) => model.structure.toggleAll('outputs'),
};

/** With nothing selected the first such command selects the first cell. */
export function onCell(act: (model: NotebookModel, id: string) => void) {
  return (model: NotebookModel): void => {
    const { selected, ids } = model;
    if (selected !== null && ids.includes(selected)) act(model, selected);
    else model.select(ids[0]);
  };
}

/** On all that are selected. */
export function onCells(act: (model: NotebookModel, ids: string[]) => void) {
  return onCell((model) => act(model, model.chosen));
}

function become(kind: CellKind) {
  return onCells((model, ids) => model.structure.changeKind(ids, kind));
}

function heading(level: number) {
  return onCells((model, ids) => model.structure.makeHeadings(ids, level));
}

function add(model: NotebookModel, side: 'above' | 'below'): void {
  const { selected, ids, structure } = model;
  if (selected !== null && ids.includes(selected)) structure.addBeside(selected, side, 'code', false);
  else structure.add(ids.at(-1) ?? null, 'code', false);
}
