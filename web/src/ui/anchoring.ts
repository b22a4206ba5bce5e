// Keeps the reader's place: whatever others do above it, what this person reads stays where it is on the screen. The
// one place that scrolls because the page changed.
//
// The browser has such a thing of its own, but it picks its anchor without knowing of cells: one that is moved takes
// the reader along, one that is deleted or drawn anew loses them, and not every browser has it. So it is off, but while
// somebody turns the wheel or drags with a finger: scrolling by script would stop that movement.
//
// Invariant: a landmark's place in the page changes by what others do and never by scrolling; so the correction is
// right at whatever moment it is made, and a second one is zero.

import { shiftOf, type Landmark } from '../state/landmarks';
import { sight } from './sight';

/** A line on the screen moves by less only because browsers round. */
const STEADY_PX = 0.5;
/** A turn of the wheel is over when nothing has scrolled for this long. */
const REST_MS = 160;
/** Deeper than any output is nested that somebody reads by the line. */
const DEPTH = 12;
/** While keys are pressed the editor may scroll to the caret. */
const OWN_MS = 250;

interface Mark extends Landmark {
  element: Element;
  /** Where it was in the window. */
  height: number;
}

/** Keeps the place among the children of `container` until the returned function is called. */
export function keepPlace(container: HTMLElement): () => void {
  const anchoring = new Anchoring(container);
  return () => anchoring.stop();
}

class Anchoring {
  readonly #sizes = new ResizeObserver(() => this.#settle());
  readonly #children = new MutationObserver((changes) => this.#changed(changes));
  readonly #stop = new AbortController();
  #landmarks: Mark[] = [];
  /** The line with the caret, when it is in sight: it stays with whoever writes, wherever its cell goes. */
  #caret: Mark | undefined;
  #scrolledTo = 0;
  #moving: ReturnType<typeof setTimeout> | undefined;
  #ownAt = 0;

  constructor(private readonly container: HTMLElement) {
    this.#children.observe(container, { childList: true });
    for (const child of container.children) this.#sizes.observe(child);
    // Bars and notices above the cells.
    this.#sizes.observe(document.body);
    this.#listen();
    this.#native(false);
    this.#note();
  }

  stop(): void {
    this.#sizes.disconnect();
    this.#children.disconnect();
    this.#stop.abort();
    clearTimeout(this.#moving);
    this.#native(true);
  }

  #listen(): void {
    const options = { passive: true, capture: true, signal: this.#stop.signal };
    for (const kind of ['wheel', 'touchmove'] as const) window.addEventListener(kind, () => this.#move(), options);
    for (const kind of ['keydown', 'pointerdown'] as const) window.addEventListener(kind, () => (this.#ownAt = performance.now()), options);
    window.addEventListener('scroll', () => (this.#moving === undefined ? this.#settle() : this.#move()), options);
    window.addEventListener('focusin', () => this.#settle(), options);
    document.addEventListener('selectionchange', () => this.#settle(), options);
  }

  #changed(changes: readonly MutationRecord[]): void {
    for (const { addedNodes, removedNodes } of changes) {
      for (const node of removedNodes) if (node instanceof Element && !node.isConnected) this.#sizes.unobserve(node);
      for (const node of addedNodes) if (node instanceof Element) this.#sizes.observe(node);
    }
    this.#settle();
  }

  #move(): void {
    clearTimeout(this.#moving);
    this.#native(true);
    this.#moving = setTimeout(() => {
      this.#moving = undefined;
      this.#native(false);
      this.#note();
    }, REST_MS);
  }

  #native(on: boolean): void {
    document.documentElement.style.overflowAnchor = on ? '' : 'none';
  }

  #settle(): void {
    const shift = this.#moving === undefined ? this.#shift() : 0;
    if (Math.abs(shift) > STEADY_PX) window.scrollBy({ top: shift, behavior: 'instant' });
    this.#note();
  }

  #shift(): number {
    const caret = this.#caret;
    if (caret?.element.isConnected) return this.#caretShift(caret);
    // Somebody scrolled far by script, and the browser has not said so yet: the place is a new one.
    const elsewhere = window.scrollY !== this.#scrolledTo && !this.#landmarks.some(({ element }) => inSight(element));
    return elsewhere ? 0 : shiftOf(this.#landmarks, ({ element }) => (element.isConnected ? topOf(element) : undefined));
  }

  /** The editor keeps its own first line in sight by scrolling; what it has done is not done again. */
  #caretShift({ element, top, height }: Mark): number {
    const moved = element.getBoundingClientRect().top - height;
    if (Math.abs(moved) < 1) return 0;
    return performance.now() - this.#ownAt > OWN_MS ? moved : topOf(element) - top;
  }

  #note(): void {
    this.#scrolledTo = window.scrollY;
    this.#caret = this.#caretLine();
    this.#landmarks = this.#inView();
  }

  #caretLine(): Mark | undefined {
    const content = document.activeElement;
    if (!content?.classList.contains('cm-content') || !this.container.contains(content)) return undefined;
    const node = getSelection()?.focusNode;
    const line = (node instanceof Element ? node : node?.parentElement)?.closest('.cm-line');
    return line && content.contains(line) && inSight(line) ? mark(line, line, true) : undefined;
  }

  /** What is in the window, from the top, with the neighbours above and below as witnesses. */
  #inView(): Mark[] {
    const { top, bottom } = sight();
    const slots = [...this.container.children];
    const first = firstBelow(slots, top);
    const marks: Mark[] = [];
    for (const [index, slot] of slots.slice(Math.max(0, first - 1)).entries()) {
      const box = slot.getBoundingClientRect();
      const seen = box.top >= top && box.top < bottom;
      marks.push(mark(slot, slot, seen));
      const line = box.top < top && box.bottom > top ? firstLine(slot, top) : undefined;
      if (line) marks.push(mark(line, slot, true));
      if (index > 0 && box.top >= bottom) break;
    }
    return marks;
  }
}

let counter = 0;
const names = new WeakMap<Element, string>();

function mark(element: Element, slot: Element, seen: boolean): Mark {
  let cell = names.get(slot);
  if (cell === undefined) names.set(slot, (cell = String((counter += 1))));
  const height = element.getBoundingClientRect().top;
  return { element, cell, seen, height, top: height + window.scrollY };
}

function topOf(element: Element): number {
  return element.getBoundingClientRect().top + window.scrollY;
}

function inSight(element: Element): boolean {
  const { top, bottom } = sight();
  const box = element.getBoundingClientRect();
  return box.bottom > top && box.top < bottom;
}

/** The first of some boxes, one below the other, that reaches below a height. */
function firstBelow(boxes: readonly Element[], height: number): number {
  let low = 0;
  let high = boxes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((boxes[middle] as Element).getBoundingClientRect().bottom > height) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The first thing inside a box that begins below a height; the smallest one across it when nothing does. */
function firstLine(box: Element, height: number): Element | undefined {
  let inside = box;
  for (let depth = 0; depth < DEPTH; depth += 1) {
    const next = [...inside.children].find((child) => isPlaced(child) && child.getBoundingClientRect().bottom > height);
    if (!next) break;
    inside = next;
    if (next.getBoundingClientRect().top >= height) break;
  }
  return inside === box ? undefined : inside;
}

/** Tools, carets and people in the margin are over the text, not in it. */
function isPlaced(element: Element): boolean {
  const { position, display } = getComputedStyle(element);
  return display !== 'none' && (position === 'static' || position === 'relative');
}
