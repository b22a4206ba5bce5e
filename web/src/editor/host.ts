// What an editor asks of the notebook around it, and how its extensions find it.

import { Facet } from '@codemirror/state';

/** Where keys and pointers lead that leave the editor, and what it must not do by itself. */
export interface EditorHost {
  leave(): void;
  advance(): void;
  /** Runs the cell and stays in it; what only is rendered is left. */
  runHere(): void;
  above(): boolean;
  below(): boolean;
  split(offset: number): void;
  undo(): void;
  redo(): void;
  /** What was changed so far and what follows are taken back apart. */
  endStep(): void;
  /** The pointer, selecting, is over or under the editor. Whoever answers true takes the selecting over. */
  dragOut?(event: MouseEvent): boolean;
}

const nowhere: EditorHost = {
  leave: () => undefined,
  advance: () => undefined,
  runHere: () => undefined,
  above: () => false,
  below: () => false,
  split: () => undefined,
  undo: () => undefined,
  redo: () => undefined,
  endStep: () => undefined,
};

export const editorHost = Facet.define<EditorHost, EditorHost>({ combine: (hosts) => hosts[0] ?? nowhere });
