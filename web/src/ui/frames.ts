// The frames in which HTML of foreign origin is shown: their messages, their number, their heights, their hands off the
// keyboard.
//
// Invariant: a message reaches only the handler of the frame it came from; no frame keeps a focus that nobody gave it.

import { isObject } from '../doc/schema';
import { Budget, frameMessage, HEIGHTS, MESSAGES, TELLS, TOLD_BYTES, type FrameMessage, type ModelTold } from '../state/frame';

export interface FrameHandler {
  frame: HTMLIFrameElement;
  received(message: FrameMessage): void;
  /** It floods the page or takes the keyboard again and again: it must go. */
  misbehaved(): void;
}

/** How the page goes on talking with a library in a frame. */
export interface FrameLine {
  /** With what it begins; `tell` reaches it from then on, until `stop`. */
  begin(tell: (message: object) => void): Promise<{ spec: object; stop(): void }>;
  received(message: ModelTold): void;
}

interface Known {
  handler: FrameHandler;
  messages: Budget;
  heights: Budget;
  tells: Budget;
  bytes: Budget;
  thefts: number;
}

const known = new Map<Window, Known>();

/** From now on the frame is heard. Returns how to stop. */
export function attend(handler: FrameHandler): () => void {
  const source = handler.frame.contentWindow;
  if (!source) return () => undefined;
  begin();
  known.set(source, { handler, messages: new Budget(MESSAGES), heights: new Budget(HEIGHTS), tells: new Budget(TELLS), bytes: new Budget(TOLD_BYTES), thefts: 0 });
  return () => known.delete(source);
}

let begun = false;

function begin(): void {
  if (begun) return;
  begun = true;
  window.addEventListener('message', received);
  window.addEventListener('keydown', (event) => did(LEAVING.has(event.key)), true);
  window.addEventListener('pointerdown', () => did(false), true);
  window.addEventListener('blur', focusTaken);
}

/** The source decides; the origin of these frames is "null", like that of any other frame without one. */
function received(event: MessageEvent): void {
  const from = known.get(event.source as Window);
  if (!from) return;
  const tells = isObject(event.data) && event.data['kind'] === 'tell';
  const grant = (tells ? from.tells : from.messages).take(event.timeStamp);
  if (grant === 'flood') return stop(event.source as Window, from);
  const message = grant === 'given' ? frameMessage(event.data) : undefined;
  if (!message || (message.kind === 'height' && from.heights.take(event.timeStamp) !== 'given')) return;
  if (message.kind === 'tell' && from.bytes.take(event.timeStamp, message.size) !== 'given') return;
  from.handler.received(message);
}

function stop(source: Window, from: Known): void {
  known.delete(source);
  from.handler.misbehaved();
}

/** What somebody last did in the page itself, and whether it was a key that leads into the next thing, which may be a frame. */
let last = { at: Number.NEGATIVE_INFINITY, leaving: false };
const LEAVING: ReadonlySet<string> = new Set(['Tab', 'F6']);
/** So long after an action browsers call somebody active, and do not tell in which of the frames. */
const ACTIVE_MS = 5000;
/** A finger is nowhere before it comes down: only who types just now is sure not to have put it on a frame. */
const TYPING_MS = 1000;
/** Each may cost a character; one is forgiven, for a page that wants to be helpful. */
const MOST_THEFTS = 2;

function did(leaving: boolean): void {
  last = { at: performance.now(), leaving };
}

/** A script may call for the focus. Unless somebody pointed at the frame, tabbed, or did something in it, it is a theft. */
function focusTaken(): void {
  const frame = document.activeElement;
  if (!(frame instanceof HTMLIFrameElement) || !frame.contentWindow) return;
  const from = known.get(frame.contentWindow);
  if (!from) return;
  if (last.leaving || frame.matches(':hover') || activeElsewhere()) return void (from.thefts = 0);
  // Not before the browser has told both processes who has the focus: it would not give it back.
  setTimeout(() => (frame.blur(), lastFocused?.focus({ preventScroll: true })));
  from.thefts += 1;
  if (from.thefts >= MOST_THEFTS) stop(frame.contentWindow, from);
}

function activeElsewhere(): boolean {
  const active = navigator.userActivation?.isActive ?? false;
  const patience = matchMedia('(hover: none)').matches ? TYPING_MS : ACTIVE_MS;
  return active && performance.now() - last.at > patience;
}

let lastFocused: HTMLElement | undefined;

function focused(target: EventTarget | null): void {
  if (target instanceof HTMLElement && !(target instanceof HTMLIFrameElement)) lastFocused = target;
}

// Somebody may have been somewhere before the first frame.
focused(document.activeElement);
document.addEventListener('focusin', ({ target }) => focused(target));

/** Frames out of sight that go on living: scrolling back finds them as they were left. */
const MOST_RESTING = 12;
const resting = new Set<() => void>();

/** A frame came into reach: it may live. */
export function wake(evict: () => void): void {
  resting.delete(evict);
}

/** A frame went out of reach: it lives until enough others have followed. */
export function rest(evict: () => void): void {
  resting.delete(evict);
  resting.add(evict);
  for (const oldest of resting) {
    if (resting.size <= MOST_RESTING) return;
    resting.delete(oldest);
    oldest();
  }
}

const MOST_HEIGHTS = 1000;
const heights = new Map<string, number>();

/** Equal outputs of equal width are equally high; nothing breaks if two are only alike. */
function keyOf(content: string, width: number): string {
  return `${Math.round(width / 20)}:${content}`;
}

/** `content` tells outputs apart, as `contentKey` makes it. */
export function remember(content: string, width: number, height: number): void {
  if (heights.size > MOST_HEIGHTS) heights.clear();
  heights.set(keyOf(content, width), height);
}

export function remembered(content: string, width: number): number | undefined {
  return heights.get(keyOf(content, width));
}
