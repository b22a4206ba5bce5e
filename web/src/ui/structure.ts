// What this person does to the cells of the open notebook, with what the screen does about it: selecting, showing,
// telling.
//
// Invariant: everything that changes cells goes through the session's History, so that it can be taken back. A folded
// heading takes what it hides along.

import { foldingOf, kindOf } from '../doc/cell';
import { copies } from '../doc/clip';
import { fold } from '../doc/edit';
import type { NewCell } from '../doc/make';
import { cuts, type Range } from '../doc/parts';
import { behindAfterStep, neighbour } from '../state/cells';
import { reasonOf } from '../state/reason';
import { text } from '../text/text';
import type { CellKind } from '../wire/wire';
import type { NotebookModel } from './notebook.svelte';
import { page } from './page.svelte';
import { toasts } from './toasts.svelte';

export class Structure {
  constructor(private readonly model: NotebookModel) {}

  /** What a command given at this cell acts on: all that are selected, if it is one of them. */
  targets(id: string): string[] {
    return this.model.isSelected(id) ? this.model.chosen : this.model.folding.withSections([id]);
  }

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

  /** Puts cells that were copied behind `after`. */
  insert(cells: readonly NewCell[], after: string | null): void {
    if (this.#refuses()) return;
    this.model.selectBlock(this.model.session.history.addAll('paste', after, cells));
  }

  /** Puts cells that were cut behind `after`: the same cells, with all that was written into them since. */
  insertAgain(ids: readonly string[], after: string | null): void {
    if (this.#refuses()) return;
    this.model.session.history.pasteBack(ids, after);
    this.model.selectBlock(ids);
  }

  duplicate(ids: readonly string[]): void {
    if (this.#refuses()) return;
    const { history, notebook } = this.model.session;
    this.model.selectBlock(history.addAll('duplicate', ids.at(-1) ?? null, copies(notebook, ids)));
  }

  step(ids: readonly string[], way: 'up' | 'down'): void {
    const after = behindAfterStep(this.model.open, ids, way);
    if (after !== undefined) this.move(ids, after === null ? null : this.#end(after));
  }

  move(ids: readonly string[], after: string | null): void {
    if (this.#refuses()) return;
    const { model } = this;
    model.session.history.move(ids, after);
    const shown = ids.filter((id) => !model.folding.hides(id));
    model.folding.reveal(shown);
    if (model.selected !== null && ids.includes(model.selected)) model.reveal(model.selected);
    else if (shown[0] !== undefined) model.reveal(shown[0]);
  }

  remove(ids: readonly string[], deed: 'delete' | 'cut' = 'delete'): void {
    if (this.#refuses()) return;
    const { model } = this;
    const next = neighbour(model.open, ids);
    ids.forEach((id) => model.held.delete(id));
    model.mode = 'command';
    model.own(() => model.session.history.remove(ids, deed));
    model.select(next);
    if (deed === 'delete') toasts.show(text.cells.inTheBin(ids.length), { label: text.commands.undo, run: () => this.#restoreHere(ids) });
  }

  /**
   * Those still in the document here, the others by asking the server, which put them aside. The focus goes there, or
   * stays here.
   */
  async restore(ids: readonly string[], focus: 'there' | 'here' = 'there'): Promise<void> {
    if (this.#refuses()) return;
    const { notebook, settings } = this.model.session;
    ids.forEach((id) => this.model.held.delete(id));
    const here = ids.filter((id) => notebook.cell(id) !== undefined);
    if (here.length > 0) this.#restoreHere(here, focus);
    for (const id of ids.filter((other) => !here.includes(other))) {
      try {
        await page.rest.restoreCell(settings.id, id);
      } catch (cause) {
        toasts.error(reasonOf(cause));
      }
    }
  }

  /** Leaves a cell in the bin that somebody deleted from under this person. */
  dismiss(id: string): void {
    const next = neighbour(this.model.open, [id]);
    this.model.held.delete(id);
    this.model.select(next);
  }

  changeKind(ids: readonly string[], kind: CellKind): void {
    if (this.#refuses()) return;
    this.model.session.history.changeKind(ids, kind);
  }

  makeHeadings(ids: readonly string[], level: number): void {
    if (this.#refuses()) return;
    this.model.session.history.makeHeadings(ids, level);
    this.model.render(ids);
  }

  /** Folds or shows source or outputs of cells, for everybody: all as the first of them becomes. */
  toggle(ids: readonly string[], what: 'source' | 'outputs'): void {
    const [first] = ids;
    if (first !== undefined) this.#fold(ids, what, !this.#isFolded(first, what));
  }

  /** Folds what of all cells is not folded yet; shows it when all is. */
  toggleAll(what: 'source' | 'outputs'): void {
    const kinds: CellKind[] = what === 'outputs' ? ['code', 'prompt'] : ['code', 'prompt', 'raw'];
    const ids = this.model.session.notebook.ids().filter((id) => {
      const cell = this.model.session.notebook.cell(id);
      return cell && kinds.includes(kindOf(cell));
    });
    const folded = !ids.every((id) => this.#isFolded(id, what));
    this.#fold(ids, what, folded);
    toasts.show(text.cells.foldedAll(what, folded, this.model.readOnly));
  }

  /** Joins cells in the first of them; one alone with the next, or into the one before. */
  merge(ids: readonly string[], partner: 'below' | 'above' = 'below'): void {
    if (this.#refuses()) return;
    const { model } = this;
    const block = ids.length > 1 ? ids : this.#pair(ids[0], partner);
    const [first] = block;
    if (first === undefined || block.length < 2) return;
    model.folding.reveal(block);
    model.own(() => model.session.history.merge(block));
    model.show(first, false);
  }

  split(id: string, ranges: readonly Range[]): void {
    if (this.#refuses()) return;
    const source = this.model.session.notebook.cell(id)?.get('source');
    const length = source === undefined ? 0 : String(source).length;
    const [made] = this.model.session.history.split(id, cuts(ranges, length));
    if (made !== undefined) this.model.show(made, true);
  }

  /** The last cell of the section that a folded heading hides, else the cell itself. */
  #end(id: string): string {
    return this.model.folding.withSections([id]).at(-1) ?? id;
  }

  #pair(id: string | undefined, partner: 'below' | 'above'): string[] {
    const { ids } = this.model;
    const other = id === undefined ? undefined : ids[ids.indexOf(id) + (partner === 'below' ? 1 : -1)];
    if (id === undefined || other === undefined) return [];
    return partner === 'below' ? [id, other] : [other, id];
  }

  #isFolded(id: string, what: 'source' | 'outputs'): boolean {
    const cell = this.model.session.notebook.cell(id);
    return cell !== undefined && this.model.reading.folding(id, foldingOf(cell))[what];
  }

  /** Readers fold for their own eyes. */
  #fold(ids: readonly string[], what: 'source' | 'outputs', folded: boolean): void {
    const { model } = this;
    if (model.readOnly) ids.forEach((id) => model.reading.fold(id, { [what]: folded }));
    else fold(model.session.notebook, ids, { [what]: folded });
  }

  #refuses(): boolean {
    return this.model.reading.refuses();
  }

  #restoreHere(ids: readonly string[], focus: 'there' | 'here' = 'there'): void {
    const { model } = this;
    model.session.history.restore(ids);
    const [first] = ids;
    if (focus === 'there') model.selectBlock(ids.filter((id) => model.ids.includes(id)));
    else if (first !== undefined) model.reveal(first);
  }
}
