import { expect, test, vi } from 'vitest';

import { DEFAULTS, SettingsStore, type Store } from '../../src/state/settings';

/** One browser's storage with its tabs: what one keeps, the others are told of. */
class Browser {
  readonly #kept = new Map<string, string>();
  readonly #tabs: { listeners: ((event: { key: string | null }) => void)[] }[] = [];

  tab(): SettingsStore {
    const own = { listeners: [] as ((event: { key: string | null }) => void)[] };
    this.#tabs.push(own);
    const store: Store = {
      getItem: (key) => this.#kept.get(key) ?? null,
      setItem: (key, value) => {
        this.#kept.set(key, value);
        for (const { listeners } of this.#tabs) if (listeners !== own.listeners) listeners.forEach((listener) => listener({ key }));
      },
    };
    return new SettingsStore(store, { addEventListener: (_kind, listener) => own.listeners.push(listener) });
  }

  put(value: string): void {
    this.#kept.set('coscribe:settings', value);
  }

  clear(): void {
    this.#kept.clear();
    for (const { listeners } of this.#tabs) listeners.forEach((listener) => listener({ key: null }));
  }
}

test('what one tab sets, all tabs have, and one opened later', () => {
  const browser = new Browser();
  const [one, other] = [browser.tab(), browser.tab()];
  const told = vi.fn();
  other.onChange(told);
  one.change({ vim: true });
  expect([one, other, browser.tab()].map(({ current }) => current)).toEqual(Array(3).fill({ ...DEFAULTS, vim: true }));
  expect(told).toHaveBeenCalledTimes(1);
  other.change({ lineNumbers: true });
  expect(one.current).toEqual({ ...DEFAULTS, vim: true, lineNumbers: true });
});

test('a listener hears of changes only, and no more after it stopped', () => {
  const store = new Browser().tab();
  const told = vi.fn();
  const stop = store.onChange(told);
  store.change({ vim: false });
  expect(told).not.toHaveBeenCalled();
  store.change({ vim: true });
  stop();
  store.change({ vim: false });
  expect(told).toHaveBeenCalledTimes(1);
});

test('what is kept and makes no sense is not believed', () => {
  const browser = new Browser();
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  for (const nonsense of ['{', '7', 'null', '[]', '"vim"', '{"vim": "yes", "colour": true}']) {
    browser.put(nonsense);
    expect(browser.tab().current, nonsense).toEqual(DEFAULTS);
  }
  browser.put('{"vim": true, "lineNumbers": 1}');
  expect(browser.tab().current).toEqual({ ...DEFAULTS, vim: true });
  expect(warn).toHaveBeenCalledTimes(1);
  warn.mockRestore();
});

test('storage that is cleared, full or forbidden leaves settings that work', () => {
  const browser = new Browser();
  const tab = browser.tab();
  tab.change({ vim: true });
  browser.clear();
  expect(tab.current).toEqual(DEFAULTS);

  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  const full = { getItem: () => null, setItem: () => { throw new Error('full'); } };
  for (const store of [undefined, full]) {
    const settings = new SettingsStore(store, { addEventListener: () => undefined });
    settings.change({ lineNumbers: true });
    expect(settings.current.lineNumbers).toBe(true);
  }
  warn.mockRestore();
});
