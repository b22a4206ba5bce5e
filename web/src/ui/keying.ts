// What a key press on the notebook page leads to: nothing, a step in a sequence, or a command.
//
// Invariant: in a text a key that writes is never a command, and whoever handled the press before (an editor, a dialog)
// is not overruled.

import { COMMANDS, type Command } from '../state/commands';
import { passesText, press, strokeOf, type Binding, type Pending } from '../state/keys';
import { keymap } from './keymap.svelte';

/** Where keys write or mean something already. */
const TEXT = 'input, textarea, select, [contenteditable="true"]';

export class Keying {
  #pending: Pending | undefined;

  constructor(private readonly run: (command: Command) => void) {}

  pressed(event: KeyboardEvent): void {
    const target = event.target as HTMLElement;
    if (event.defaultPrevented || target.closest('dialog')) return;
    const stroke = strokeOf(event, keymap.platform);
    // A focused button is pressed by Enter and Space; everything else is a command.
    if (stroke === undefined || (/^(?:Enter|Space)$/.test(stroke) && target.closest('button, a, summary, [role="button"]'))) return;
    const typing = target.closest(TEXT) !== null;
    const { pending, command } = press(this.#pending, stroke, event.timeStamp, typing ? anywhere() : keymap.bindings);
    this.#pending = pending;
    if (pending) event.preventDefault();
    if (command === undefined) return;
    event.preventDefault();
    this.run(command);
  }
}

function anywhere(): Binding[] {
  return keymap.bindings.filter(({ command, keys }) => COMMANDS[command].anywhere && passesText(keys));
}
