// What this person set for this browser: how editors behave. One store for all tabs, plain TypeScript.
//
// Invariant: a setting always has a value of its kind, whatever is kept; all open tabs have the same settings as soon
// as one of them is told. What cannot be kept still holds in this tab.

export interface Settings {
  /** Vim's keys in editors. */
  readonly vim: boolean;
  readonly lineNumbers: boolean;
  /** Long lines of code go on in the next line instead of out of sight. */
  readonly wrapCode: boolean;
  /** A bracket or quote that is typed brings its other half. */
  readonly closeBrackets: boolean;
  /** Words are offered while one types; otherwise only when asked for. */
  readonly completeWhileTyping: boolean;
  /** The letters of code, in percent of what they are at first. */
  readonly codeSize: number;
}

/** Smaller cannot be read, larger leaves no room. */
export const CODE_SIZES = { least: 70, most: 200, step: 10 };

export const DEFAULTS: Settings = { vim: false, lineNumbers: false, wrapCode: false, closeBrackets: true, completeWhileTyping: true, codeSize: 100 };

const KEY = 'coscribe:settings';

export type Store = Pick<Storage, 'getItem' | 'setItem'>;

/** Where other tabs tell that they kept something. */
export interface Tabs {
  addEventListener(kind: 'storage', listener: (event: { key: string | null }) => void): void;
}

export class SettingsStore {
  readonly #listeners = new Set<() => void>();
  #settings: Settings;

  constructor(
    private readonly store: Store | undefined,
    tabs: Tabs,
  ) {
    this.#settings = read(store);
    tabs.addEventListener('storage', ({ key }) => {
      // No key: everything was cleared.
      if (key === KEY || key === null) this.#become(read(store));
    });
  }

  get current(): Settings {
    return this.#settings;
  }

  /** Changes some of them; the others stay as they are. */
  change(change: Partial<Settings>): void {
    const changed = { ...this.#settings, ...change };
    try {
      this.store?.setItem(KEY, JSON.stringify(changed));
    } catch (cause) {
      console.warn('The settings were not kept.', cause);
    }
    this.#become(changed);
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #become(settings: Settings): void {
    const same = (Object.keys(DEFAULTS) as (keyof Settings)[]).every((key) => settings[key] === this.#settings[key]);
    if (same) return;
    this.#settings = settings;
    for (const listener of [...this.#listeners]) listener();
  }
}

function read(store: Store | undefined): Settings {
  let kept: unknown;
  try {
    kept = JSON.parse(store?.getItem(KEY) ?? 'null');
  } catch (cause) {
    console.warn('The settings that were kept cannot be read.', cause);
  }
  const values = typeof kept === 'object' && kept !== null ? Object.entries(kept) : [];
  const known = values.filter(([key, value]) => Object.hasOwn(DEFAULTS, key) && makesSense(key as keyof Settings, value));
  return { ...DEFAULTS, ...(Object.fromEntries(known) as Partial<Settings>) };
}

function makesSense(key: keyof Settings, value: unknown): boolean {
  if (key !== 'codeSize') return typeof value === 'boolean';
  return typeof value === 'number' && value >= CODE_SIZES.least && value <= CODE_SIZES.most;
}
