// Several people with the same notebook, joined by hand: what they do reaches the others when the test says so.

import * as Y from 'yjs';

import { addCell } from '../../src/doc/edit';
import { sourceOf } from '../../src/doc/cell';
import { Notebook } from '../../src/doc/notebook';

export function notebook(client?: number): Notebook {
  const doc = new Y.Doc();
  if (client !== undefined) doc.clientID = client;
  return new Notebook(doc);
}

/** A notebook with cells a, b, c … and copies of it for others. */
export function replicas(count: number, ids: readonly string[]): Notebook[] {
  const first = notebook(1);
  ids.reduce<string | null>((after, id) => addCell(first, after, { kind: 'code', source: `# ${id}`, id }), null);
  const rest = Array.from({ length: count - 1 }, (_, index) => notebook(index + 2));
  const all = [first, ...rest];
  exchange(all);
  return all;
}

/** Everybody gets everything, in an order that differs between them. */
export function exchange(notebooks: readonly Notebook[]): void {
  const updates = notebooks.map(({ doc }) => Y.encodeStateAsUpdate(doc));
  notebooks.forEach(({ doc }, index) => {
    const order = index % 2 === 0 ? updates : updates.toReversed();
    order.forEach((update) => Y.applyUpdate(doc, update));
  });
}

export function text(of: Notebook, id: string): Y.Text {
  const cell = of.cell(id);
  const source = cell && sourceOf(cell);
  if (!source) throw new Error(`no cell ${id}`);
  return source;
}
