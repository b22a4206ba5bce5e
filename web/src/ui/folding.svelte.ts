// The sections of the open notebook and which of them this person has folded, kept in this browser.
//
// Invariant: what is folded is this person's own affair: nobody else sees it, and nothing of it is in the document.

import { kindOf, sourceOf } from '../doc/cell';
import type { Notebook } from '../doc/notebook';
import { carried, fold, hiddenCount, kept, parentOf, reveal, unfold, UNFOLDED, withSections, type Folds, type Sections } from '../state/folds';
import { sections } from '../state/headings';
import { browserStorage } from './page.svelte';

const KEPT_AS = 'coscribe:folded:';

export class Folding {
  #folds = $state.raw<Folds>(UNFOLDED);
  #sections = $state.raw<Sections>(new Map());
  #known: ReadonlySet<string> = new Set();
  readonly #keptAs: string;
  readonly #stop: (() => void)[];

  constructor(
    private readonly notebook: Notebook,
    address: string,
  ) {
    this.#keptAs = KEPT_AS + address;
    this.#folds = { folded: kept(this.#read()), hidden: new Set() };
    this.#changed();
    this.#stop = [notebook.onStructure(() => this.#changed()), notebook.onAnyCell((id, part) => this.#cellChanged(id, part))];
  }

  destroy(): void {
    this.#stop.forEach((stop) => stop());
  }

  hides(id: string): boolean {
    return this.#folds.hidden.has(id);
  }

  /** Whether the cell is a heading with anything below it. */
  foldable(id: string): boolean {
    return (this.#sections.get(id)?.length ?? 0) > 0;
  }

  /** How many cells the heading hides; 0 when it is open or none. */
  count(id: string): number {
    return hiddenCount(this.#folds, this.#sections, id);
  }

  isHeading(id: string): boolean {
    return this.#sections.has(id);
  }

  parentOf(id: string): string | null {
    return parentOf(this.#sections, id);
  }

  withSections(ids: readonly string[]): string[] {
    return withSections(this.#folds, this.#sections, ids);
  }

  fold(id: string): void {
    if (this.foldable(id)) this.#become(fold(this.#folds, this.#sections, [id]));
  }

  unfold(id: string): void {
    this.#become(unfold(this.#folds, this.#sections, [id]));
  }

  /** Opens every folded section these cells stand in. Tells whether there was one. */
  reveal(ids: readonly string[]): boolean {
    const before = this.#folds;
    this.#become(reveal(before, this.#sections, ids));
    return this.#folds !== before;
  }

  foldAll(): void {
    this.#become(fold(this.#folds, this.#sections, [...this.#sections.keys()]));
  }

  unfoldAll(): void {
    this.#become(unfold(this.#folds, this.#sections, [...this.#folds.folded]));
  }

  #become(folds: Folds): void {
    if (folds === this.#folds) return;
    this.#folds = folds;
    this.#write();
  }

  #cellChanged(id: string, part: 'source' | 'outputs' | 'rest'): void {
    const cell = this.notebook.cell(id);
    // What is typed into code changes no section.
    if (part === 'rest' || (part === 'source' && cell && kindOf(cell) === 'note')) this.#changed();
  }

  #changed(): void {
    const ids = this.notebook.ids();
    const found = sections(ids.map((id) => ({ id, note: noteOf(this.notebook, id) })));
    if (!same(found, this.#sections)) this.#sections = found;
    this.#folds = carried(this.#folds, found, this.#known);
    this.#known = new Set(ids);
  }

  #read(): string | null {
    try {
      return browserStorage()?.getItem(this.#keptAs) ?? null;
    } catch {
      return null;
    }
  }

  #write(): void {
    const folded = [...this.#folds.folded].filter((id) => this.#known.has(id));
    try {
      if (folded.length > 0) browserStorage()?.setItem(this.#keptAs, JSON.stringify(folded));
      else browserStorage()?.removeItem(this.#keptAs);
    } catch (cause) {
      console.warn('What is folded was not kept.', cause);
    }
  }
}

function noteOf(notebook: Notebook, id: string): string | undefined {
  const cell = notebook.cell(id);
  return cell && kindOf(cell) === 'note' ? (sourceOf(cell)?.toString() ?? '') : undefined;
}

function same(one: Sections, other: Sections): boolean {
  return one.size === other.size && [...one].every(([id, members]) => String(members) === String(other.get(id)));
}
