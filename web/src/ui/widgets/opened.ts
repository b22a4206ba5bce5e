// The sessions that this page has open, each once: two outputs that show the same session share it.
//
// Invariant: a session is open as long as somebody shows it, and closed when the last one goes.

import { WidgetCalls } from '../../sync/widgetCalls';
import { WidgetSession } from '../../sync/widgets';
import { page } from '../page.svelte';

interface Opened {
  session: Promise<WidgetSession>;
  users: number;
}

const opened = new Map<string, Opened>();

/** Opens it, or joins those who have it open. Whoever asked must call `leave` once. */
export function enter(id: string): Promise<WidgetSession> {
  const known = opened.get(id) ?? { session: open(id), users: 0 };
  known.users += 1;
  opened.set(id, known);
  return known.session;
}

export function leave(id: string): void {
  const known = opened.get(id);
  if (!known) return;
  known.users -= 1;
  if (known.users > 0) return;
  opened.delete(id);
  void known.session.then((session) => session.destroy());
}

function open(id: string): Promise<WidgetSession> {
  return WidgetSession.open({ id, base: page.base, name: () => page.person.name, storage: page.storage, calls: new WidgetCalls(page.rest) });
}
