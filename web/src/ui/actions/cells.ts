// Commands on the selected cell.

import type { CellKind } from '../../wire/wire';
import type { NotebookModel } from '../notebook.svelte';

type CellAction = (model: NotebookModel, id: string) => void;

export const CELL_ACTIONS = {
  edit: onCell((model, id) => model.edit(id)),
  advance: onCell((model, id) => model.advance(id)),
  selectAbove: onCell((model, id) => model.select(model.ids[model.ids.indexOf(id) - 1])),
  selectBelow: onCell((model, id) => model.select(model.ids[model.ids.indexOf(id) + 1])),
  first: (model: NotebookModel) => model.select(model.ids[0]),
  last: (model: NotebookModel) => model.select(model.ids.at(-1)),
  addAbove: (model: NotebookModel) => add(model, 'above'),
  addBelow: (model: NotebookModel) => add(model, 'below'),
  delete: onCell((model, id) => model.structure.remove(id)),
  toCode: become('code'),
  toNote: become('note'),
  toPrompt: become('prompt'),
  toRaw: become('raw'),
  moveUp: onCell((model, id) => model.structure.step(id, 'up')),
  moveDown: onCell((model, id) => model.structure.step(id, 'down')),
  mergeBelow: onCell((model, id) => model.structure.mergeBelow(id)),
  foldSource: onCell((model, id) => model.structure.toggle(id, 'source')),
  foldOutputs: onCell((model, id) => model.structure.toggle(id, 'outputs')),
};

/** With nothing selected the first such command selects the first cell. */
function onCell(act: CellAction) {
  return (model: NotebookModel): void => {
    const { selected, ids } = model;
    if (selected !== null && ids.includes(selected)) act(model, selected);
    else model.select(ids[0]);
  };
}

function become(kind: CellKind) {
  return onCell((model, id) => model.structure.changeKind(id, kind));
}

function add(model: NotebookModel, side: 'above' | 'below'): void {
  const { selected, ids, structure } = model;
  if (selected !== null && ids.includes(selected)) structure.addBeside(selected, side, 'code', false);
  else structure.add(ids.at(-1) ?? null, 'code', false);
}
