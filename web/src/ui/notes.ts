// What this person does in notes as they are read: ticking boxes, following links to places in the notebook.
//
// Invariant: everything written goes through the session's History, so that it can be taken back.

import { tick } from 'svelte';

import { kindOf, sourceOf } from '../doc/cell';
import * as tasks from '../doc/tasks';
import { anchorsIn, slug } from '../editor/markup';
import { ANCHOR } from '../editor/plain';
import { text } from '../text/text';
import type { NotebookModel } from './notebook.svelte';
import { sanitiserPart } from './parts';
import { settleAt } from './settle';
import { toasts } from './toasts.svelte';

/** Ticks or unticks a box; false if its text changed meanwhile. */
export function tickBox(model: NotebookModel, id: string, task: tasks.Task, ticked: boolean): boolean {
  const source = sourceIn(model, id);
  return source !== undefined && model.session.history.write(() => tasks.tick(source, task, ticked));
}

const CELL = /^cell-([\w-]+)$/;

/** Goes where `#fragment` in the note `from` leads: to a cell, or to a heading or anchor of this note, then of any. */
export async function follow(model: NotebookModel, from: string, fragment: string): Promise<void> {
  const cell = CELL.exec(fragment)?.[1];
  if (cell !== undefined && model.ids.includes(cell)) return arrive(model, cell, undefined);
  const place = slug(decoded(fragment));
  const id = placed(from, place) ? from : model.ids.find((other) => isNote(model, other) && anchorsIn(sourceIn(model, other)?.toString() ?? '').includes(place));
  if (id === undefined || place === '') return toasts.show(text.notes.noSuchPlace(fragment));
  await arrive(model, id, place);
}

async function arrive(model: NotebookModel, id: string, place: string | undefined): Promise<void> {
  // Whole, for a bare fragment would be one of the page's base.
  const address = `${location.pathname}${location.search}#${place ?? `cell-${id}`}`;
  if (address !== location.pathname + location.search + location.hash) history.pushState(history.state, '', address);
  if (model.selected !== id || model.mode === 'edit') model.show(id, false);
  model.draw(id);
  await tick();
  // A note that has to wait for it has no places yet.
  await sanitiserPart.settled;
  await tick();
  const target = place === undefined ? document.getElementById(`cell-${id}`) : placed(id, place);
  if (target) await settleAt(target);
}

/** The element at a place of a note that is drawn. */
function placed(id: string, place: string): Element | null | undefined {
  return document.getElementById(`cell-${id}`)?.querySelector(`[${ANCHOR}="${CSS.escape(place)}"]`);
}

function isNote(model: NotebookModel, id: string): boolean {
  const cell = model.session.notebook.cell(id);
  return cell !== undefined && kindOf(cell) === 'note';
}

function sourceIn(model: NotebookModel, id: string): ReturnType<typeof sourceOf> {
  const cell = model.session.notebook.cell(id);
  return cell && sourceOf(cell);
}

function decoded(fragment: string): string {
  try {
    return decodeURIComponent(fragment);
  } catch {
    return fragment;
  }
}
