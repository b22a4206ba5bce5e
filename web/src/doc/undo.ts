// Undo and redo of what this person did, typing and structure in one row. Imports its siblings in doc/ and yjs.
//
// Invariant: undoing never takes back what somebody else did. Text is taken back by Yjs's manager, which knows whose
// text is whose; structure by the opposite edit (deeds.ts), so that a cell another person types in goes to the bin and
// is not removed from the document. Each step that changed text has exactly one item in the manager, in the same order.

import * as Y from 'yjs';

import type { CellKind } from '../wire/wire';
import * as deeds from './deeds';
import type { Author, Deed, Step, Touched } from './deeds';
import { isReadOnly, ReadOnly } from './guard';
import type { NewCell } from './make';
import type { Notebook } from './notebook';
import { LOCAL_TEXT } from './schema';

export type { Author, Deed } from './deeds';

/** Keystrokes closer together than this are taken back together. */
const CAPTURE_MS = 500;

/** What undo or redo just did and where. */
export interface Undone {
  deed: Deed;
  /** The cell to show; absent when it cannot be told. */
  cell: string | undefined;
  /** All cells it touched, in their order. */
  cells: Touched;
}

/** A step of the row, and whether the manager has an item for it. */
interface Entry {
  step: Step;
  text: boolean;
}

const TYPING: Step = { deed: 'typing', undo: () => [], redo: () => [] };

/** What Yjs tells of a step that it took back. */
interface Popped {
  changedParentTypes: ReadonlyMap<{ parent: unknown }, unknown>;
}

/** The way by which the page changes the structure of a notebook, so that everything can be taken back. */
export class History {
  readonly #manager: Y.UndoManager;
  readonly #undo: Entry[] = [];
  readonly #redo: Entry[] = [];
  readonly #listeners = new Set<() => void>();
  #replaying = false;
  /** While a deed is done: whether it changed text. */
  #performing: { text: boolean } | undefined;

  /** `typing` are the origins of this person's keystrokes (or the classes of such origins). */
  constructor(
    private readonly notebook: Notebook,
    private readonly author: Author,
    typing: readonly unknown[],
  ) {
    this.#manager = new Y.UndoManager(notebook.roots.cells, {
      trackedOrigins: new Set([...typing, LOCAL_TEXT]),
      captureTimeout: CAPTURE_MS,
    });
    this.#manager.on('stack-item-added', ({ type }: { type: 'undo' | 'redo' }) => {
      if (this.#performing) this.#performing.text = true;
      else if (type === 'undo' && !this.#replaying) this.#did({ step: TYPING, text: true });
    });
  }

  get canUndo(): boolean {
    return this.#undo.length > 0;
  }

  get canRedo(): boolean {
    return this.#redo.length > 0;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  add(after: string | null, cell: NewCell): string {
    return this.addAll('add', after, [cell])[0] as string;
  }

  /** Adds cells as one step. Returns their ids. */
  addAll(deed: 'add' | 'paste' | 'duplicate', after: string | null, cells: readonly NewCell[]): string[] {
    if (cells.length === 0) return [];
    return this.#perform(() => deeds.adding(this.notebook, this.author, deed, after, cells)).made;
  }

  /** Moves cells, in the given order, behind `after`. */
  move(ids: readonly string[], after: string | null): void {
    this.#perform(() => deeds.moving(this.notebook, ids, after));
  }

  remove(ids: readonly string[], deed: 'delete' | 'cut' = 'delete'): void {
    this.#perform(() => deeds.deleting(this.notebook, this.author, deed, ids));
  }

  /** Back from the bin, to where they stood. */
  restore(ids: readonly string[]): void {
    this.#perform(() => deeds.restoring(this.notebook, 'restore', ids));
  }

  /** Back from the bin, behind `after`: cells that were cut, with all that was written into them since. */
  pasteBack(ids: readonly string[], after: string | null): void {
    this.#perform(() => deeds.restoring(this.notebook, 'paste', ids, after));
  }

  changeKind(ids: readonly string[], kind: CellKind): void {
    this.#perform(() => deeds.changingKind(this.notebook, ids, kind));
  }

  makeHeadings(ids: readonly string[], level: number): void {
    this.#perform(() => deeds.makingHeadings(this.notebook, ids, level));
  }

  /** Parts a cell at these offsets. Returns the new cells below it. */
  split(id: string, offsets: readonly number[]): string[] {
    return this.#perform(() => deeds.splitting(this.notebook, this.author, id, offsets))?.made ?? [];
  }

  /** Joins cells in the first of them. */
  merge(ids: readonly string[]): void {
    this.#perform(() => deeds.merging(this.notebook, this.author, ids));
  }

  /** Changes texts as one step of its own, as a ticked box does; taken back like typing. */
  write<Result>(change: () => Result): Result {
    this.#manager.stopCapturing();
    const result = this.notebook.doc.transact(change, LOCAL_TEXT);
    this.#manager.stopCapturing();
    return result;
  }

  /** Changes the texts of these cells by a command, as one step that is told as this deed. */
  rewrite(deed: Deed, ids: readonly string[], change: () => void): void {
    this.#perform(() => {
      this.notebook.doc.transact(change, LOCAL_TEXT);
      return { deed, undo: () => ids, redo: () => ids };
    });
  }

  /** Takes back the last step of this person; undefined when there is none. */
  undo(): Undone | undefined {
    return this.#replay(this.#undo, this.#redo, 'undo');
  }

  redo(): Undone | undefined {
    return this.#replay(this.#redo, this.#undo, 'redo');
  }

  /** Ends a run of typing: what follows is a step of its own. */
  stopCapturing(): void {
    this.#manager.stopCapturing();
  }

  destroy(): void {
    this.#manager.destroy();
  }

  #perform<Done extends Step | undefined>(deed: () => Done): Done {
    this.#manager.stopCapturing();
    const performing = (this.#performing = { text: false });
    try {
      const step = deed();
      if (step) this.#did({ step, text: performing.text });
      return step;
    } finally {
      this.#performing = undefined;
      this.#manager.stopCapturing();
    }
  }

  #did(entry: Entry): void {
    this.#undo.push(entry);
    this.#redo.length = 0;
    this.#manager.clear(false, true);
    this.#tell();
  }

  #replay(from: Entry[], to: Entry[], way: 'undo' | 'redo'): Undone | undefined {
    // Yjs takes back by a way of its own, past the guard of the document.
    if (isReadOnly(this.notebook.doc)) throw new ReadOnly();
    this.#manager.stopCapturing();
    this.#replaying = true;
    try {
      for (let entry = from.pop(); entry !== undefined; entry = from.pop()) {
        const rewritten = entry.text ? this.#replayText(way) : undefined;
        const touched = entry.step[way]();
        // What others have undone meanwhile is passed over.
        if (!rewritten && !(touched.length > 0 && standsWithoutText(entry))) continue;
        to.push({ step: entry.step, text: rewritten !== undefined });
        return undone(entry.step.deed, touched, rewritten);
      }
      return undefined;
    } finally {
      this.#replaying = false;
      this.#tell();
    }
  }

  /** Takes back the manager's last item and no other; undefined when others have deleted all its text meanwhile. */
  #replayText(way: 'undo' | 'redo'): { cell: string | undefined } | undefined {
    const stack = way === 'undo' ? this.#manager.undoStack : this.#manager.redoStack;
    const older = stack.splice(0, stack.length - 1);
    let cell: string | undefined;
    const popped = ({ changedParentTypes }: Popped) => {
      cell = cellOf(changedParentTypes.keys());
    };
    this.#manager.on('stack-item-popped', popped);
    const item = way === 'undo' ? this.#manager.undo() : this.#manager.redo();
    this.#manager.off('stack-item-popped', popped);
    stack.unshift(...older);
    return item === null ? undefined : { cell };
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

/** Of a step that only changed texts nothing is left when its text is gone. */
function standsWithoutText({ step, text }: Entry): boolean {
  return !text || step.deed === 'merge' || step.deed === 'split' || step.deed === 'heading';
}

function undone(deed: Deed, touched: Touched, rewritten: { cell: string | undefined } | undefined): Undone {
  return { deed, cell: touched[0] ?? rewritten?.cell, cells: touched };
}

/** The cell around one of the changed types: that of a source, or of an answer among its outputs. */
function cellOf(types: Iterable<{ parent: unknown }>): string | undefined {
  for (const type of types) {
    for (let { parent } = type; parent instanceof Y.AbstractType; parent = parent.parent) {
      const id = parent instanceof Y.Map && parent.parent instanceof Y.Array ? parent.get('id') : undefined;
      if (typeof id === 'string') return id;
    }
  }
  return undefined;
}
