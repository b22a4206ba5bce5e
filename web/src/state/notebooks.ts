// The list of notebooks as the home page shows it: searched, sorted, and in an order that nothing upsets. Pure.

import type { Recent } from '../sync/recent';
import { language, text } from '../text/text';
import type { NotebookSummary } from '../wire/wire';

export interface Listed extends NotebookSummary {
  /** When this browser opened it last. */
  openedAt?: number;
  /** This browser has its content: it opens without the server. */
  kept: boolean;
  /** Known only from what this browser keeps: nobody knows who changed it, and how many cells it has. */
  unseen: boolean;
}

export const SORTS = ['changed', 'opened', 'title', 'created'] as const;
export type Sort = (typeof SORTS)[number];

/** With fewer notebooks than this, those opened last are in sight anyway. */
const LONG_LIST = 12;
const RECENT_SHOWN = 4;

export function sortOf(kept: string | null | undefined): Sort {
  return SORTS.find((sort) => sort === kept) ?? 'changed';
}

/** What the server knows, with what this browser knows of the same notebooks. */
export function listed(notebooks: readonly NotebookSummary[], recent: readonly Recent[], kept: ReadonlySet<string>): Listed[] {
  const opened = new Map(recent.map(({ id, openedAt }) => [id, openedAt]));
  return notebooks.map((notebook) => {
    const openedAt = opened.get(notebook.id);
    return { ...notebook, kept: kept.has(notebook.id), unseen: false, ...(openedAt === undefined ? {} : { openedAt }) };
  });
}

/** What is left to show when the server never answered. */
export function fromRecent(recent: readonly Recent[], kept: ReadonlySet<string>): Listed[] {
  return recent
    .filter(({ id }) => kept.has(id))
    .map(({ id, title, openedAt }) => ({ id, title, createdAt: openedAt, updatedAt: openedAt, openedAt, cellCount: 0, kept: true, unseen: true }));
}

/** Letters that Unicode does not take apart. */
const PLAIN_LETTERS: { readonly [letter: string]: string } = { ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', đ: 'd', ð: 'd', ł: 'l', þ: 'th', ı: 'i' };

/** Lower case, without accents: what people mean when they type in a hurry. */
function plain(words: string): string {
  const apart = words.toLowerCase().normalize('NFKD').replace(/\p{M}+/gu, '');
  return apart.replace(/[ßæœøđðłþı]/g, (letter) => PLAIN_LETTERS[letter] ?? letter);
}

/** Those whose title contains every word searched for, whatever its case and accents. */
export function found<Item extends { title: string }>(notebooks: readonly Item[], search: string): Item[] {
  const words = plain(search).split(/\s+/).filter((word) => word !== '');
  return notebooks.filter(({ title }) => {
    const there = plain(title || text.page.untitled);
    return words.every((word) => there.includes(word));
  });
}

const titles = new Intl.Collator(language, { numeric: true, sensitivity: 'base' });

const ORDERS: { [sort in Sort]: (one: Listed, other: Listed) => number } = {
  changed: (one, other) => other.updatedAt - one.updatedAt,
  opened: (one, other) => (other.openedAt ?? 0) - (one.openedAt ?? 0) || other.updatedAt - one.updatedAt,
  title: (one, other) => titles.compare(one.title, other.title),
  created: (one, other) => other.createdAt - one.createdAt,
};

export function sorted(notebooks: readonly Listed[], sort: Sort): Listed[] {
  const order = ORDERS[sort];
  return notebooks.toSorted((one, other) => order(one, other) || (one.id < other.id ? -1 : 1));
}

/**
 * The order in which rows stand: those that stand keep their places, new ones come where the sort puts them. So a row
 * does not slip away under the pointer because somebody types in another notebook.
 */
export function held(standing: readonly string[], wanted: readonly string[]): string[] {
  const here = new Set(wanted);
  const order = standing.filter((id) => here.has(id));
  const placed = new Set(order);
  wanted.forEach((id, index) => {
    if (placed.has(id)) return;
    const before = wanted.slice(0, index).findLast((other) => placed.has(other));
    order.splice(before === undefined ? 0 : order.indexOf(before) + 1, 0, id);
    placed.add(id);
  });
  return order;
}

/** Those this browser opened last, when the list is too long to have them in sight. */
export function recentlyOpened(present: readonly Listed[]): Listed[] {
  if (present.length < LONG_LIST) return [];
  return sorted(present.filter(({ openedAt }) => openedAt !== undefined), 'opened').slice(0, RECENT_SHOWN);
}

/** The row a key leads to from the one at `index`; undefined when the key is for something else. */
export function step(key: string, index: number, rows: number): number | undefined {
  switch (key) {
    case 'ArrowDown':
      return Math.min(index + 1, rows - 1);
    case 'ArrowUp':
      return Math.max(index - 1, 0);
    case 'Home':
      return 0;
    case 'End':
      return rows - 1;
    default:
      return undefined;
  }
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** "just now", "5 minutes ago", "yesterday", then the date. */
export function ago(at: number, now: number, locale: string = language): string {
  const words = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  const passed = now - at;
  if (passed < MINUTE) return text.page.justNow;
  if (passed < HOUR) return words.format(-Math.floor(passed / MINUTE), 'minute');
  if (passed < DAY) return words.format(-Math.floor(passed / HOUR), 'hour');
  if (passed < 7 * DAY) return words.format(-Math.floor(passed / DAY), 'day');
  return new Intl.DateTimeFormat(locale, { dateStyle: 'medium' }).format(at);
}

/** The moment, exactly. */
export function moment(at: number, locale: string = language): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' }).format(at);
}
