// Marks what was found where the page shows it as text: in rendered notes and in outputs. Editors mark for themselves.
//
// Invariant: no node is made, moved or changed; where a browser has no highlights only the counting and going is left.

import { counterparts, type Span } from '../state/find';
import { SOURCE, type Found } from '../state/search';
import { ShownText } from './shownText';

/** What the painter is told by whoever finds. */
export interface Finder {
  /** The text that was searched, and what was found in it. */
  searched(cell: string, part: number): { text: string; spans: readonly Span[] };
  /** The same search in another text. */
  spansIn(text: string): Promise<readonly Span[]>;
  current(): Found | undefined;
}

interface Painted {
  shown: ShownText;
  places: readonly Span[];
  ranges: readonly Range[];
}

const MATCH = 'find-match';
const CURRENT = 'find-current';

export class Painter {
  readonly #parts = new Map<string, Map<number, Painted>>();
  readonly #dirty = new Set<string>();
  /** The latest look at a cell; an older one that ends later counts for nothing. */
  readonly #looks = new Map<string, number>();
  readonly #observer = new MutationObserver((records) => this.#mutated(records));
  #frame = 0;

  constructor(
    private readonly root: HTMLElement,
    private readonly finder: Finder,
  ) {
    this.#observer.observe(root, { childList: true, subtree: true, characterData: true });
  }

  destroy(): void {
    this.#observer.disconnect();
    cancelAnimationFrame(this.#frame);
    highlights()?.delete(MATCH);
    highlights()?.delete(CURRENT);
  }

  /** What was found in these cells is other than it was. */
  changed(cells: Iterable<string>): void {
    for (const cell of cells) this.#dirty.add(cell);
    this.#later();
  }

  /** Where the page shows a match; undefined when it does not. */
  range(found: Found): Range | undefined {
    const painted = this.#parts.get(found.cell)?.get(found.part);
    if (!painted) return undefined;
    const { text, spans } = this.finder.searched(found.cell, found.part);
    const order = spans.findIndex(({ from }) => from === found.from);
    const place = counterparts(text, spans, painted.shown.text, painted.places)[order];
    return place === undefined ? undefined : painted.ranges[place];
  }

  #mutated(records: readonly MutationRecord[]): void {
    for (const { target } of records) {
      const element = target instanceof Element ? target : target.parentElement;
      const cell = element?.closest<HTMLElement>('[data-cell]')?.dataset['cell'];
      // An editor marks for itself, at every keystroke.
      if (cell !== undefined && !element?.closest('.cm-content')) this.#dirty.add(cell);
      else if (cell === undefined) element?.querySelectorAll<HTMLElement>('[data-cell]').forEach((article) => this.#dirty.add(article.dataset['cell'] ?? ''));
    }
    if (this.#dirty.size > 0) this.#later();
  }

  #later(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => void this.#paint());
  }

  async #paint(): Promise<void> {
    const cells = [...this.#dirty];
    this.#dirty.clear();
    await Promise.all(cells.map((cell) => this.#search(cell)));
    this.#show();
  }

  async #search(cell: string): Promise<void> {
    const look = (this.#looks.get(cell) ?? 0) + 1;
    this.#looks.set(cell, look);
    const parts = new Map<number, Painted>();
    for (const [part, root] of partsOf(this.root, cell)) {
      if (this.finder.searched(cell, part).spans.length === 0) continue;
      const shown = new ShownText(root);
      const places = await this.finder.spansIn(shown.text).catch(() => []);
      const ranges = places.map((place) => shown.range(place)).filter((range) => range !== undefined);
      // Otherwise the page has changed since, and the next look is on its way.
      if (ranges.length === places.length) parts.set(part, { shown, places, ranges });
    }
    if (this.#looks.get(cell) === look) this.#parts.set(cell, parts);
  }

  #show(): void {
    const registry = highlights();
    const current = this.finder.current();
    const currentRange = current && this.range(current);
    if (registry) {
      const all = [...this.#parts.values()].flatMap((parts) => [...parts.values()]).flatMap(({ ranges }) => ranges);
      registry.set(MATCH, new Highlight(...all.filter((range) => range !== currentRange)));
      registry.set(CURRENT, new Highlight(...(currentRange ? [currentRange] : [])));
    }
  }
}

/** The parts of a cell that the page shows as text. */
function partsOf(root: HTMLElement, cell: string): [number, Element][] {
  const article = root.querySelector(`[data-cell="${CSS.escape(cell)}"]`);
  if (!article) return [];
  const note = article.querySelector('.note .markdown');
  const outputs = [...article.querySelectorAll<HTMLElement>('.outputs [data-output]')].map((output): [number, Element] => [Number(output.dataset['output']), output]);
  return note ? [[SOURCE, note], ...outputs] : outputs;
}

function highlights(): HighlightRegistry | undefined {
  return typeof CSS !== 'undefined' && 'highlights' in CSS ? CSS.highlights : undefined;
}
