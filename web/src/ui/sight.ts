// What of the notebook is in sight: which cells, and where between the bar and the foot of the window.
//
// Invariant: only measures; nothing here scrolls or changes the page.

/** The part of the window in which cells are read. */
export interface Sight {
  top: number;
  bottom: number;
}

/** A cell of which less than this is in the window is out of sight. */
const SLIVER_PX = 12;

export function sight(): Sight {
  const bar = document.querySelector('header.bar');
  return { top: Math.max(0, bar?.getBoundingClientRect().bottom ?? 0), bottom: foot() };
}

/** On a phone the tools of the selected cell lie over the foot of the window. */
function foot(): number {
  const tools = document.querySelector('.cell.selected > .tools');
  const covers = tools !== null && getComputedStyle(tools).position === 'fixed';
  return covers ? tools.getBoundingClientRect().top : window.innerHeight;
}

/** Null also for a cell in a folded section. */
export function cellElement(id: string): HTMLElement | null {
  const element = document.getElementById(`cell-${id}`);
  return element?.hidden ? null : element;
}

export function cellOf(element: Element | null | undefined): string | undefined {
  return element?.closest<HTMLElement>('[data-cell]')?.dataset['cell'];
}

/** On which side of the window a cell is; undefined when it is not on the page. */
export function sideOf(id: string): 'above' | 'in' | 'below' | undefined {
  const box = cellElement(id)?.getBoundingClientRect();
  if (!box) return undefined;
  const { top, bottom } = sight();
  if (box.bottom < top + Math.min(SLIVER_PX, box.height)) return 'above';
  return box.top > bottom - Math.min(SLIVER_PX, box.height) ? 'below' : 'in';
}

/** The cell that lies at a height of the window; the nearest one when there is a gap. */
export function cellAt(height: number): string | undefined {
  const cells = document.querySelectorAll<HTMLElement>('[data-cell]:not([hidden])');
  let low = 0;
  let high = cells.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((cells[middle] as HTMLElement).getBoundingClientRect().bottom > height) high = middle;
    else low = middle + 1;
  }
  return cells[low]?.dataset['cell'];
}

export function cellInTheMiddle(): string | undefined {
  const { top, bottom } = sight();
  return cellAt((top + bottom) / 2);
}
