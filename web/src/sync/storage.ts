// Asks the browser not to throw away what is kept in it, and knows whether it has agreed.
//
// Invariant: asked at most once, and only when there is something that exists nowhere else: some browsers ask the person.

export class Persistence {
  #granted: boolean | undefined;
  #asked = false;

  constructor(private readonly storage: Pick<StorageManager, 'persist' | 'persisted'> | undefined) {
    void this.#note(storage?.persisted());
  }

  /** Undefined while it is not known. */
  get granted(): boolean | undefined {
    return this.#granted;
  }

  ask(): void {
    if (this.#asked || this.#granted) return;
    this.#asked = true;
    void this.#note(this.storage?.persist());
  }

  async #note(answer: Promise<boolean> | undefined): Promise<void> {
    try {
      this.#granted = await answer;
    } catch (cause) {
      console.warn('The browser does not tell whether it keeps what is stored.', cause);
    }
  }
}
