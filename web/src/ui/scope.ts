// What was selected when somebody asked to search in it: cells, or a part of the text of one.
//
// Invariant: it stays at its text and its cells, whatever others do meanwhile.

import { sourceOf } from '../doc/cell';
import { Anchor } from '../doc/anchor';
import type { Span } from '../state/find';
import { editorOf } from './editors';
import type { NotebookModel } from './notebook.svelte';

export class SelectedScope {
  private constructor(
    private readonly cells: ReadonlySet<string>,
    private readonly part: { from: Anchor; to: Anchor } | undefined,
  ) {}

  static of(model: NotebookModel): SelectedScope {
    const { selected } = model;
    const selection = selected === null ? undefined : editorOf(selected)?.state.selection.main;
    const cell = selected === null ? undefined : model.session.notebook.cell(selected);
    const source = cell && sourceOf(cell);
    const part = source && selection && !selection.empty && model.mode === 'edit'
      ? { from: new Anchor(source, selection.from), to: new Anchor(source, selection.to, 'behind') }
      : undefined;
    return new SelectedScope(new Set(model.chosen), part);
  }

  in(id: string): Span | 'whole' | 'none' {
    if (!this.cells.has(id)) return 'none';
    const from = this.part?.from.offset;
    const to = this.part?.to.offset;
    return from !== undefined && to !== undefined ? { from, to } : 'whole';
  }
}
