// Which keys lead to which command: those the commands begin with, and what this person made of them. Pure.
//
// Invariant: no two bindings in force are the same, and none is the beginning of another, whatever was kept or imported.

import { commands, COMMANDS, type Command } from './commands';
import type { Binding, Platform } from './keys';

/** What this person changed: for a command all its keys, also none. */
export type Remapping = { readonly [command in Command]?: readonly string[] };

/** A sequence is at most this long. */
export const MOST_STROKES = 3;

/** The bindings in force. What a person chose goes before what commands begin with. */
export function bindingsOf(remapping: Remapping): Binding[] {
  const chosen = commands().filter((command) => remapping[command] !== undefined);
  const begun = commands().filter((command) => remapping[command] === undefined);
  const inForce: Binding[] = [];
  for (const command of [...chosen, ...begun]) {
    for (const keys of remapping[command] ?? COMMANDS[command].keys) {
      if (!inForce.some((binding) => clash(binding.keys, keys))) inForce.push({ keys, command });
    }
  }
  return inForce;
}

/** The bindings by command, in the order the command names them. */
export function keysByCommand(remapping: Remapping): Map<Command, string[]> {
  const map = new Map<Command, string[]>(commands().map((command) => [command, []]));
  for (const { command, keys } of bindingsOf(remapping)) map.get(command)?.push(keys);
  return map;
}

/** Which bindings of other commands stand in the way of `keys`: the same, or one that begins the other. */
export function conflicts(remapping: Remapping, command: Command, keys: string): Binding[] {
  return bindingsOf(remapping).filter((binding) => binding.command !== command && clash(binding.keys, keys));
}

/** Gives `keys` to a command and takes them, and what stands in their way, from all others. */
export function assigned(remapping: Remapping, command: Command, keys: string): Remapping {
  let changed = remapping;
  for (const taken of conflicts(remapping, command, keys)) changed = removed(changed, taken.command, taken.keys);
  const own = (keysByCommand(changed).get(command) ?? []).filter((other) => !clash(other, keys));
  return settled(changed, command, [...own, keys]);
}

export function removed(remapping: Remapping, command: Command, keys: string): Remapping {
  const left = (keysByCommand(remapping).get(command) ?? []).filter((other) => other !== keys);
  return settled(remapping, command, left);
}

/** A command as it began; keys that another was given meanwhile stay with that one. */
export function reset(remapping: Remapping, command: Command): Remapping {
  const { [command]: _dropped, ...rest } = remapping;
  return rest;
}

/** Keys that are what they were at the beginning are not kept as a change. */
function settled(remapping: Remapping, command: Command, keys: readonly string[]): Remapping {
  const begun = COMMANDS[command].keys;
  const same = begun.length === keys.length && begun.every((key) => keys.includes(key));
  return same ? reset(remapping, command) : { ...remapping, [command]: keys };
}

function clash(one: string, other: string): boolean {
  return one === other || one.startsWith(`${other} `) || other.startsWith(`${one} `);
}

/** What is wrong with a text that should be a keymap. */
export type KeymapProblem = { kind: 'notJson' } | { kind: 'notAnObject' } | { kind: 'unknownCommand' | 'notKeys'; name: string } | { kind: 'twice'; name: string; keys: string };

export function written(remapping: Remapping): string {
  return JSON.stringify(remapping, null, 2);
}

/** Reads what `written` wrote, or what a person made of it; all of it or nothing. */
export function readKeymap(json: string): { remapping: Remapping } | { problem: KeymapProblem } {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return { problem: { kind: 'notJson' } };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { problem: { kind: 'notAnObject' } };
  const problem = firstProblem(Object.entries(value));
  return problem ? { problem } : { remapping: value as Remapping };
}

/** What this browser kept: what cannot be used of it is left out. */
export function keptKeymap(json: string | null): Remapping {
  const read = readKeymap(json ?? '{}');
  if ('remapping' in read) return read.remapping;
  if (read.problem.kind === 'notJson' || read.problem.kind === 'notAnObject') return {};
  const entries = Object.entries(JSON.parse(json ?? '{}') as object);
  return Object.fromEntries(entries.filter((entry) => firstProblem([entry]) === undefined));
}

function firstProblem(entries: readonly [string, unknown][]): KeymapProblem | undefined {
  const seen: string[] = [];
  for (const [name, list] of entries) {
    if (!Object.hasOwn(COMMANDS, name)) return { kind: 'unknownCommand', name };
    if (!Array.isArray(list) || !list.every(isKeys)) return { kind: 'notKeys', name };
    const twice = list.find((keys, index) => [...seen, ...list.slice(0, index)].some((other) => clash(other, keys)));
    if (twice !== undefined) return { kind: 'twice', name, keys: twice };
    seen.push(...list);
  }
  return undefined;
}

const STROKE = /^(?:Mod\+)?(?:(?:Ctrl|Meta)\+)?(?:Alt\+)?(?:Shift\+)?(?:[A-Z][A-Za-z0-9]+|[^\sA-Z])$/u;

function isKeys(value: unknown): value is string {
  if (typeof value !== 'string') return false;
  const strokes = value.split(' ');
  return strokes.length <= MOST_STROKES && strokes.every((stroke) => STROKE.test(stroke));
}

/** Keys that lead out of things for whoever has only a keyboard: never a command. */
export function isReserved(keys: string): boolean {
  return keys.split(' ').some((stroke) => /^(?:Shift\+)?Tab$|^Escape$/.test(stroke));
}

const BROWSER: { readonly [platform in Platform]: RegExp } = {
  other: /^(?:Mod\+(?:Shift\+)?[ntwq]|Mod\+Shift\+p|Mod\+(?:Shift\+)?(?:Tab|PageUp|PageDown)|Mod\+[0-9]|Alt\+(?:F4|Tab|[0-9])|F1[12]|Mod\+Shift\+[ij])$/,
  mac: /^(?:Mod\+(?:Shift\+)?[ntwq]|Mod\+[hm`]|Mod\+Shift\+p|(?:Mod|Ctrl)\+(?:Shift\+)?Tab|Mod\+(?:Alt\+)?Space|Mod\+[0-9]|Mod\+Alt\+[ij]|F11)$/,
};

/** Whether a browser may keep one of these strokes for itself. */
export function keptByBrowsers(keys: string, platform: Platform): boolean {
  return keys.split(' ').some((stroke) => BROWSER[platform].test(stroke));
}
