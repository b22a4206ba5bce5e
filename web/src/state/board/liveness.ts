// How a session does: how long it has gone on, and whether it is still alive. Pure.

import type { Session } from '../../doc/board/board';

/** A session that says nothing for so long has probably died: agents say so every few seconds. */
const SILENT_MS = 60_000;

export interface Liveness {
  /** Milliseconds since it began, or that it took. */
  elapsed: number;
  ended: boolean;
  /** Milliseconds since its last sign of life; undefined when it never gave one. */
  heartbeat: number | undefined;
  /** It ought to give signs of life and does not. */
  silent: boolean;
}

export function liveness({ status, createdAt, completedAt, lastHeartbeat }: Session, now: number): Liveness {
  const ended = status === 'completed' || status === 'failed';
  const heartbeat = lastHeartbeat === undefined ? undefined : Math.max(0, now - lastHeartbeat);
  return {
    elapsed: Math.max(0, (ended ? (completedAt ?? now) : now) - createdAt),
    ended,
    heartbeat,
    silent: status === 'running' && heartbeat !== undefined && heartbeat >= SILENT_MS,
  };
}
