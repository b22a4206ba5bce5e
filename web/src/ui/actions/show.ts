// Commands that show something, and undo, which shows where it was.

import type { NotebookModel, Panel } from '../notebook.svelte';
import { redo, undo } from '../undoing';

export const SHOW_ACTIONS = {
  undo,
  redo,
  bin: panel('bin'),
  help: panel('help'),
  palette: (model: NotebookModel) => (model.overlays.palette = ''),
  goTo: (model: NotebookModel) => (model.overlays.palette = '#'),
  settings: settings('you'),
  remap: settings('keys'),
};

/** Opens the panel, or closes it when it is open. */
function panel(wanted: Panel) {
  return (model: NotebookModel): void => {
    model.panel = model.panel === wanted ? 'none' : wanted;
  };
}

function settings(part: 'you' | 'keys') {
  return (model: NotebookModel): void => {
    model.overlays.settings = part;
    model.panel = 'settings';
  };
}
