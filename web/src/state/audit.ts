// What was done, as the audit log tells it, sorted for the screen. Pure.

import type { AuditEntry } from '../wire/wire';

/** What became of a deed. */
export type Outcome = 'done' | 'refused' | 'failed';

/** By the status of HTTP: from 400 on the asker was refused, from 500 on the server failed. */
export function answerOf(status: number): Outcome {
  if (status >= 500) return 'failed';
  return status >= 400 ? 'refused' : 'done';
}

/** The deeds that have a text in who, what or where from, in whatever case. */
export function deedsWith(deeds: readonly AuditEntry[], sought: string): readonly AuditEntry[] {
  const wanted = sought.trim().toLocaleLowerCase();
  const words = ({ actor, action, address }: AuditEntry) => [actor.name, action, address].join('\n').toLocaleLowerCase();
  return wanted === '' ? deeds : deeds.filter((deed) => words(deed).includes(wanted));
}
