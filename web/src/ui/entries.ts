// What the palette of a notebook offers: its commands, cells, people, and the notebooks of this browser.

import { kindOf, sourceOf } from '../doc/cell';
import { hindrance, type Situation } from '../state/available';
import { commands, COMMANDS, GROUPS, nameOf, type Command } from '../state/commands';
import { headingsOf } from '../state/headings';
import type { Candidate, Scope } from '../state/palette';
import { text } from '../text/text';
import type { CellKind } from '../wire/wire';
import { keymap } from './keymap.svelte';
import type { NotebookModel } from './notebook.svelte';
import { page } from './page.svelte';
import { whereIs } from './places';

export interface Entry extends Candidate {
  scope: Scope;
  /** Beside the label: the group, the kind, the place. */
  detail: string;
  keys: readonly string[];
  /** Why it cannot be chosen now. */
  hindrance?: string;
  color?: string;
  run: () => void;
}

const PALETTE = text.commands.palette;
/** More of a first line is not read in a list. */
const LONGEST_LABEL = 120;

/** What stays the same while the palette is open. */
export function standingEntries(model: NotebookModel): Entry[] {
  return [...commandEntries(model), ...headingEntries(model), ...cellEntries(model), ...recentEntries(model.session.settings.id)];
}

function commandEntries(model: NotebookModel): Entry[] {
  const now = situation(model);
  const listed = commands().filter((command) => command !== 'palette');
  listed.sort((one, other) => GROUPS.indexOf(COMMANDS[one].group) - GROUPS.indexOf(COMMANDS[other].group));
  return listed.map((command) => commandEntry(command, now, () => model.run(command)));
}

function commandEntry(command: Command, now: Situation, run: () => void): Entry {
  const why = hindrance(command, now);
  return {
    id: command,
    scope: 'commands',
    label: nameOf(command),
    detail: text.commands.groups[COMMANDS[command].group],
    keys: keymap.of(command),
    ...(why ? { hindrance: text.commands.hindrances[why] } : {}),
    run,
  };
}

function situation({ readOnly, ids, selected, session, running, kernel }: NotebookModel): Situation {
  return {
    readOnly,
    cells: ids.length,
    position: selected === null ? -1 : ids.indexOf(selected),
    canUndo: session.history.canUndo,
    canRedo: session.history.canRedo,
    online: running.online,
    running: running.any,
    kernel: kernel.up,
    kind: selectedKind(session.notebook, selected),
  };
}

function selectedKind(notebook: NotebookModel['session']['notebook'], selected: string | null): CellKind | undefined {
  const cell = selected === null ? undefined : notebook.cell(selected);
  return cell && kindOf(cell);
}

function headingEntries(model: NotebookModel): Entry[] {
  return model.ids.flatMap((id, index) => {
    const cell = model.session.notebook.cell(id);
    const headings = cell && kindOf(cell) === 'note' ? headingsOf(sourceOf(cell)?.toString() ?? '') : [];
    return headings.map(({ text: label }, order): Entry => ({
      id: `heading:${id}:${order}`,
      scope: 'cells',
      label: label || text.find.outline.untitled,
      detail: PALETTE.heading(index + 1),
      keys: [],
      run: () => model.show(id, false),
    }));
  });
}

function cellEntries(model: NotebookModel): Entry[] {
  return model.ids.flatMap((id, index) => {
    const cell = model.session.notebook.cell(id);
    if (!cell) return [];
    const first = (sourceOf(cell)?.toString() ?? '').split('\n').find((line) => line.trim() !== '') ?? text.cells.empty;
    const label = PALETTE.cell(index + 1, first.trim().slice(0, LONGEST_LABEL));
    return [{ id: `cell:${id}`, scope: 'cells', label, detail: text.cells.kinds[kindOf(cell)], keys: [], run: () => model.show(id, false) }];
  });
}

/** People come and go while it is open. */
export function personEntries(model: NotebookModel): Entry[] {
  return model.colleagues.list.map((person) => ({
    id: `person:${person.key}`,
    scope: 'people',
    label: PALETTE.goTo(person.name),
    detail: whereIs(model, person),
    keys: [],
    color: person.color,
    run: () => void model.follower.give({ kind: 'press', key: person.key }),
  }));
}

function recentEntries(open: string): Entry[] {
  return page.recent
    .list()
    .filter(({ id }) => id !== open)
    .map(({ id, title }) => ({ id: `notebook:${id}`, scope: 'notebooks', label: title || id, detail: PALETTE.scopes.notebooks, keys: [], run: () => page.go({ kind: 'notebook', id }) }));
}
