// The language models that can be asked, as the page knows them: one list for all that shows it.
//
// Invariant: what is shown is what the server said last; a list that could not be had says why, and is asked for again
// by whoever wants it next.

import { SvelteMap } from 'svelte/reactivity';

import { reasonOf } from '../state/reason';
import { Models } from '../sync/models';
import type { ProviderList } from '../wire/wire';
import { page } from './page.svelte';

/** Others may have changed it meanwhile. */
const FRESH_MS = 30_000;

class ModelStore {
  list = $state.raw<ProviderList | undefined>();
  /** Why there is no list. */
  refused = $state('');
  readonly calls = new Models(page.rest);
  readonly #told = new SvelteMap<string, readonly string[]>();
  #askedAt = -Infinity;
  #asking: Promise<void> | undefined;

  /** Asks for the list unless it is fresh. */
  want(): void {
    if (performance.now() - this.#askedAt > FRESH_MS) void this.load();
  }

  load(): Promise<void> {
    this.#askedAt = performance.now();
    this.#asking ??= this.calls
      .providers()
      .then((list) => this.take(list))
      .catch((cause: unknown) => {
        this.#askedAt = -Infinity;
        this.refused = reasonOf(cause);
      })
      .finally(() => (this.#asking = undefined));
    return this.#asking;
  }

  take(list: ProviderList): void {
    this.list = list;
    this.refused = '';
  }

  /** The models of a provider: those somebody named, else those it told. */
  of(provider: string): readonly string[] {
    const named = this.list?.providers.find(({ name }) => name === provider)?.models ?? [];
    return named.length > 0 ? named : (this.#told.get(provider) ?? []);
  }

  /** Asks those providers for their models of which nobody has named any. */
  async wantAll(): Promise<void> {
    this.want();
    await this.#asking;
    for (const { name, models } of this.list?.providers ?? []) if (models.length === 0 && !this.#told.has(name)) void this.#askOne(name);
  }

  told(provider: string, models: readonly string[]): void {
    this.#told.set(provider, models);
  }

  forget(provider: string): void {
    this.#told.delete(provider);
  }

  /** One that does not answer has nothing to offer; the test in the settings tells why. */
  async #askOne(provider: string): Promise<void> {
    this.#told.set(provider, []);
    try {
      this.#told.set(provider, await this.calls.models(provider));
    } catch (cause) {
      this.#told.delete(provider);
      console.warn(`${provider} did not tell its models.`, cause);
    }
  }
}

export const models = new ModelStore();

page.onReturn(() => models.list && void models.load());
