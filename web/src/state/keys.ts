// How a key press is named, and which command a row of presses completes. Pure.
//
// Invariant: a stroke is written in one way only, so that two bindings are the same exactly when their text is.

import type { Command } from './commands';

/** A Mac has ⌘ where others have Ctrl, and a Ctrl beside it. */
export type Platform = 'mac' | 'other';

export interface Binding {
  /** As a command declares them: `d d`, `Shift+Enter`. */
  keys: string;
  command: Command;
}

/** What of a keyboard event matters. */
export interface KeyPress {
  key: string;
  /** The place of the key on the board, whatever the layout writes there. */
  code: string;
  shiftKey: boolean;
  altKey: boolean;
  ctrlKey: boolean;
  metaKey: boolean;
  isComposing: boolean;
  getModifierState(modifier: string): boolean;
}

/** Longer pauses than this begin a new sequence: `d`, a thought, `d` deletes nothing. */
export const SEQUENCE_MS = 1500;

/** Keys that are no stroke by themselves: modifiers, dead keys, what an input method is still busy with. */
const SILENT = /^(?:Alt|AltGraph|CapsLock|Compose|Control|Dead|Fn|FnLock|Hyper|Meta|NumLock|OS|Process|ScrollLock|Shift|Super|Symbol|SymbolLock|Unidentified|)$/;

export function platformOf(name: string): Platform {
  return /Mac|iPhone|iPad/.test(name) ? 'mac' : 'other';
}

/**
 * The stroke as the bindings write it, undefined when it is none. Shift is part of a sign such as `?`, and written only
 * of letters and names.
 */
export function strokeOf(press: KeyPress, platform: Platform): string | undefined {
  if (press.isComposing || SILENT.test(press.key)) return undefined;
  const sign = signOf(press, platform);
  const cased = sign.length > 1 || sign.toLowerCase() !== sign.toUpperCase();
  const modifiers = writesBySelf(press) ? [] : modifiersOf(press, platform);
  const shift = press.shiftKey && cased ? ['Shift'] : [];
  return [...modifiers, ...shift, sign.length === 1 ? sign.toLowerCase() : sign].join('+');
}

/** Whether a stroke writes nothing into a text, so that it can be a command also while one types. */
export function passesText(stroke: string): boolean {
  return /^(?:Mod|Ctrl|Meta|Alt)\+|^(?:Shift\+)?F\d+$/.test(stroke);
}

/** AltGr reaches a page as Ctrl and Alt at once, and yet only writes a sign. */
function writesBySelf(press: KeyPress): boolean {
  return press.key.length === 1 && press.getModifierState('AltGraph');
}

function modifiersOf({ altKey, ctrlKey, metaKey }: KeyPress, platform: Platform): string[] {
  const [main, other] = platform === 'mac' ? [metaKey, ctrlKey] : [ctrlKey, metaKey];
  const second = platform === 'mac' ? 'Ctrl' : 'Meta';
  return [main ? 'Mod' : '', other ? second : '', altKey ? 'Alt' : ''].filter((name) => name !== '');
}

/** The sign of the key. Where the layout writes none of our letters the place of the key tells which is meant. */
function signOf(press: KeyPress, platform: Platform): string {
  const { key, code } = press;
  if (key === ' ' || key === '\u00a0') return 'Space';
  if ([...key].length > 1 || writesBySelf(press)) return key;
  const placed = /^Key([A-Z])$/.exec(code)?.[1] ?? /^Digit(\d)$/.exec(code)?.[1];
  // Option on a Mac writes another sign with nearly every key.
  if (placed !== undefined && platform === 'mac' && press.altKey) return placed;
  const foreign = /^(?:\p{L}|\p{Nd})$/u.test(key) && !/^[\x20-\x7e]$/.test(key);
  return foreign && placed !== undefined && /\d/.test(placed) === /\p{Nd}/u.test(key) ? placed : key;
}

/** What was typed so far of a sequence. */
export interface Pending {
  typed: string;
  /** Milliseconds, of the clock that `press` is told. */
  at: number;
}

export interface Pressed {
  pending?: Pending;
  command?: Command;
}

export function press(pending: Pending | undefined, stroke: string, now: number, bindings: readonly Binding[]): Pressed {
  const going = pending !== undefined && now - pending.at <= SEQUENCE_MS;
  const typed = going ? `${pending.typed} ${stroke}` : stroke;
  const whole = bindings.find((binding) => binding.keys === typed);
  if (whole) return { command: whole.command };
  if (bindings.some((binding) => binding.keys.startsWith(`${typed} `))) return { pending: { typed, at: now } };
  // A sequence that leads nowhere begins anew with its last stroke.
  return going ? press(undefined, stroke, now, bindings) : {};
}
