// Commands that show something, and undo, which shows where it was.

import type { NotebookModel, Panel } from '../notebook.svelte';
import { redo, undo } from '../undoing';

export const SHOW_ACTIONS = {
  undo,
  redo,
  bin: panel('bin'),
  help: panel('help'),
};

/** Opens the panel, or closes it when it is open. */
function panel(wanted: Panel) {
  return (model: NotebookModel): void => {
    model.panel = model.panel === wanted ? 'none' : wanted;
  };
}
