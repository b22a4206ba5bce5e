// Which session a component stands in, and whether what it stands in may be used.

import { getContext, setContext } from 'svelte';

import type { SessionModel } from './session.svelte';

const SESSION = Symbol('widget session');
const ENABLED = Symbol('enabled');

export function provideSession(session: SessionModel): void {
  setContext(SESSION, session);
}

export function currentSession(): SessionModel {
  return getContext<SessionModel>(SESSION);
}

/** For all that stands in the component that calls this: a box that is disabled disables what is in it. */
export function provideEnabled(enabled: () => boolean): void {
  setContext(ENABLED, enabled);
}

export function currentEnabled(): () => boolean {
  return getContext<(() => boolean) | undefined>(ENABLED) ?? (() => true);
}

/** Whether a control rests: it or what it stands in is disabled, or nobody could be told. To be called while a component is made. */
export function resting(): () => boolean {
  const [session, enabled] = [currentSession(), currentEnabled()];
  return () => !enabled() || session.resting !== undefined;
}
