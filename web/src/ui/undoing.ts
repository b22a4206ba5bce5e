// Undo and redo as a person meets them: the page goes to what was taken back and says what it was.

import type { Undone } from '../doc/undo';
import { text } from '../text/text';
import type { NotebookModel } from './notebook.svelte';
import { toasts } from './toasts.svelte';

const TOPIC = 'undo';

export function undo(model: NotebookModel): void {
  replay(model, 'undid', () => model.session.history.undo());
}

export function redo(model: NotebookModel): void {
  replay(model, 'redid', () => model.session.history.redo());
}

function replay(model: NotebookModel, way: 'undid' | 'redid', step: () => Undone | undefined): void {
  if (model.reading.refuses()) return;
  const typing = model.mode === 'edit';
  const undone = model.own(step);
  tell(model, way, undone);
  // Whoever split a cell while typing goes on typing in the whole.
  if (typing && undone?.deed === 'split' && undone.cell !== undefined) model.show(undone.cell, true);
}

function tell(model: NotebookModel, way: 'undid' | 'redid', undone: Undone | undefined): void {
  if (!undone) return toasts.update(TOPIC, way === 'undid' ? text.commands.nothingToUndo : text.commands.nothingToRedo);
  const { cell, cells, deed } = undone;
  const number = cell === undefined ? 0 : model.session.notebook.ids().indexOf(cell) + 1;
  // In the cell one types in, the text itself tells.
  const elsewhere = cell !== model.selected || model.mode === 'command';
  const seen = cells.filter((id) => model.ids.includes(id));
  if (seen.length > 1) model.selectBlock(seen);
  else if (cell !== undefined && number > 0 && elsewhere) model.show(cell, false);
  if (deed !== 'typing' || elsewhere) toasts.update(TOPIC, text.commands[way](text.commands.deeds[deed](Math.max(cells.length, 1)), cells.length > 1 ? 0 : number));
}
