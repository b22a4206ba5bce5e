// The list of notebooks as the home page shows it. Pure.

import type { Recent } from '../sync/recent';
import type { NotebookSummary } from '../wire/wire';

/** `here`: known only from what this browser keeps. */
export type Listed = NotebookSummary & { here: boolean };

/** Those whose title contains every word searched for. */
export function found<Item extends { title: string }>(notebooks: readonly Item[], search: string): Item[] {
  const words = search.toLocaleLowerCase().split(/\s+/).filter((word) => word !== '');
  return notebooks.filter(({ title }) => words.every((word) => title.toLocaleLowerCase().includes(word)));
}

export function fromRecent(recent: readonly Recent[]): Listed[] {
  return recent.map(({ id, title, openedAt }) => ({ id, title, createdAt: openedAt, updatedAt: openedAt, cellCount: 0, here: true }));
}

export function titleOfFile(name: string): string {
  return name.replace(/\.(ipynb|json)$/i, '') || name;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** "just now", "5 minutes ago", "yesterday", then the date. */
export function ago(at: number, now: number, locale?: string): string {
  const words = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  const passed = now - at;
  if (passed < MINUTE) return 'just now';
  if (passed < HOUR) return words.format(-Math.floor(passed / MINUTE), 'minute');
  if (passed < DAY) return words.format(-Math.floor(passed / HOUR), 'hour');
  if (passed < 7 * DAY) return words.format(-Math.floor(passed / DAY), 'day');
  return new Intl.DateTimeFormat(locale, { dateStyle: 'medium' }).format(at);
}
