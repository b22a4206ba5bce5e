// Dragging with the pointer: cells by their grip to another place or another window, and over cells to select them.
//
// Invariant: nothing changes before the pointer lets go; Escape, and whatever else ends a drag, leaves all as it was.

import { CELLS_TYPE, clip, plainText, read } from '../doc/clip';
import { behindHeight, scrollNearEdge } from '../state/cells';
import { text } from '../text/text';
import { keymap } from './keymap.svelte';
import type { NotebookModel } from './notebook.svelte';
import { toasts } from './toasts.svelte';

/** Where the line is that shows where things go. */
export interface DropPlace {
  after: string | null;
  /** From the top of the page, in px. */
  top: number;
}

export class Dragging {
  place = $state.raw<DropPlace | undefined>();
  /** The cells dragged out of this window, if any. */
  #ids: readonly string[] | undefined;
  #stopSelecting: (() => void) | undefined;
  #scroll: { speed: number; frame: number } | undefined;

  constructor(private readonly model: NotebookModel) {}

  /** The cells at whose grip the drag begins go along. */
  start(event: DragEvent, id: string): void {
    const { model } = this;
    if (!event.dataTransfer) return;
    this.#ids = model.structure.targets(id);
    const { notebook, settings } = model.session;
    const origin = { notebook: settings.base + settings.id, cells: [...this.#ids], cut: false };
    event.dataTransfer.effectAllowed = 'copyMove';
    event.dataTransfer.setData(CELLS_TYPE, clip(notebook, origin));
    event.dataTransfer.setData('text/plain', plainText(notebook, this.#ids));
    showDragged(event.dataTransfer, id, this.#ids.length);
  }

  over(event: DragEvent): void {
    if (!event.dataTransfer?.types.includes(CELLS_TYPE)) return;
    // Before an editor sees it, which would take the cells for text.
    event.preventDefault();
    event.stopPropagation();
    event.dataTransfer.dropEffect = this.#copies(event) ? 'copy' : 'move';
    this.place = this.#placeAt(event.clientY);
    this.#scrollAt(event.clientY);
  }

  drop(event: DragEvent): void {
    const { place, model } = this;
    const dragged = this.#ids;
    const copies = this.#copies(event);
    const cells = event.dataTransfer?.getData(CELLS_TYPE) ?? '';
    this.end();
    if (!place || cells === '') return;
    event.preventDefault();
    event.stopPropagation();
    if (dragged && !copies) return model.structure.move(dragged, place.after);
    const found = read(cells);
    if (found.kind === 'cells') model.structure.insert(found.cells, place.after);
    else if (found.kind === 'problem') toasts.error(text.cells.problem(found.problem));
  }

  /** The pointer left the window, and may come back. */
  leave(): void {
    this.place = undefined;
    this.#scrollBy(0);
  }

  /** The drag is over or was given up. */
  end(): void {
    this.place = undefined;
    this.#ids = undefined;
    this.#scrollBy(0);
    this.#stopSelecting?.();
  }

  /** The pointer, pressed in the selected cell, selects all it goes over until it lets go. */
  select(): void {
    this.#stopSelecting?.();
    const moved = (event: PointerEvent | MouseEvent): void => {
      if ((event.buttons & 1) === 0) return stop();
      event.preventDefault();
      this.#selectAt(event.clientY);
      this.#scrollAt(event.clientY);
    };
    const stop = (): void => {
      this.#stopSelecting = undefined;
      this.#scrollBy(0);
      window.removeEventListener('pointermove', moved);
      window.removeEventListener('pointerup', stop);
      window.removeEventListener('pointercancel', stop);
    };
    window.addEventListener('pointermove', moved);
    window.addEventListener('pointerup', stop);
    window.addEventListener('pointercancel', stop);
    this.#stopSelecting = stop;
  }

  /** A selection of text was drawn out of its editor: from there on it is one of cells. */
  takeOver(id: string, event: MouseEvent): boolean {
    const over = cellAt(this.model.open, event.clientY);
    if (over === undefined || over === id) return false;
    getSelection()?.removeAllRanges();
    this.model.point(id);
    this.#selectAt(event.clientY);
    this.select();
    return true;
  }

  #selectAt(height: number): void {
    const to = cellAt(this.model.open, height);
    if (to !== undefined && to !== this.model.selected) this.model.extendTo(to, 'pointer');
  }

  /** From another window always, within this one with the key that copies files too. */
  #copies(event: DragEvent): boolean {
    return this.#ids === undefined || (keymap.platform === 'mac' ? event.altKey : event.ctrlKey);
  }

  #placeAt(height: number): DropPlace {
    const { open, ids, folding } = this.model;
    const over = behindHeight(open, height, (id) => middleOf(box(id)));
    const after = over === null ? null : (folding.withSections([over]).at(-1) ?? over);
    const edge = over === null ? box(open[0] ?? ids[0] ?? '').top : box(over).bottom;
    return { after, top: edge + window.scrollY };
  }

  #scrollAt(height: number): void {
    const bar = document.querySelector('.bar')?.getBoundingClientRect().bottom ?? 0;
    this.#scrollBy(scrollNearEdge(height, bar, window.innerHeight));
  }

  /** Goes on scrolling while the pointer rests near the edge. */
  #scrollBy(speed: number): void {
    if (speed === 0) {
      if (this.#scroll) cancelAnimationFrame(this.#scroll.frame);
      this.#scroll = undefined;
      return;
    }
    if (this.#scroll) this.#scroll.speed = speed;
    else this.#scroll = { speed, frame: requestAnimationFrame(() => this.#scrolled()) };
  }

  #scrolled(): void {
    if (!this.#scroll) return;
    window.scrollBy(0, this.#scroll.speed);
    this.#scroll.frame = requestAnimationFrame(() => this.#scrolled());
  }
}

function box(id: string): DOMRect {
  return document.getElementById(`cell-${id}`)?.getBoundingClientRect() ?? new DOMRect();
}

function middleOf({ top, bottom }: DOMRect): number {
  return (top + bottom) / 2;
}

/** The cell at this height; above all the first, below all the last. */
function cellAt(ids: readonly string[], height: number): string | undefined {
  return behindHeight(ids, height, (id) => box(id).top) ?? ids[0];
}

/** What is seen at the pointer: the cell, or how many they are. */
function showDragged(transfer: DataTransfer, id: string, count: number): void {
  if (count === 1) {
    const cell = document.getElementById(`cell-${id}`);
    if (cell) transfer.setDragImage(cell, 10, 10);
    return;
  }
  const badge = Object.assign(document.createElement('div'), { className: 'dragged-cells', textContent: text.cells.count(count) });
  document.body.append(badge);
  transfer.setDragImage(badge, -8, -8);
  // The browser has its picture once this event is over.
  requestAnimationFrame(() => badge.remove());
}
