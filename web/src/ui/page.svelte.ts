// What the whole page shares: where it is, who is there, how it looks, the REST door.

import { IDENTITY, identity, keep, validName, type Identity } from '../state/identity';
import { pathOf, routeOf, type Route } from '../state/route';
import { RecentNotebooks } from '../sync/recent';
import { Rest } from '../sync/rest';

export type Look = 'system' | 'light' | 'dark';

const LOOK = 'coscribe:look';

/** Storage may be forbidden; then nothing is remembered and everything else works. */
export function browserStorage(): Storage | undefined {
  try {
    return window.localStorage;
  } catch {
    return undefined;
  }
}

class Page {
  readonly base = new URL('./', document.baseURI).href;
  readonly rest = new Rest(this.base, () => this.person.name);
  readonly recent: RecentNotebooks;
  route = $state<Route>({ kind: 'home' });
  person = $state<Identity>({ id: '', name: '', color: '' });
  look = $state<Look>('system');
  readonly #returned: (() => void)[] = [];
  /** Undefined where the browser forbids it. */
  readonly storage = browserStorage();

  constructor() {
    this.recent = new RecentNotebooks(this.storage, this.base);
    this.person = identity(this.storage, Math.random);
    this.look = this.#keptLook();
    this.#arrive();
    window.addEventListener('popstate', () => this.#arrive());
    window.addEventListener('storage', ({ key }) => this.#changedElsewhere(key));
  }

  /** Tells when the server was reached again after it was away. */
  onReturn(listener: () => void): void {
    this.#returned.push(listener);
  }

  returned(): void {
    this.#returned.forEach((listener) => listener());
  }

  go(route: Route): void {
    history.pushState(null, '', this.address(route));
    this.#arrive();
    window.scrollTo(0, 0);
  }

  address(route: Route): string {
    return pathOf(route, new URL(this.base).pathname);
  }

  rename(name: string): void {
    const valid = validName(name);
    if (valid === undefined) return;
    this.person = { ...this.person, name: valid };
    keep(this.storage, this.person);
  }

  recolor(color: string): void {
    this.person = { ...this.person, color };
    keep(this.storage, this.person);
  }

  setLook(look: Look): void {
    this.look = look;
    try {
      this.storage?.setItem(LOOK, look);
    } catch (cause) {
      console.warn('The choice of light or dark was not kept.', cause);
    }
  }

  #arrive(): void {
    this.route = routeOf(location.pathname, new URL(this.base).pathname);
  }

  /** Another tab of this browser has changed something: every tab shows it. */
  #changedElsewhere(key: string | null): void {
    if (key === IDENTITY) this.person = identity(this.storage, Math.random);
    if (key === LOOK) this.look = this.#keptLook();
  }

  #keptLook(): Look {
    const kept = this.#read(LOOK);
    return kept === 'light' || kept === 'dark' ? kept : 'system';
  }

  #read(key: string): string | null {
    try {
      return this.storage?.getItem(key) ?? null;
    } catch {
      return null;
    }
  }
}

export const page = new Page();
