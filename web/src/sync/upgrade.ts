// The version of the page that this tab shows, and news of a later one. Imports nothing.
//
// Invariant: a later version is told of once, and only of the page's own server; nothing is reloaded here.

/** While a tab shows a version it holds a lock of this name: the worker then keeps the files of that version. */
const SHOWN = 'coscribe:version:';
/** The server is asked at most so often: people lose and find it again many times on a train. */
const ASK_AGAIN_MS = 60_000;

export interface Surroundings {
  /** Undefined where the browser has none: over plain HTTP from another machine. */
  workers: ServiceWorkerContainer | undefined;
  locks: LockManager | undefined;
  now: () => number;
}

export class Upgrade {
  #registration: ServiceWorkerRegistration | undefined;
  #asked: number;
  #told = false;

  constructor(
    private readonly version: string,
    private readonly around: Surroundings,
    private readonly ready: () => void,
  ) {
    this.#asked = around.now();
    void around.locks?.request(SHOWN + version, { mode: 'shared' }, () => new Promise<void>(() => undefined));
    around.workers?.addEventListener('message', ({ data }: MessageEvent<unknown>) => this.#heard(data));
  }

  /** The worker keeps the page for offline; without it the page works as long as there is a server. */
  async register(script: URL): Promise<void> {
    try {
      this.#registration = await this.around.workers?.register(script);
    } catch (cause) {
      console.warn('The page will not open offline.', cause);
    }
  }

  /** The server was away: it may have been upgraded meanwhile. */
  ask(): void {
    if (this.around.now() - this.#asked < ASK_AGAIN_MS) return;
    this.#asked = this.around.now();
    this.#registration?.update().catch((cause: unknown) => console.warn('Whether there is a new version is not known.', cause));
  }

  /** A part of this version is not to be had any more. */
  missed(): void {
    this.#tell();
  }

  #heard(data: unknown): void {
    const { kind, version } = (data ?? {}) as { kind?: unknown; version?: unknown };
    if (kind === 'version' && version !== this.version) this.#tell();
  }

  #tell(): void {
    if (this.#told) return;
    this.#told = true;
    this.ready();
  }
}
