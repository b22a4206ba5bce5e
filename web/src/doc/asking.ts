// How language models are asked in a notebook: which cells they are told, and who answers, as cells and notebook say it
// in their metadata. Imports its siblings in doc/.
//
// Invariant: what is not ours in the metadata stays as it is; a choice that is taken back leaves no key behind.

import { metadataOf, PINNED, SKIPPED, tellingOf, type Telling } from './cell';
import { ensureMetadata, ensureNotebook } from './edit';
import type { Notebook } from './notebook';
import { isObject, LOCAL, NAMESPACE, type CellMap, type JsonObject } from './schema';

/** How models are to answer, in the order of menus; the first is meant where nobody has chosen. */
export const MODES = ['standard', 'concise', 'learning', 'mock'] as const;
export type Mode = (typeof MODES)[number];

/** Who is asked; the absent provider is the default one, the absent model that of the provider. */
export interface Chosen {
  provider: string | undefined;
  model: string | undefined;
}

export function setTelling(notebook: Notebook, ids: readonly string[], telling: Telling): void {
  notebook.doc.transact(() => {
    for (const id of ids) {
      const cell = notebook.cell(id);
      if (!cell || tellingOf(cell) === telling) continue;
      const metadata = ensureMetadata(cell);
      metadata.delete(SKIPPED);
      metadata.delete(PINNED);
      if (telling !== 'above') metadata.set(telling === 'never' ? SKIPPED : PINNED, true);
    }
  }, LOCAL);
}

/** What the cell says itself. */
export function chosenOf(cell: CellMap): Chosen {
  return chosenIn(oursOf(cell));
}

/** What counts for the cell: its own choice, else the notebook's. */
export function chosenFor(notebook: Notebook, cell: CellMap): Chosen {
  const ours = oursOf(cell);
  return 'provider' in ours || 'model' in ours ? chosenIn(ours) : chosenIn(oursOfNotebook(notebook));
}

/** Absent leaves it to the notebook. Both are written, or the notebook's model would be asked of another provider. */
export function chooseFor(notebook: Notebook, id: string, chosen: Chosen | undefined): void {
  change(notebook, id, { provider: chosen && (chosen.provider ?? ''), model: chosen && (chosen.model ?? '') });
}

export function thinksFirst(cell: CellMap): boolean {
  return oursOf(cell)['thinking'] === true;
}

export function setThinking(notebook: Notebook, ids: readonly string[], thinking: boolean): void {
  notebook.doc.transact(() => ids.forEach((id) => change(notebook, id, { thinking: thinking || undefined })), LOCAL);
}

export function chosenOfNotebook(notebook: Notebook): Chosen {
  return chosenIn(oursOfNotebook(notebook));
}

export function chooseForNotebook(notebook: Notebook, { provider, model }: Chosen): void {
  changeNotebook(notebook, { provider, model });
}

export function modeOf(notebook: Notebook): Mode {
  const { mode } = oursOfNotebook(notebook);
  return MODES.find((known) => known === mode) ?? MODES[0];
}

export function setMode(notebook: Notebook, mode: Mode): void {
  changeNotebook(notebook, { mode: mode === MODES[0] ? undefined : mode });
}

function chosenIn(ours: JsonObject): Chosen {
  const { provider, model } = ours;
  return { provider: nameIn(provider), model: nameIn(model) };
}

function nameIn(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function oursOf(cell: CellMap): JsonObject {
  const ours = metadataOf(cell)?.get(NAMESPACE);
  return isObject(ours) ? ours : {};
}

function oursOfNotebook(notebook: Notebook): JsonObject {
  const ours = notebook.metadata()[NAMESPACE];
  return isObject(ours) ? ours : {};
}

function change(notebook: Notebook, id: string, change: JsonObject): void {
  const cell = notebook.cell(id);
  if (!cell) return;
  const before = oursOf(cell);
  const after = changed(before, change);
  if (JSON.stringify(before) === JSON.stringify(after)) return;
  notebook.doc.transact(() => ensureMetadata(cell).set(NAMESPACE, after), LOCAL);
}

function changeNotebook(notebook: Notebook, change: JsonObject): void {
  notebook.doc.transact(() => ensureNotebook(notebook).set(NAMESPACE, changed(oursOfNotebook(notebook), change)), LOCAL);
}

/** What is undefined goes. */
function changed(ours: JsonObject, change: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries({ ...ours, ...change }).filter(([, value]) => value !== undefined));
}
