// Undo and redo of what this person did, typing and structure in one row. Imports its siblings in doc/ and yjs.
//
// Invariant: undoing never takes back what somebody else did. Typing is taken back by Yjs's manager, which knows whose
// text is whose; structure by the opposite edit, so that a cell another person types in goes to the bin and is not
// removed from the document.

import * as Y from 'yjs';

import { kindOf } from './cell';
import { addCell, changeKind, deleteCells, mergeBelow, moveCell, restoreCells, splitCell, type NewCell } from './edit';
import type { Notebook } from './notebook';
import type { CellKind } from '../wire/wire';

/** Keystrokes closer together than this are taken back together. */
const CAPTURE_MS = 500;

/** The origin of a change of text that is made at once and not typed. */
const WRITTEN = Symbol('coscribe:written');

/** What a step did, for the sentence that tells what was undone. */
export type Deed = 'typing' | 'add' | 'move' | 'delete' | 'restore' | 'kind' | 'split' | 'merge';

/** What undo or redo just did and where. */
export interface Undone {
  deed: Deed;
  /** The cell to show; absent when it cannot be told. */
  cell: string | undefined;
}

interface Structural {
  deed: Exclude<Deed, 'typing'>;
  cell: string;
  undo: () => void;
  redo: () => void;
}

type Step = Structural | 'typing';

/** What Yjs tells of a step that it took back. */
interface Popped {
  changedParentTypes: ReadonlyMap<{ parent: unknown }, unknown>;
}

export interface Author {
  name(): string;
  now(): number;
}

/** The way by which the page changes the structure of a notebook, so that everything can be taken back. */
export class History {
  readonly #manager: Y.UndoManager;
  readonly #undo: Step[] = [];
  readonly #redo: Step[] = [];
  readonly #listeners = new Set<() => void>();
  #replaying = false;

  /** `typing` are the origins of this person's keystrokes (or the classes of such origins). */
  constructor(
    private readonly notebook: Notebook,
    private readonly author: Author,
    typing: readonly unknown[],
  ) {
    this.#manager = new Y.UndoManager(notebook.roots.cells, {
      trackedOrigins: new Set([...typing, WRITTEN]),
      captureTimeout: CAPTURE_MS,
    });
    this.#manager.on('stack-item-added', ({ type }: { type: 'undo' | 'redo' }) => {
      if (type === 'undo' && !this.#replaying) this.#did('typing');
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
    const id = addCell(this.notebook, after, cell);
    this.#record('add', id, () => this.#hide([id]), () => restoreCells(this.notebook, [id]));
    return id;
  }

  move(id: string, after: string | null): void {
    const ids = this.notebook.ids();
    const before = ids[ids.indexOf(id) - 1] ?? null;
    if (before === after || after === id) return;
    moveCell(this.notebook, id, after);
    this.#record('move', id, () => moveCell(this.notebook, id, before), () => moveCell(this.notebook, id, after));
  }

  remove(ids: readonly string[]): void {
    const [first] = ids;
    if (first === undefined) return;
    this.#hide(ids);
    this.#record('delete', first, () => restoreCells(this.notebook, ids), () => this.#hide(ids));
  }

  restore(id: string): void {
    restoreCells(this.notebook, [id]);
    this.#record('restore', id, () => this.#hide([id]), () => restoreCells(this.notebook, [id]));
  }

  changeKind(id: string, kind: CellKind): void {
    const cell = this.notebook.cell(id);
    const before = cell && kindOf(cell);
    if (before === undefined || before === kind) return;
    changeKind(this.notebook, id, kind);
    this.#record('kind', id, () => changeKind(this.notebook, id, before), () => changeKind(this.notebook, id, kind));
  }

  /** Splitting moves text between cells: taken back by merging them again. */
  split(id: string, offset: number): string | undefined {
    const made = splitCell(this.notebook, id, offset);
    if (made === undefined) return undefined;
    this.#record('split', id, () => this.#merge(id, made.joint), () => splitCell(this.notebook, id, offset));
    return made.id;
  }

  mergeBelow(id: string): void {
    const source = this.notebook.cell(id)?.get('source');
    const offset = source instanceof Y.Text ? source.length : 0;
    if (this.#merge(id)) this.#record('merge', id, () => splitCell(this.notebook, id, offset), () => this.#merge(id));
  }

  /** Changes texts as one step of its own, as a ticked box does; taken back like typing. */
  write<Result>(change: () => Result): Result {
    this.#manager.stopCapturing();
    const result = this.notebook.doc.transact(change, WRITTEN);
    this.#manager.stopCapturing();
    return result;
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

  #hide(ids: readonly string[]): void {
    deleteCells(this.notebook, ids, this.author.name(), this.author.now());
  }

  #merge(id: string, joint?: string): boolean {
    return mergeBelow(this.notebook, id, this.author.name(), this.author.now(), joint);
  }

  #record(deed: Structural['deed'], cell: string, undo: () => void, redo: () => void): void {
    this.#manager.stopCapturing();
    this.#did({ deed, cell, undo, redo });
  }

  #did(step: Step): void {
    this.#undo.push(step);
    this.#redo.length = 0;
    if (step !== 'typing') this.#manager.clear(false, true);
    this.#tell();
  }

  #replay(from: Step[], to: Step[], way: 'undo' | 'redo'): Undone | undefined {
    this.#manager.stopCapturing();
    this.#replaying = true;
    try {
      for (let step = from.pop(); step !== undefined; step = from.pop()) {
        const done = step === 'typing' ? this.#replayTyping(from, way) : replayStructure(step, way);
        if (!done) continue;
        to.push(step);
        return done;
      }
      return undefined;
    } finally {
      this.#replaying = false;
      this.#tell();
    }
  }

  /** The manager passes over steps whose text others have deleted meanwhile; so does the row of steps. */
  #replayTyping(from: Step[], way: 'undo' | 'redo'): Undone | undefined {
    const stack = way === 'undo' ? this.#manager.undoStack : this.#manager.redoStack;
    let cell: string | undefined;
    const popped = ({ changedParentTypes }: Popped) => {
      cell = cellOf(changedParentTypes.keys());
    };
    this.#manager.on('stack-item-popped', popped);
    const item = way === 'undo' ? this.#manager.undo() : this.#manager.redo();
    this.#manager.off('stack-item-popped', popped);
    dropTyping(from, stack.length);
    return item === null ? undefined : { deed: 'typing', cell };
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

function replayStructure(step: Structural, way: 'undo' | 'redo'): Undone {
  step[way]();
  return { deed: step.deed, cell: step.cell };
}

/** Leaves as many typing steps as the manager still has, dropping the latest. */
function dropTyping(steps: Step[], kept: number): void {
  let surplus = steps.filter((step) => step === 'typing').length - kept;
  for (let index = steps.length - 1; index >= 0 && surplus > 0; index -= 1) {
    if (steps[index] !== 'typing') continue;
    steps.splice(index, 1);
    surplus -= 1;
  }
}

/** The cell around one of the changed types. */
function cellOf(types: Iterable<{ parent: unknown }>): string | undefined {
  for (const type of types) {
    const parent = type.parent;
    const id = parent instanceof Y.Map ? parent.get('id') : undefined;
    if (typeof id === 'string') return id;
  }
  return undefined;
}
