// Keeps the reader's place: whatever others do above it, what this person reads stays where it is on the screen. The
// one place that scrolls because the page changed.
//
// Browsers have something of the kind, but it knows nothing of cells: one that is moved takes the reader along, one
// that is deleted or drawn anew loses them, lines that come in above the caret push it down, and not every browser has
// it. It stays on, because scrolling by script would stop a turn of the wheel; what it did is measured when a frame is
// laid out, and only what is missing is made up for, before the frame is painted.
//
// Invariant: a landmark's place in the page changes by what others do and never by scrolling; what this person scrolls
// themselves is never taken back.

import { shiftOf, type Landmark } from '../state/landmarks';
import { sight } from './sight';

/** What moves by less has only been rounded. */
const STEADY_PX = 0.5;
/** A turn of the wheel is over when nothing has scrolled for this long. */
const REST_MS = 160;
/** After a key press or a click the page may scroll for this person's sake. */
const OWN_MS = 250;
/** An editor's own reckoning of its lines is as exact as this. */
const ALIKE_PX = 2;
/** Deeper than any output is nested that somebody reads by the line. */
const DEPTH = 12;

interface Mark extends Landmark {
  element: Element;
}

/** Told to every page of cells there is: what is in sight now was chosen. */
const chosen = new EventTarget();

/** To be called by whoever scrolls on purpose and without a key or a pointer of this person. */
export function placeChosen(): void {
  chosen.dispatchEvent(new Event('chosen'));
}

/** Keeps the place among the children of `container` until the returned function is called. */
export function keepPlace(container: HTMLElement): () => void {
  const anchoring = new Anchoring(container);
  return () => anchoring.stop();
}

class Anchoring {
  readonly #sizes = new ResizeObserver(() => this.#laidOut());
  readonly #children = new MutationObserver((changes) => this.#changed(changes));
  readonly #stop = new AbortController();
  /** Changes its size to be told when the next frame is laid out. */
  readonly #pulse = document.createElement('div');
  #landmarks: Mark[] = [];
  /** The line with the caret, when it is in sight: it stays with whoever writes, wherever its cell goes. */
  #caret: Mark | undefined;
  #scrolledTo = 0;
  #rearranged = false;
  #chosen = false;
  #movedAt = -Infinity;
  #ownAt = -Infinity;
  #held = false;
  #owed = 0;

  constructor(private readonly container: HTMLElement) {
    this.#pulse.style.cssText = 'position: fixed; height: 0; visibility: hidden';
    document.body.append(this.#pulse);
    this.#children.observe(container, { childList: true });
    for (const child of container.children) this.#sizes.observe(child);
    // The body for bars and notices above the cells.
    for (const element of [document.body, this.#pulse]) this.#sizes.observe(element);
    this.#listen();
  }

  stop(): void {
    this.#sizes.disconnect();
    this.#children.disconnect();
    this.#stop.abort();
    this.#pulse.remove();
  }

  #listen(): void {
    const { signal } = this.#stop;
    const on = (target: EventTarget, kinds: readonly string[], told: () => void) => {
      for (const kind of kinds) target.addEventListener(kind, told, { passive: true, capture: true, signal });
    };
    on(window, ['wheel', 'touchmove'], () => (this.#movedAt = performance.now()));
    on(window, ['keydown', 'input', 'pointerdown', 'pointerup', 'pointercancel'], () => (this.#ownAt = performance.now()));
    on(window, ['pointerdown'], () => (this.#held = true));
    on(window, ['pointerup', 'pointercancel'], () => (this.#held = false));
    on(window, ['scroll', 'focusin'], () => this.#ask());
    on(document, ['selectionchange'], () => this.#ask());
    on(chosen, ['chosen'], () => ((this.#chosen = true), this.#ask()));
  }

  #ask(): void {
    this.#pulse.style.width = this.#pulse.style.width === '1px' ? '0' : '1px';
  }

  #changed(changes: readonly MutationRecord[]): void {
    for (const { addedNodes, removedNodes } of changes) {
      for (const node of removedNodes) if (node instanceof Element && !node.isConnected) this.#sizes.unobserve(node);
      for (const node of addedNodes) if (node instanceof Element) this.#sizes.observe(node);
    }
    this.#rearranged = true;
    this.#ask();
  }

  #laidOut(): void {
    const scrolled = window.scrollY - this.#scrolledTo;
    const missing = this.#missing(scrolled);
    if (Math.abs(missing) > STEADY_PX) this.#scroll(missing + this.#owed);
    this.#note(scrolled);
  }

  /** By how much to scroll so that the reader is where they were; `scrolled` is what somebody has scrolled already. */
  #missing(scrolled: number): number {
    if (this.#chosen || this.#isMoving()) return 0;
    const shift = this.#shift();
    if (Math.abs(shift) <= STEADY_PX && !this.#rearranged) return 0;
    if (this.#wasForThePlace(scrolled, shift)) return shift - scrolled;
    return Math.abs(scrolled) < 1 ? shift : 0;
  }

  /** Whether the browser or the editor scrolled, for the same reason as we, and not this person or a link. */
  #wasForThePlace(scrolled: number, shift: number): boolean {
    if (Math.abs(scrolled - shift) <= ALIKE_PX) return true;
    if (this.#isOwn()) return false;
    // It follows a cell that was moved, however far.
    if (this.#rearranged) return true;
    return scrolled * shift > 0 && Math.abs(scrolled) < Math.abs(shift);
  }

  #shift(): number {
    const caret = this.#caret;
    if (caret?.element.isConnected) return topOf(caret.element) - caret.top;
    return shiftOf(this.#landmarks, (landmark) => (landmark.element.isConnected ? topOf(landmark.element) : undefined));
  }

  #isMoving(): boolean {
    return performance.now() - this.#movedAt < REST_MS;
  }

  #isOwn(): boolean {
    return this.#held || performance.now() - this.#ownAt < OWN_MS;
  }

  /** Browsers scroll by whole pixels: what is left over is made up for next time, or many changes would add up. */
  #scroll(by: number): void {
    const before = window.scrollY;
    window.scrollBy({ top: by, behavior: 'instant' });
    const left = by - (window.scrollY - before);
    this.#owed = Math.abs(left) < 1 ? left : 0;
  }

  #note(scrolled: number): void {
    // The wheel turns on as long as it scrolls, with the fingers off it too.
    if (scrolled !== 0 && this.#isMoving()) this.#movedAt = performance.now();
    this.#scrolledTo = window.scrollY;
    this.#rearranged = this.#chosen = false;
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
  return { element, cell, seen, top: topOf(element) };
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

/** The first thing inside a box that begins below a height; for want of any, of those across it the one that begins last. */
function firstLine(box: Element, height: number, depth = DEPTH): Element | undefined {
  let across: { element: Element; top: number } | undefined;
  for (const child of box.children) {
    const { top, bottom } = child.getBoundingClientRect();
    if (bottom <= height || !isPlaced(child)) continue;
    if (top >= height) return child;
    const inside = (depth > 0 && firstLine(child, height, depth - 1)) || child;
    const begins = inside.getBoundingClientRect().top;
    if (begins >= height) return inside;
    if (!across || begins > across.top) across = { element: inside, top: begins };
  }
  return across?.element;
}

/** Tools, carets and people in the margin are over the text, not in it. */
function isPlaced(element: Element): boolean {
  const { position, display } = getComputedStyle(element);
  return display !== 'none' && (position === 'static' || position === 'relative');
}
