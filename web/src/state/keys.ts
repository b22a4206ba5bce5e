// Command mode: which key does what, with Jupyter's keys as the beginning. Pure.

export type Command =
  | 'edit'
  | 'selectAbove'
  | 'selectBelow'
  | 'addAbove'
  | 'addBelow'
  | 'delete'
  | 'undo'
  | 'redo'
  | 'toCode'
  | 'toNote'
  | 'toPrompt'
  | 'toRaw'
  | 'moveUp'
  | 'moveDown'
  | 'mergeBelow'
  | 'foldSource'
  | 'foldOutputs'
  | 'advance'
  | 'first'
  | 'last'
  | 'bin'
  | 'help';

export interface Binding {
  /** Keys pressed one after the other, each with its modifiers: `d d`, `Shift+Enter`. */
  keys: string;
  command: Command;
  /** For the help sheet. */
  label: string;
}

export const BINDINGS: readonly Binding[] = [
  { keys: 'Enter', command: 'edit', label: 'Edit the cell' },
  { keys: 'Shift+Enter', command: 'advance', label: 'Go on to the next cell, made if there is none' },
  { keys: 'ArrowUp', command: 'selectAbove', label: 'Select the cell above' },
  { keys: 'k', command: 'selectAbove', label: 'Select the cell above' },
  { keys: 'ArrowDown', command: 'selectBelow', label: 'Select the cell below' },
  { keys: 'j', command: 'selectBelow', label: 'Select the cell below' },
  { keys: 'Home', command: 'first', label: 'Select the first cell' },
  { keys: 'End', command: 'last', label: 'Select the last cell' },
  { keys: 'a', command: 'addAbove', label: 'Add a cell above' },
  { keys: 'b', command: 'addBelow', label: 'Add a cell below' },
  { keys: 'd d', command: 'delete', label: 'Put the cell into the bin' },
  { keys: 'z', command: 'undo', label: 'Undo my last change' },
  { keys: 'Mod+z', command: 'undo', label: 'Undo my last change' },
  { keys: 'Shift+z', command: 'redo', label: 'Redo' },
  { keys: 'Mod+Shift+z', command: 'redo', label: 'Redo' },
  { keys: 'Mod+y', command: 'redo', label: 'Redo' },
  { keys: 'y', command: 'toCode', label: 'Make it code' },
  { keys: 'm', command: 'toNote', label: 'Make it a note' },
  { keys: 'p', command: 'toPrompt', label: 'Make it a prompt' },
  { keys: 'r', command: 'toRaw', label: 'Make it raw text' },
  { keys: 'Alt+ArrowUp', command: 'moveUp', label: 'Move the cell up' },
  { keys: 'Alt+ArrowDown', command: 'moveDown', label: 'Move the cell down' },
  { keys: 'Shift+m', command: 'mergeBelow', label: 'Merge with the cell below' },
  { keys: 'c', command: 'foldSource', label: 'Fold or show the source' },
  { keys: 'o', command: 'foldOutputs', label: 'Fold or show the outputs' },
  { keys: 'x', command: 'bin', label: 'Open the bin' },
  { keys: 'h', command: 'help', label: 'This sheet' },
  { keys: '?', command: 'help', label: 'This sheet' },
];

/** The bindings as a sheet shows them: one line a command, with all its keys. */
export function sheet(bindings: readonly Binding[] = BINDINGS): { label: string; keys: string[] }[] {
  const lines = new Map<Command, { label: string; keys: string[] }>();
  for (const { command, label, keys } of bindings) {
    const line = lines.get(command) ?? { label, keys: [] };
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
