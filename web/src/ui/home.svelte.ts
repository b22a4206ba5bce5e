// What the home page shows and does: the list in its order, and what people do to notebooks in it. It outlives the page, so
// that coming back from a notebook shows the list at once.

import { Catalogue, type Standing } from '../state/catalogue';
import { found, fromRecent, held, listed, recentlyOpened, sorted, sortOf, type Listed, type Sort } from '../state/notebooks';
import { reasonOf } from '../state/reason';
import { systemClock } from '../sync/clock';
import { eventSource, type OpenFeed } from '../sync/feed';
import { keptHere } from '../sync/kept';
import type { Recent } from '../sync/recent';
import { homeText } from '../text/home';
import { text } from '../text/text';
import type { EventBody, NotebookSummary, Role } from '../wire/wire';
import { page } from './page.svelte';
import { toasts } from './toasts.svelte';
import { tourFile } from '../state/tour';

const SORT = 'coscribe:sort';
/** "5 minutes ago" is looked after this often. */
const TICK_MS = 30_000;

class Home {
  standing = $state.raw<Standing>({ kind: 'opening' });
  search = $state('');
  sort = $state<Sort>(readSort());
  now = $state(Date.now());
  /** Unknown until the server has told: it refuses whatever may not be. */
  #role = $state<Role | undefined>();
  #known = $state.raw<NotebookSummary[] | undefined>();
  #recent = $state.raw<Recent[]>([]);
  #kept = $state.raw<ReadonlySet<string>>(new Set());
  #order = $state.raw<string[]>([]);
  /** The notebooks that were deleted here, last one last. */
  #deleted: NotebookSummary[] = [];
  #askRoleOnce: Promise<void> | undefined;
  readonly #listeners = new Set<(event: EventBody) => void>();
  readonly #catalogue = new Catalogue({ list: () => page.rest.notebooks(), feed: this.#shared(eventSource(page.rest.eventsAddress)), clock: systemClock });

  /** Everything there is to list, in the order of the rows; undefined until something is known. */
  readonly all = $derived.by((): Listed[] | undefined => {
    const there = this.#listed()?.filter(({ deletedAt }) => deletedAt === undefined);
    const byId = new Map(there?.map((notebook) => [notebook.id, notebook]));
    return there && this.#order.flatMap((id) => byId.get(id) ?? []);
  });
  readonly shown = $derived(found(this.all ?? [], this.search));
  readonly recentlyOpened = $derived(this.search.trim() === '' && this.sort !== 'opened' ? recentlyOpened(this.all ?? []) : []);
  readonly deleted = $derived(
    (this.#known ?? []).filter(({ deletedAt }) => deletedAt !== undefined).toSorted((one, other) => (other.deletedAt ?? 0) - (one.deletedAt ?? 0)),
  );
  readonly live = $derived(this.standing.kind === 'live');
  readonly readOnly = $derived(this.#role === 'viewer');
  /** Notebooks can be changed from here, now. */
  readonly editable = $derived(this.live && !this.readOnly);
  readonly away = $derived(this.standing.kind === 'away');

  constructor() {
    this.#catalogue.onChange(() => {
      this.#known = this.#catalogue.all;
      this.standing = this.#catalogue.standing;
      this.#arrange();
      if (this.live) this.#askRole();
    });
  }

  /** Follows the server for as long as somebody looks; returns how to stop. */
  follow(): () => void {
    const look = (): void => (document.visibilityState === 'visible' ? this.#arrive() : this.#catalogue.rest());
    const retry = (): void => this.#catalogue.retryNow();
    const tick = setInterval(() => (this.now = Date.now()), TICK_MS);
    document.addEventListener('visibilitychange', look);
    for (const change of ['online', 'offline']) window.addEventListener(change, retry);
    look();
    return () => {
      clearInterval(tick);
      document.removeEventListener('visibilitychange', look);
      for (const change of ['online', 'offline']) window.removeEventListener(change, retry);
      this.#catalogue.rest();
    };
  }

  /** Tells of what happens to projects and tasks, from the one feed of this page. */
  onEvent(listener: (event: EventBody) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tryNow(): void {
    this.#catalogue.retryNow();
  }

  sortBy(sort: Sort): void {
    this.sort = sort;
    this.#order = [];
    this.#arrange();
    try {
      localStorage.setItem(SORT, sort);
    } catch (cause) {
      console.warn('The order of the list was not kept.', cause);
    }
  }

  readonly create = (): Promise<void> => this.#attempt(async () => page.go({ kind: 'notebook', id: (await page.rest.create({})).id }));

  readonly makeTour = (): Promise<void> =>
    this.#attempt(async () => {
      const made = await page.rest.import(tourFile(), { title: homeText.tour.title });
      page.go({ kind: 'notebook', id: made.id });
    });

  rename({ id }: NotebookSummary, title: string): Promise<void> {
    return this.#attempt(() => this.#catalogue.act(id, { title }, () => page.rest.rename(id, { title })));
  }

  duplicate({ id, title }: NotebookSummary): Promise<void> {
    return this.#attempt(async () => {
      const copy = await page.rest.duplicate(id, { title: homeText.copyOf(title || text.page.untitled) });
      await this.#catalogue.read();
      toasts.show(homeText.duplicated(copy.title), { label: homeText.open, run: () => page.go({ kind: 'notebook', id: copy.id }) });
    });
  }

  remove(notebook: NotebookSummary): Promise<void> {
    const { id, title } = notebook;
    return this.#attempt(async () => {
      await this.#catalogue.act(id, { deletedAt: Date.now() }, () => page.rest.remove(id));
      this.#deleted.push(notebook);
      toasts.show(homeText.deleted(title || text.page.untitled), { label: homeText.undo, run: () => void this.restore(notebook) });
    });
  }

  restore(notebook: NotebookSummary): Promise<void> {
    this.#deleted = this.#deleted.filter(({ id }) => id !== notebook.id);
    return this.#attempt(async () => {
      await page.rest.restore(notebook.id);
      await this.#catalogue.read();
      toasts.show(homeText.restored(notebook.title || text.page.untitled));
    });
  }

  /** Takes the last deletion of this visit back; false if there is none. */
  undoDeletion(): boolean {
    const last = this.#deleted.pop();
    if (last) void this.restore(last);
    return last !== undefined;
  }

  /** Somebody comes to the list: now it may change its order. */
  #arrive(): void {
    this.#order = [];
    this.now = Date.now();
    this.#recent = page.recent.list();
    const ids = this.#recent.map(({ id }) => id);
    void keptHere(ids, page.base, globalThis.indexedDB).then((kept) => {
      this.#kept = kept;
      this.#arrange();
    });
    this.#catalogue.start();
    this.#arrange();
  }

  /** Deleted ones keep their places, so that they come back to where they were. */
  #arrange(): void {
    this.#order = held(this.#order, sorted(this.#listed() ?? [], this.sort).map(({ id }) => id));
  }

  #listed(): Listed[] | undefined {
    if (this.#known) return listed(this.#known, this.#recent, this.#kept);
    return this.standing.kind === 'opening' ? undefined : fromRecent(this.#recent, this.#kept);
  }

  /** One feed for all the page: a browser opens only a few connections to one server. */
  #shared(open: OpenFeed): OpenFeed {
    const told = (event: EventBody): boolean => {
      if (event.notebook !== undefined || event.project === undefined) return false;
      for (const listener of [...this.#listeners]) listener(event);
      return true;
    };
    return (events) => open({ ...events, told: (event) => told(event) || events.told(event) });
  }

  #askRole(): void {
    this.#askRoleOnce ??= page.rest.role().then(
      (role) => void (this.#role = role),
      () => (this.#askRoleOnce = undefined),
    );
  }

  async #attempt(action: () => Promise<unknown>): Promise<void> {
    try {
      await action();
    } catch (cause) {
      toasts.error(reasonOf(cause));
    }
  }
}

function readSort(): Sort {
  try {
    return sortOf(localStorage.getItem(SORT));
  } catch {
    return sortOf(undefined);
  }
}

export const home = new Home();
