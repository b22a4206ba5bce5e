// Parts of the page that come by themselves as soon as something on the page needs them. What somebody asks for by a key
// or a button comes by later.ts, which tells them when it cannot.
//
// Invariant: what is here stays the same; until it is, whoever needs it keeps its place.

/** Before what could not be had is asked for again: the network was away, or the server. */
const AGAIN_MS = 5000;

export class Part<What> {
  #here = $state.raw<What | undefined>();
  #coming: Promise<void> | undefined;

  constructor(private readonly load: () => Promise<What>) {}

  /** The part, or nothing until it is here; to ask for it lets it come. */
  get(): What | undefined {
    if (this.#here === undefined) void this.come();
    return this.#here;
  }

  /** When it is no longer on its way: at once where nothing has asked for it. */
  get settled(): Promise<void> {
    return this.#coming ?? Promise.resolve();
  }

  /** Ends also when it could not be had; it is asked for again then. */
  come(): Promise<void> {
    return (this.#coming ??= this.load().then(
      (here) => void (this.#here = here),
      (cause: unknown) => {
        console.warn('A part of the page was not loaded.', cause);
        this.#coming = undefined;
        setTimeout(() => void this.come(), AGAIN_MS);
      },
    ));
  }
}
