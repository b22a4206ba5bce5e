// How a notebook was when somebody left it: what is compared with how they find it again. Pure.
//
// Invariant: it is small and quick to make, as it is made before the first word from the server; what compares comes later.

import { kindOf, sourceOf } from '../doc/cell';
import type { Notebook } from '../doc/notebook';
import { versionOf, type Version } from '../doc/version';

/** The cells that are shown, in order, with all that counts as editing one. */
export type Snapshot = ReadonlyMap<string, string>;

export interface Remembered {
  before: Snapshot;
  version: Version;
}

export function stateOf(notebook: Notebook): Remembered {
  return { before: snapshotOf(notebook), version: versionOf(notebook.roots.doc) };
}

export function snapshotOf(notebook: Notebook): Snapshot {
  const written = (id: string): string => {
    const cell = notebook.cell(id);
    return cell ? `${kindOf(cell)}\n${sourceOf(cell)?.toString() ?? ''}` : '';
  };
  return new Map(notebook.ids().map((id) => [id, written(id)]));
}
