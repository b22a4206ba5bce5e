// The keys in force in this browser: kept in it, the same in all its tabs.

import { keysByCommand, keptKeymap, bindingsOf, written, type Remapping } from '../state/keymap';
import { platformOf } from '../state/keys';
import type { Command } from '../state/commands';
import { keysText } from '../state/keynames';
import { browserStorage } from './page.svelte';

const KEPT_AS = 'coscribe:keys';

class Keymap {
  readonly platform = platformOf(navigator.platform);
  #remapping = $state.raw<Remapping>({});
  readonly byCommand = $derived(keysByCommand(this.#remapping));
  readonly bindings = $derived(bindingsOf(this.#remapping));

  constructor() {
    this.#remapping = keptKeymap(browserStorage()?.getItem(KEPT_AS) ?? null);
    window.addEventListener('storage', ({ key, newValue }) => {
      if (key === KEPT_AS) this.#remapping = keptKeymap(newValue);
    });
  }

  get remapping(): Remapping {
    return this.#remapping;
  }

  set remapping(remapping: Remapping) {
    this.#remapping = remapping;
    try {
      browserStorage()?.setItem(KEPT_AS, written(remapping));
    } catch (cause) {
      console.warn('The keys were not kept.', cause);
    }
  }

  of(command: Command): readonly string[] {
    return this.byCommand.get(command) ?? [];
  }

  /** For a tooltip: the name with the first of the keys, such as `Bin (X)`. */
  hint(label: string, command: Command): string {
    const [keys] = this.of(command);
    return keys === undefined ? label : `${label} (${keysText(keys, this.platform)})`;
  }
}

export const keymap = new Keymap();

/** Whether the key is held that is Ctrl, or ⌘ on a Mac, where Ctrl and a press open a menu. */
export function withMain(event: MouseEvent): boolean {
  return keymap.platform === 'mac' ? event.metaKey : event.ctrlKey;
}
