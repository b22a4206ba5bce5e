// Keys as people read them on their keyboard. Pure.

import { text } from '../text/text';
import type { Platform } from './keys';

const MAC: { readonly [name: string]: string } = { Mod: '⌘', Ctrl: '⌃', Alt: '⌥', Shift: '⇧' };

/** Of each stroke the keys to hold and the key to press. */
export function shownKeys(keys: string, platform: Platform): string[][] {
  return keys.split(' ').map((stroke) => partsOf(stroke).map((part) => shownKey(part, platform)));
}

/** Keys as a line of text: `D D`, `Ctrl+Shift+P`. */
export function keysText(keys: string, platform: Platform): string {
  const strokes = shownKeys(keys, platform);
  return strokes.map((stroke) => stroke.join(platform === 'mac' ? '' : '+')).join(' ');
}

/** `Mod++` is the plus sign with a modifier. */
function partsOf(stroke: string): string[] {
  const plus = stroke === '+' || stroke.endsWith('++');
  const parts = (plus ? stroke.slice(0, -1) : stroke).split('+').filter((part) => part !== '');
  return plus ? [...parts, '+'] : parts;
}

function shownKey(part: string, platform: Platform): string {
  const mac = platform === 'mac' ? MAC[part] : undefined;
  const names: { readonly [name: string]: string } = text.commands.keys;
  return mac ?? names[part] ?? (part.length === 1 ? part.toLocaleUpperCase() : part);
}
