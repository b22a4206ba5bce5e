// Tooltips of the board's buttons: what they do, with the key that does the same.

import { BOARD_COMMANDS, type BoardCommand } from '../../state/board/keys';
import { keysText } from '../../state/keynames';
import { keymap } from '../keymap.svelte';

export function hint(label: string, command: BoardCommand): string {
  const [keys] = BOARD_COMMANDS[command].keys;
  return keys === undefined ? label : `${label} (${keysText(keys, keymap.platform)})`;
}
