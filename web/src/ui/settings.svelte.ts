// This browser's settings, as components read and change them.

import { SettingsStore, type Settings } from '../state/settings';
import { Live } from './live.svelte';

function storage(): Storage | undefined {
  try {
    return window.localStorage;
  } catch {
    // Forbidden: the settings hold in this tab.
    return undefined;
  }
}

const store = new SettingsStore(storage(), window);
const live = new Live(
  () => store.current,
  (changed) => store.onChange(changed),
);

export const settings = {
  /** Read in an effect or a template, it follows every change, also of other tabs. */
  get current(): Settings {
    return live.value;
  },
  change(change: Partial<Settings>): void {
    store.change(change);
  },
};
