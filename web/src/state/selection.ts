// Which cells are selected, and how that changes. Pure.
//
// Invariant: the selected cells are those that this person chose and no others: what others add between them is not
// selected, what they move stays so, what they delete is so no more.

export interface Selection {
  /** Where it began; it stays when the selection is extended. */
  readonly anchor: string | null;
  /** Where it ends: the cell with the focus. */
  readonly head: string | null;
  readonly chosen: ReadonlySet<string>;
}

export const NOTHING: Selection = { anchor: null, head: null, chosen: new Set() };

export function only(id: string | null): Selection {
  return id === null ? NOTHING : { anchor: id, head: id, chosen: new Set([id]) };
}

/** From the anchor to `to`, all that stands between now. */
export function extended(ids: readonly string[], selection: Selection, to: string): Selection {
  const from = ids.indexOf(selection.anchor ?? to);
  const end = ids.indexOf(to);
  if (from < 0 || end < 0) return only(to);
  return { anchor: ids[from] as string, head: to, chosen: new Set(ids.slice(Math.min(from, end), Math.max(from, end) + 1)) };
}

/** One cell more or less; the last one stays. */
export function toggled(ids: readonly string[], selection: Selection, id: string): Selection {
  const chosen = new Set(selection.chosen);
  if (!chosen.delete(id)) return { anchor: id, head: id, chosen: chosen.add(id) };
  if (chosen.size === 0) return selection;
  const head = nearest(ids, id, chosen);
  return { anchor: head, head, chosen };
}

/** All of them; the focus stays where it is. */
export function everything(ids: readonly string[], selection: Selection): Selection {
  const [first] = ids;
  if (first === undefined) return NOTHING;
  const head = selection.head !== null && ids.includes(selection.head) ? selection.head : first;
  return { anchor: first, head, chosen: new Set(ids) };
}

/** Exactly these, which stand together; the focus at the last. */
export function block(ids: readonly string[]): Selection {
  return { anchor: ids[0] ?? null, head: ids.at(-1) ?? null, chosen: new Set(ids) };
}

export function inOrder(ids: readonly string[], { chosen }: Selection): string[] {
  return ids.filter((id) => chosen.has(id));
}

/** After cells came, went or moved: `before` is the order in which they stood. */
export function carried(before: readonly string[], ids: readonly string[], selection: Selection): Selection {
  const there = new Set(ids);
  const { anchor, head } = selection;
  if ([...selection.chosen].every((id) => there.has(id))) return selection;
  const chosen = new Set([...selection.chosen].filter((id) => there.has(id)));
  if (chosen.size === 0) return only(head === null ? null : nearest(before, head, there));
  const kept = (id: string | null): string | null => (id === null || chosen.has(id) ? id : nearest(before, id, chosen));
  return { anchor: kept(anchor), head: kept(head), chosen };
}

/** The next of `among` behind `id`, else the one before it. */
function nearest(ids: readonly string[], id: string, among: ReadonlySet<string>): string | null {
  const at = ids.indexOf(id);
  return ids.slice(at + 1).find((other) => among.has(other)) ?? ids.slice(0, Math.max(at, 0)).findLast((other) => among.has(other)) ?? null;
}
