// Which client wrote what: read from the marks that Yjs keeps at everything inserted. Changes nothing.
//
// Invariant: only what was inserted after the given state is looked at, so that a long history costs nothing. Who
// deleted a character nobody can tell: a deletion has no author in Yjs.

import * as Y from 'yjs';

import { cellId } from './cell';
import type { Part } from './notebook';
import type { Roots } from './schema';
import type { Version } from './version';

/** What of a cell a client has written: its text, its outputs, the cell itself, its place, its stay in the bin. */
export type Written = Part | 'cell' | 'place' | 'bin';

export interface Mark {
  client: number;
  cell: string;
  what: Written;
}

/** Everything written since then, each kind once for a client and a cell. */
export function marksSince(roots: Roots, version: Version): Mark[] {
  const marks = new Map<string, Mark>();
  for (const [client, structs] of roots.doc.store.clients) {
    for (const struct of structs.slice(firstAfter(structs, version.get(client) ?? 0))) {
      const mark = struct instanceof Y.Item ? markOf(roots, struct) : undefined;
      if (mark) marks.set(`${mark.client} ${mark.what} ${mark.cell}`, mark);
    }
  }
  return [...marks.values()];
}

function firstAfter(structs: readonly (Y.Item | Y.GC)[], clock: number): number {
  const last = structs.at(-1);
  if (last === undefined || last.id.clock + last.length <= clock) return structs.length;
  return Y.findIndexSS(structs as (Y.Item | Y.GC)[], clock);
}

function markOf(roots: Roots, item: Y.Item): Mark | undefined {
  const { client } = item.id;
  const { parent, parentSub } = item;
  if (parent === roots.order || parent === roots.bin) {
    return parentSub === null ? undefined : { client, cell: parentSub, what: parent === roots.bin ? 'bin' : 'place' };
  }
  if (parent === roots.cells) return named(client, mapIn(item), 'cell');
  const { cell, key } = around(roots, item);
  return named(client, cell, key === 'source' || key === 'outputs' ? key : 'rest');
}

function named(client: number, cell: Y.Map<unknown> | undefined, what: Written): Mark | undefined {
  const id = cell ? cellId(cell) : '';
  return id === '' ? undefined : { client, cell: id, what };
}

function mapIn({ content }: Y.Item): Y.Map<unknown> | undefined {
  return content instanceof Y.ContentType && content.type instanceof Y.Map ? (content.type as Y.Map<unknown>) : undefined;
}

/** The cell around an item, and the key of the cell under which it lies. */
function around(roots: Roots, item: Y.Item): { cell: Y.Map<unknown> | undefined; key: string | null } {
  let inner = item;
  let { parent } = item;
  while (parent instanceof Y.AbstractType && parent._item !== null) {
    if (parent._item.parent === roots.cells) return { cell: parent instanceof Y.Map ? (parent as Y.Map<unknown>) : undefined, key: inner.parentSub };
    inner = parent._item;
    ({ parent } = inner);
  }
  return { cell: undefined, key: null };
}
