// What the whole page shares: where it is, who is there, how it looks, the REST door.

import { identity, IDENTITY, keep, settle, validName, type Identity } from '../state/identity';
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

/** Of this tab alone; it stays when the page is loaded anew. */
export function tabStorage(): Storage | undefined {
  try {
    return window.sessionStorage;
  } catch {
    return undefined;
  }
}

class Page {
  readonly base = new URL('./', document.baseURI).href;
  readonly rest = new Rest(this.base, () => this.person.name);
  readonly recent: RecentNotebooks;
  route = $state<Route>({ kind: 'home' });
  person = $state.raw<Identity>({ id: '', name: '', color: '', named: true, settled: true });
  look = $state<Look>('system');
  readonly #returned: (() => void)[] = [];
  /** Undefined where the browser forbids it. */
  readonly storage = browserStorage();

  constructor() {
    this.recent = new RecentNotebooks(this.storage, this.base);
    this.person = identity(this.storage);
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

  /** All tabs of this browser hear of it. */
  rename(name: string): void {
    const valid = validName(name);
    if (valid !== undefined) this.#become({ ...this.person, name: valid, named: true });
  }

  recolor(color: string): void {
    this.#become({ ...this.person, color, settled: true });
  }

  /** Beside the people who are here already, unless the colour was settled before. */
  settleColor(taken: readonly string[]): void {
    if (!this.person.settled) this.#become(settle(this.person, taken, Math.random));
  }

  setLook(look: Look): void {
    this.look = look;
    try {
      this.storage?.setItem(LOOK, look);
    } catch (cause) {
      console.warn('The choice of light or dark was not kept.', cause);
    }
  }

  #become(person: Identity): void {
    this.person = person;
    keep(this.storage, person);
  }

  #arrive(): void {
    this.route = routeOf(location.pathname, new URL(this.base).pathname);
  }

  /** Another tab of this browser has changed something: every tab shows it. */
  #changedElsewhere(key: string | null): void {
    if (key === IDENTITY) this.person = identity(this.storage);
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
