// The one way by which the page changes a board, and undo and redo of it, deeds and typing in one row.
//
// Invariant: undoing never takes back what somebody else did: of a deed only the values that are still this person's own
// go back, text is taken back by Yjs's manager, which knows whose it is. Each run of typing has exactly one item in the
// manager, in the same order. Imports its siblings in doc/ and yjs.

import * as Y from 'yjs';

import { isReadOnly, ReadOnly } from '../guard';
import { LOCAL } from '../schema';
import type { Board } from './board';
import { apply, revert } from './change';
import type { Deed } from './deeds';

/** Keystrokes closer together than this are taken back together. */
const CAPTURE_MS = 500;

/** What is in the row in place of a run of typing. */
const TYPING: Deed = { name: 'typing', tasks: [], changes: [] };

export class BoardHistory {
  readonly #manager: Y.UndoManager;
  readonly #undo: Deed[] = [];
  readonly #redo: Deed[] = [];
  #replaying = false;

  /** `typing` are the origins of this person's keystrokes, or the classes of such origins. */
  constructor(
    private readonly board: Board,
    typing: readonly unknown[],
  ) {
    const { info, tasks } = board.roots;
    this.#manager = new Y.UndoManager([info, tasks], { trackedOrigins: new Set(typing), captureTimeout: CAPTURE_MS });
    this.#manager.on('stack-item-added', ({ type }: { type: 'undo' | 'redo' }) => {
      if (type === 'undo' && !this.#replaying) this.#did(TYPING);
    });
  }

  /** Does something; undefined when it changed nothing. */
  perform(deed: () => Deed): Deed | undefined {
    this.#manager.stopCapturing();
    const done = this.board.doc.transact(() => {
      const doing = deed();
      // What is made is there already; the rest of the changes are still to be written.
      const written = doing.changes.map((change) => (change.after === undefined && !change.map()?.has(change.key)) || apply(change));
      return written.includes(true) ? doing : undefined;
    }, LOCAL);
    if (done) this.#did(done);
    return done;
  }

  undo(): Deed | undefined {
    return this.#replay(this.#undo, this.#redo, 'undo');
  }

  redo(): Deed | undefined {
    return this.#replay(this.#redo, this.#undo, 'redo');
  }

  /** Takes one deed back, wherever it is in the row; false when others have changed all of it since. */
  takeBack(deed: Deed): boolean {
    const at = this.#undo.lastIndexOf(deed);
    if (at < 0) return false;
    this.#undo.splice(at, 1);
    const taken = this.#replayDeed(deed, 'undo');
    if (taken) this.#redo.push(deed);
    return taken;
  }

  /** Ends a run of typing: what follows is a step of its own. */
  stopCapturing(): void {
    this.#manager.stopCapturing();
  }

  destroy(): void {
    this.#manager.destroy();
  }

  #did(deed: Deed): void {
    this.#undo.push(deed);
    this.#redo.length = 0;
    this.#manager.clear(false, true);
  }

  #replay(from: Deed[], to: Deed[], way: 'undo' | 'redo'): Deed | undefined {
    // Yjs takes back by a way of its own, past the guard of the document.
    if (isReadOnly(this.board.doc)) throw new ReadOnly();
    for (let deed = from.pop(); deed !== undefined; deed = from.pop()) {
      const done = deed === TYPING ? this.#replayTyping(way) : this.#replayDeed(deed, way);
      // What others have changed meanwhile is passed over.
      if (!done) continue;
      to.push(deed);
      return deed;
    }
    return undefined;
  }

  #replayDeed({ changes }: Deed, way: 'undo' | 'redo'): boolean {
    const write = way === 'undo' ? revert : apply;
    const ordered = way === 'undo' ? changes.toReversed() : changes;
    return this.board.doc.transact(() => ordered.map(write).includes(true), LOCAL);
  }

  /** The manager's last item and no other; false when others have deleted all its text meanwhile. */
  #replayTyping(way: 'undo' | 'redo'): boolean {
    this.#manager.stopCapturing();
    this.#replaying = true;
    const stack = way === 'undo' ? this.#manager.undoStack : this.#manager.redoStack;
    const older = stack.splice(0, stack.length - 1);
    try {
      return (way === 'undo' ? this.#manager.undo() : this.#manager.redo()) !== null;
    } finally {
      stack.unshift(...older);
      this.#replaying = false;
    }
  }
}
