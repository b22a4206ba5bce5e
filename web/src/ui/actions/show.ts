// Commands that show something, and undo, which shows where it was.

import { text } from '../../text/text';
import { editorOf } from '../editors';
import type { FindModel } from '../find.svelte';
import { later } from '../later';
import { stateWord, type NotebookModel, type Panel } from '../notebook.svelte';
import type { SettingsPart } from '../overlays.svelte';
import { Place } from '../place';
import { settings } from '../settings.svelte';
import { toasts } from '../toasts.svelte';
import { redo, undo } from '../undoing';

export const SHOW_ACTIONS = {
  undo,
  redo,
  bin: panel('bin'),
  lineNumbers: () => settings.change({ lineNumbers: !settings.current.lineNumbers }),
  cellMenu: (model: NotebookModel) => model.openMenu(),
  save: (model: NotebookModel) => toasts.update('saved', stateWord(model).kind === 'saved' ? text.cells.savedAlready : text.cells.savedBySelf),
  help: panel('help'),
  find: (model: NotebookModel) => void find(model, false),
  replace: (model: NotebookModel) => void find(model, true),
  findNext: (model: NotebookModel) => void step(model, 'next'),
  findPrevious: (model: NotebookModel) => void step(model, 'previous'),
  outline: toggleOutline,
  palette: (model: NotebookModel) => (model.overlays.palette = ''),
  goTo: (model: NotebookModel) => (model.overlays.palette = '#'),
  settings: openSettings('you'),
  remap: openSettings('keys'),
  models: openSettings('models'),
};

/** Opens the panel, or closes it when it is open. */
export function panel(wanted: Panel) {
  return (model: NotebookModel): void => {
    model.panel = model.panel === wanted ? 'none' : wanted;
  };
}

function openSettings(part: SettingsPart) {
  return (model: NotebookModel): void => {
    model.overlays.settings = part;
    model.panel = 'settings';
  };
}

/** Shows it and goes into it; from inside it goes back and hides it. */
function toggleOutline({ overlays }: NotebookModel): void {
  if (overlays.outline && document.activeElement?.closest('nav.outline')) {
    overlays.leaveOutline();
    return overlays.setOutline(false);
  }
  overlays.setOutline(true);
  overlays.outlineWanted += 1;
}

async function find(model: NotebookModel, replacing: boolean): Promise<void> {
  // Before anything is waited for: this is where the person is.
  const place = new Place();
  const chosen = chosenText(model);
  (await finder(model)).show(replacing, place, chosen);
}

/** With nothing to look for yet, the field to write it in. */
async function step(model: NotebookModel, way: 'next' | 'previous'): Promise<void> {
  const { find: opened } = model.overlays;
  if (opened?.open) opened.step(way);
  else await find(model, false);
}

/** Searching comes with the first search. */
async function finder(model: NotebookModel): Promise<FindModel> {
  const { FindModel } = await later(() => import('../find.svelte'), () => undefined);
  return (model.overlays.find ??= new FindModel(model));
}

/** What is selected in the text one types in, when it is in one line. */
function chosenText({ selected, mode }: NotebookModel): string {
  const state = selected !== null && mode === 'edit' ? editorOf(selected)?.state : undefined;
  if (!state) return '';
  const { from, to } = state.selection.main;
  const chosen = state.sliceDoc(from, to);
  return chosen.includes('\n') ? '' : chosen;
}
