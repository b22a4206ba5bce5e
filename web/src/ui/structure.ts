// What this person does to the cells of the open notebook, with what the screen does about it: selecting, showing,
// telling.
//
// Invariant: everything goes through the session's History, so that it can be taken back.

import { foldingOf } from '../doc/cell';
import { fold } from '../doc/edit';
import { behindAfterStep, neighbour } from '../state/cells';
import { text } from '../text/text';
import type { CellKind } from '../wire/wire';
import type { NotebookModel } from './notebook.svelte';
import { page } from './page.svelte';
import { toasts } from './toasts.svelte';

export class Structure {
  constructor(private readonly model: NotebookModel) {}

  /** Undefined for readers, who are told why. */
  add(after: string | null, kind: CellKind, edit = true): string | undefined {
    if (this.#refuses()) return undefined;
    const id = this.model.session.history.add(after, { kind });
    this.model.show(id, edit);
    return id;
  }

  addBeside(id: string, side: 'above' | 'below', kind: CellKind, edit = true): string | undefined {
    const { ids } = this.model;
    const after = side === 'below' ? id : (ids[ids.indexOf(id) - 1] ?? null);
    return this.add(after, kind, edit);
  }

  step(id: string, way: 'up' | 'down'): void {
    const after = behindAfterStep(this.model.session.notebook.ids(), [id], way);
    if (after !== undefined) this.move(id, after);
  }

  move(id: string, after: string | null): void {
    if (this.#refuses()) return;
    this.model.session.history.move([id], after);
    this.model.reveal(id);
  }

  remove(id: string): void {
    if (this.#refuses()) return;
    const { model } = this;
    const next = neighbour(model.ids, [id]);
    model.held.delete(id);
    // Before the cell goes: one's own deleting is nothing to be told of.
    model.selected = null;
    model.mode = 'command';
    model.session.history.remove([id]);
    model.select(next);
    toasts.show(text.cells.inTheBin, { label: text.commands.undo, run: () => this.#restoreHere(id) });
  }

  async restore(id: string): Promise<void> {
    if (this.#refuses()) return;
    this.model.held.delete(id);
    if (this.model.session.notebook.cell(id)) return this.#restoreHere(id);
    try {
      await page.rest.restoreCell(this.model.session.settings.id, id);
    } catch (cause) {
      toasts.error(cause instanceof Error ? cause.message : String(cause));
    }
  }

  /** Leaves a cell in the bin that somebody deleted from under this person. */
  dismiss(id: string): void {
    const next = neighbour(this.model.ids, [id]);
    this.model.held.delete(id);
    this.model.select(next);
  }

  changeKind(id: string, kind: CellKind): void {
    if (this.#refuses()) return;
    this.model.session.history.changeKind([id], kind);
  }

  toggle(id: string, what: 'source' | 'outputs'): void {
    const { model } = this;
    const { notebook } = model.session;
    const cell = notebook.cell(id);
    if (!cell) return;
    const change = { [what]: !model.reading.folding(id, foldingOf(cell))[what] };
    if (model.readOnly) model.reading.fold(id, change);
    else fold(notebook, [id], change);
  }

  mergeBelow(id: string): void {
    if (this.#refuses()) return;
    const below = this.model.ids[this.model.ids.indexOf(id) + 1];
    if (below !== undefined) this.model.session.history.merge([id, below]);
  }

  split(id: string, offset: number): void {
    if (this.#refuses()) return;
    const [made] = this.model.session.history.split(id, [offset]);
    if (made !== undefined) this.model.show(made, true);
  }

  #refuses(): boolean {
    return this.model.reading.refuses();
  }

  #restoreHere(id: string): void {
    this.model.session.history.restore([id]);
    this.model.show(id, false);
  }
}
