// Which key does what in command mode. Pure.
//
// Invariant: a stroke is written in one way only, so that two bindings are the same exactly when their text is.

import { commands, COMMANDS, nameOf, type Command } from './commands';

export interface Binding {
  /** As a command declares them: `d d`, `Shift+Enter`. */
  keys: string;
  command: Command;
}

export const BINDINGS: readonly Binding[] = commands().flatMap((command) => COMMANDS[command].keys.map((keys) => ({ keys, command })));

/** The bindings as a sheet shows them: one line a command, with all its keys. */
export function sheet(bindings: readonly Binding[] = BINDINGS): { label: string; keys: string[] }[] {
  const lines = new Map<Command, { label: string; keys: string[] }>();
  for (const { command, keys } of bindings) {
    const line = lines.get(command) ?? { label: nameOf(command), keys: [] };
    line.keys.push(keys);
    lines.set(command, line);
  }
  return [...lines.values()];
}

/** What of a keyboard event matters. */
export interface Stroke {
  key: string;
  shiftKey: boolean;
  altKey: boolean;
  ctrlKey: boolean;
  metaKey: boolean;
}

/** The stroke as the bindings write it. Shift is part of a sign such as `?`, and written only of letters and names. */
export function strokeName({ key, shiftKey, altKey, ctrlKey, metaKey }: Stroke): string {
  const sign = key.length === 1 && key.toLowerCase() === key.toUpperCase();
  const parts = [ctrlKey || metaKey ? 'Mod' : '', altKey ? 'Alt' : '', shiftKey && !sign ? 'Shift' : ''];
  return [...parts.filter((part) => part !== ''), key.length === 1 ? key.toLowerCase() : key].join('+');
}

/** What was typed so far of a sequence, and the command it completed. */
export interface Sequence {
  pending: string;
  command?: Command;
}

export function press(pending: string, stroke: string, bindings: readonly Binding[] = BINDINGS): Sequence {
  const typed = pending === '' ? stroke : `${pending} ${stroke}`;
  const whole = bindings.find((binding) => binding.keys === typed);
  if (whole) return { pending: '', command: whole.command };
  if (bindings.some((binding) => binding.keys.startsWith(`${typed} `))) return { pending: typed };
  // A sequence that leads nowhere begins anew with its last stroke.
  return pending === '' ? { pending: '' } : press('', stroke, bindings);
}
