// Which cells are on the screen, in which order, and where things go between them. Pure.

/**
 * The ids to show: those of the notebook, and in their place also deleted ones that this person is still in.
 * `placed` are all cells in order, those in the bin too.
 */
export function visible(placed: readonly string[], shown: ReadonlySet<string>, held: ReadonlySet<string>): string[] {
  return placed.filter((id) => shown.has(id) || held.has(id));
}

/** The cell to select when `gone` vanish: the next that stays, else the one before. */
export function neighbour(ids: readonly string[], gone: readonly string[]): string | null {
  const vanishing = new Set(gone);
  const first = ids.findIndex((id) => vanishing.has(id));
  const after = ids.slice(first).find((id) => !vanishing.has(id));
  return after ?? ids.slice(0, first).findLast((id) => !vanishing.has(id)) ?? null;
}

/** The cell behind which a block stands after one step up or down; undefined when there is no step to make. */
export function behindAfterStep(ids: readonly string[], block: readonly string[], way: 'up' | 'down'): string | null | undefined {
  const moving = new Set(block);
  const first = ids.findIndex((id) => moving.has(id));
  const last = ids.findLastIndex((id) => moving.has(id));
  if (first < 0) return undefined;
  if (way === 'down') return ids[last + 1];
  return first === 0 ? undefined : (ids[first - 2] ?? null);
}

/** The cell behind which something dropped at this height goes, by the middles of cells from top to bottom; null before all. */
export function behindHeight<Cell>(cells: readonly Cell[], height: number, middleOf: (cell: Cell) => number): Cell | null {
  let low = 0;
  let high = cells.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (middleOf(cells[middle] as Cell) < height) low = middle + 1;
    else high = middle;
  }
  return cells[low - 1] ?? null;
}

/** By how much to scroll in one frame when something is dragged near an edge of what is seen; 0 elsewhere. */
export function scrollNearEdge(at: number, top: number, bottom: number): number {
  const into = at < top + EDGE_PX ? at - top - EDGE_PX : at > bottom - EDGE_PX ? at - bottom + EDGE_PX : 0;
  return Math.sign(into) * Math.ceil((Math.min(Math.abs(into), EDGE_PX) / EDGE_PX) * FASTEST_PX);
}

/** Two lines of text: near enough to mean it. */
const EDGE_PX = 60;
/** A screen in about a second. */
const FASTEST_PX = 14;

/**
 * Which nodes to move so that `present` becomes `wanted`, as pairs of a node and the one it goes before. `pinned` is
 * never moved: it holds the focus, and a node that is moved loses focus, selection and an open composition. Of the
 * others as many as possible stay, for a frame that is moved loads again.
 */
export function moves<Node>(present: readonly Node[], wanted: readonly Node[], pinned: Node | undefined): [node: Node, before: Node | null][] {
  const position = new Map(present.map((node, index) => [node, index]));
  const staying = new Set(longestRising(wanted, position, pinned));
  const steps: [Node, Node | null][] = [];
  for (let index = wanted.length - 1; index >= 0; index -= 1) {
    const node = wanted[index] as Node;
    if (!staying.has(node)) steps.push([node, wanted[index + 1] ?? null]);
  }
  return steps;
}

/** The longest run of nodes, through `pinned` if it is there, that stand in the wanted order already. */
function longestRising<Node>(wanted: readonly Node[], position: ReadonlyMap<Node, number>, pinned: Node | undefined): Node[] {
  const pin = pinned === undefined ? undefined : position.get(pinned);
  const pinIndex = pinned === undefined ? -1 : wanted.indexOf(pinned);
  const known = wanted.map((node, index) => ({ node, index, at: position.get(node) }));
  const fits = known.filter(({ node, index, at }) => {
    if (at === undefined) return false;
    if (pin === undefined || pinIndex < 0 || node === pinned) return true;
    return index < pinIndex === at < pin;
  });
  const best: number[] = [];
  const from: number[] = [];
  fits.forEach((entry, index) => {
    best[index] = 1;
    from[index] = -1;
    for (let other = 0; other < index; other += 1) {
      if ((fits[other]?.at ?? 0) < (entry.at ?? 0) && (best[other] ?? 0) + 1 > (best[index] ?? 0)) {
        best[index] = (best[other] ?? 0) + 1;
        from[index] = other;
      }
    }
  });
  const chain: Node[] = [];
  let index = best.indexOf(Math.max(...best, 0));
  while (index >= 0) {
    chain.unshift((fits[index] as { node: Node }).node);
    index = from[index] ?? -1;
  }
  return chain;
}
