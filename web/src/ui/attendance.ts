// What this person's page tells the others of them beside caret and cell: what they read, that they are there, that
// they leave.
//
// Invariant: at most one message a second of where they look, at most two a minute that they are there, and none from
// somebody who does nothing.

import { leave, look, stir } from '../sync/presence';
import type { DocumentSession } from '../sync/document';
import { cellInTheMiddle, sideOf } from './sight';

const LOOK_EVERY_MS = 1000;
/** Half the time after which others count them as away. */
const STIR_EVERY_MS = 30_000;
const SIGNS = ['pointermove', 'pointerdown', 'keydown', 'wheel', 'touchstart'] as const;

export interface Attendance {
  /** Introduces this person again after a goodbye. */
  introduce: () => void;
  /** Whoever follows is where the other is. */
  isFollowing: () => boolean;
}

/** Tells until the returned function is called. */
export function attend({ awareness }: Pick<DocumentSession, 'awareness'>, { introduce, isFollowing }: Attendance): () => void {
  let waiting: ReturnType<typeof setTimeout> | undefined;
  const told = () => (awareness.getLocalState()?.['active'] as number | undefined) ?? 0;

  const lookAround = () => {
    waiting = undefined;
    if (isFollowing()) return look(awareness, null);
    const cell = awareness.getLocalState()?.['cell'] as string | null | undefined;
    const away = !cell || sideOf(cell) !== 'in';
    look(awareness, away ? (cellInTheMiddle() ?? null) : null);
  };
  const scrolled = () => {
    waiting ??= setTimeout(lookAround, LOOK_EVERY_MS);
  };
  const stirred = () => {
    if (Date.now() - told() > STIR_EVERY_MS) stir(awareness);
  };
  const leaving = () => leave(awareness);
  const returned = ({ persisted }: PageTransitionEvent) => persisted && introduce();

  scrolled();
  SIGNS.forEach((sign) => window.addEventListener(sign, stirred, { passive: true, capture: true }));
  window.addEventListener('scroll', scrolled, { passive: true });
  window.addEventListener('pagehide', leaving);
  window.addEventListener('pageshow', returned);
  return () => {
    clearTimeout(waiting);
    SIGNS.forEach((sign) => window.removeEventListener(sign, stirred, { capture: true }));
    window.removeEventListener('scroll', scrolled);
    window.removeEventListener('pagehide', leaving);
    window.removeEventListener('pageshow', returned);
  };
}
