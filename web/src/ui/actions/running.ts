// Commands that run and stop cells, and those on the kernel.

import { kindOf } from '../../doc/cell';
import type { NotebookModel } from '../notebook.svelte';
import { onCell, onCells } from './cells';
import { panel } from './show';

export const RUNNING_ACTIONS = {
  advance: onCell(advance),
  runHere: onCells(runHere),
  advanceToNew: onCell(advanceToNew),
  runAbove: onCell((model, id) => model.running.runAbove(id)),
  runBelow: onCell((model, id) => model.running.runBelow(id)),
  runAll: (model: NotebookModel) => model.running.runAll(),
  stop: onCells((model, ids) => model.running.stop(ids)),
  stopAll: (model: NotebookModel) => model.running.stopAll(),
  startKernel: ({ kernel }: NotebookModel) => void kernel.start(),
  interruptKernel: ({ kernel }: NotebookModel) => void kernel.interrupt(),
  restartKernel: ({ kernel }: NotebookModel) => void kernel.restart(),
  restartAndRunAll: ({ kernel }: NotebookModel) => void kernel.restart(true),
  shutDownKernel: ({ kernel }: NotebookModel) => void kernel.shutDown(),
  kernelMenu: ({ kernel }: NotebookModel) => (kernel.open = !kernel.open),
  packages: panel('packages'),
  variables: panel('variables'),
  files: panel('files'),
};

/** All that are selected run; one goes on from the last of them. */
function advance(model: NotebookModel, id: string): void {
  const { chosen } = model;
  const last = model.several ? (chosen.at(-1) ?? id) : id;
  runHere(model, model.several ? chosen : [id]);
  model.advance(last);
}

/** Notes are shown as they are read; readers run nothing and are not told so at each step. */
function runHere(model: NotebookModel, ids: readonly string[]): void {
  model.render(ids);
  if (!model.readOnly) model.running.run(ids);
}

function advanceToNew(model: NotebookModel, id: string): void {
  // Also while one types in a cell, but not in a field elsewhere.
  if (document.activeElement?.closest('input, textarea, select')) return;
  const cell = model.session.notebook.cell(id);
  runHere(model, [id]);
  model.structure.add(id, cell ? kindOf(cell) : 'code');
}
