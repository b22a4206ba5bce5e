// What only a browser knows of a widget: how large it stands on the screen, where a film is.
//
// Invariant: a question about something this page does not show stays unanswered here; another page may show it.

import { isObject } from '../../doc/schema';
import type { Ask } from '../../doc/widgets/schema';
import type { SessionModel } from './session.svelte';

/** Undefined when this page does not know. */
export function answerTo({ wid, method }: Ask, session: SessionModel, root: HTMLElement): unknown {
  const element = root.querySelector<HTMLElement>(`[data-wid="${wid}"]`);
  if (!element) return undefined;
  const { left, top, width, height } = element.getBoundingClientRect();
  const video = element.querySelector('video');
  switch (method) {
    case 'get_size':
      return [Math.round(width), Math.round(height)];
    case 'get_position':
      return [Math.round(left), Math.round(top)];
    case 'get_column_widths':
      return columnWidths(element, session.widget(wid).value('columns'));
    case 'get_current_time':
      return video?.currentTime;
    case 'get_duration':
      return video && Number.isFinite(video.duration) ? video.duration : undefined;
    case 'get_paused':
      return video?.paused;
    default:
      return undefined;
  }
}

function columnWidths(element: HTMLElement, columns: unknown): { [key: string]: number } | undefined {
  const cells = [...element.querySelectorAll<HTMLElement>('[role=columnheader]')];
  const told = Array.isArray(columns) ? (columns as unknown[]) : [];
  if (cells.length < told.length || told.length === 0) return undefined;
  const own = cells.slice(cells.length - told.length);
  return Object.fromEntries(own.map((cell, at) => [nameOf(told[at], at), Math.round(cell.getBoundingClientRect().width)]));
}

function nameOf(column: unknown, at: number): string {
  return isObject(column) && typeof column['key'] === 'string' ? column['key'] : `_col${at}`;
}
