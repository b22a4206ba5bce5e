// Dragging tasks with the pointer: by the row with a mouse, by the grip with a finger.
//
// Invariant: nothing changes before the pointer lets go; Escape, and whatever else ends a drag, leaves all as it was.

import type { TaskPlace } from '../../doc/board/deeds';
import { scrollNearEdge } from '../../state/cells';
import type { TaskStatus } from '../../wire/wire';
import type { BoardModel } from './board.svelte';

/** Less than this is a press by an unsteady hand. */
const THRESHOLD_PX = 6;
/** Below the bar at the head of the page. */
const TOP_PX = 60;

export interface DropPlace extends TaskPlace {
  status: TaskStatus | undefined;
  /** In an empty column, or at its end. */
  end: boolean;
}

interface Drag {
  ids: readonly string[];
  x: number;
  y: number;
}

export class BoardDragging {
  /** What is dragged and where the pointer is. */
  drag = $state.raw<Drag | undefined>();
  place = $state.raw<DropPlace | undefined>();
  #stop: (() => void) | undefined;
  #frame: number | undefined;

  constructor(private readonly model: BoardModel) {}

  /** The pointer was pressed in a row. */
  pressed(event: PointerEvent, id: string): void {
    const target = event.target as HTMLElement;
    const byGrip = target.closest('[data-grip]') !== null;
    if (event.button !== 0 || this.model.readOnly || (event.pointerType !== 'mouse' && !byGrip)) return;
    if (!byGrip && target.closest('input, select, button:not([data-drags])')) return;
    this.#follow(event, id);
  }

  end(): void {
    this.#stop?.();
    this.drag = undefined;
    this.place = undefined;
    if (this.#frame !== undefined) cancelAnimationFrame(this.#frame);
    this.#frame = undefined;
  }

  #follow({ clientX, clientY, pointerId }: PointerEvent, id: string): void {
    this.end();
    const done = new AbortController();
    const mine = (act: (event: PointerEvent) => void) => (event: PointerEvent) => event.pointerId === pointerId && act(event);
    const moved = mine((event) => {
      const far = Math.hypot(event.clientX - clientX, event.clientY - clientY) >= THRESHOLD_PX;
      if (this.drag || far) this.#move(event, this.drag?.ids ?? this.#taken(id));
    });
    const dropped = mine((event) => this.#drop(event));
    this.#stop = () => done.abort();
    window.addEventListener('pointermove', moved, { signal: done.signal });
    window.addEventListener('pointerup', dropped, { signal: done.signal });
    window.addEventListener('pointercancel', () => this.end(), { signal: done.signal });
    window.addEventListener('keydown', (event) => event.key === 'Escape' && this.drag && (event.preventDefault(), this.end()), { signal: done.signal, capture: true });
  }

  /** The selected tasks go along with one of them. */
  #taken(id: string): readonly string[] {
    return this.model.isSelected(id) ? this.model.chosen : [id];
  }

  #move(event: PointerEvent, ids: readonly string[]): void {
    event.preventDefault();
    getSelection()?.removeAllRanges();
    this.drag = { ids, x: event.clientX, y: event.clientY };
    this.place = this.#placeAt(event.clientX, event.clientY);
    this.#scroll();
  }

  #drop(event: PointerEvent): void {
    const { drag, place } = this;
    this.end();
    if (!drag) return;
    // The press that ends a drag opens nothing.
    const swallow = (click: Event): void => click.stopPropagation();
    window.addEventListener('click', swallow, { capture: true });
    setTimeout(() => window.removeEventListener('click', swallow, { capture: true }));
    event.preventDefault();
    if (place) this.model.move(drag.ids, place, place.status);
  }

  #placeAt(x: number, y: number): DropPlace | undefined {
    const lane = document.elementFromPoint(x, y)?.closest<HTMLElement>('[data-lane]');
    if (!lane) return undefined;
    const dragged = new Set(this.drag?.ids);
    const rows = [...lane.querySelectorAll<HTMLElement>('[data-task]')].filter(({ dataset }) => !dragged.has(dataset['task'] ?? ''));
    const next = rows.findIndex((row) => {
      const { top, height } = row.getBoundingClientRect();
      return y < top + height / 2;
    });
    const at = next < 0 ? rows.length : next;
    const status = (lane.dataset['lane'] || undefined) as TaskStatus | undefined;
    return { status, below: rows[at - 1]?.dataset['task'], above: rows[at]?.dataset['task'], end: next < 0 };
  }

  /** As long as the pointer is near the edge of the window. */
  #scroll(): void {
    if (this.#frame !== undefined) return;
    const step = (): void => {
      this.#frame = undefined;
      const speed = this.drag ? scrollNearEdge(this.drag.y, TOP_PX, innerHeight) : 0;
      if (!this.drag || speed === 0) return;
      window.scrollBy(0, speed);
      this.place = this.#placeAt(this.drag.x, this.drag.y);
      this.#frame = requestAnimationFrame(step);
    };
    this.#frame = requestAnimationFrame(step);
  }
}
