// The notebooks this browser opened lately and can open without the server: a small list in localStorage.
//
// Invariant: reading never throws; a list that cannot be read is an empty one.

export interface Recent {
  id: string;
  title: string;
  /** Milliseconds since the Unix epoch. */
  openedAt: number;
}

/** More than anybody looks through; the databases of those beyond stay and open by their address. */
const MOST = 50;

export class RecentNotebooks {
  readonly #key: string;

  constructor(
    private readonly storage: Pick<Storage, 'getItem' | 'setItem'> | undefined,
    base: string,
  ) {
    this.#key = `coscribe:recent:${base}`;
  }

  list(): Recent[] {
    try {
      const value: unknown = JSON.parse(this.storage?.getItem(this.#key) ?? '[]');
      return Array.isArray(value) ? value.filter(isRecent) : [];
    } catch {
      return [];
    }
  }

  opened(recent: Recent): void {
    this.#store([recent, ...this.list().filter((other) => other.id !== recent.id)].slice(0, MOST));
  }

  forget(id: string): void {
    this.#store(this.list().filter((other) => other.id !== id));
  }

  #store(list: Recent[]): void {
    try {
      this.storage?.setItem(this.#key, JSON.stringify(list));
    } catch (cause) {
      console.warn('The list of recent notebooks was not kept.', cause);
    }
  }
}

function isRecent(value: unknown): value is Recent {
  const recent = value as Partial<Recent> | null;
  return typeof recent?.id === 'string' && typeof recent.title === 'string' && typeof recent.openedAt === 'number';
}
