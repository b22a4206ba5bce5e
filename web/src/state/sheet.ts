// The help sheet: every command by its group with the keys in force, and the keys of the editors. Pure.

import { commands, COMMANDS, GROUPS, nameOf, type Command } from './commands';
import { editingDeeds, editingKeys } from './editing';
import { keysText } from './keynames';
import type { Platform } from './keys';
import { helpText } from '../text/help';

export interface SheetLine {
  label: string;
  keys: readonly string[];
  /** The person gave it other keys than it began with. */
  changed: boolean;
}

export interface SheetGroup {
  title: string;
  lines: SheetLine[];
}

export function sheet(keys: ReadonlyMap<Command, readonly string[]>, changed: (command: Command) => boolean, platform: Platform): SheetGroup[] {
  const groups = GROUPS.map((group) => ({
    title: helpText.groups[group],
    lines: commands()
      .filter((command) => COMMANDS[command].group === group)
      .map((command) => ({ label: nameOf(command), keys: keys.get(command) ?? [], changed: changed(command) })),
  }));
  const editing = editingDeeds().map((deed) => ({ label: helpText.editing[deed], keys: editingKeys(deed, platform), changed: false }));
  return [...groups, { title: helpText.sheet.typing, lines: editing }];
}

/** The groups with only the lines that have the query in their words or their keys. */
export function sought(groups: readonly SheetGroup[], query: string, platform: Platform): SheetGroup[] {
  const wanted = query.trim().toLocaleLowerCase();
  const holds = ({ label, keys }: SheetLine) => [label, ...keys.map((each) => keysText(each, platform))].some((words) => words.toLocaleLowerCase().includes(wanted));
  return groups.map(({ title, lines }) => ({ title, lines: lines.filter(holds) })).filter(({ lines }) => lines.length > 0);
}
