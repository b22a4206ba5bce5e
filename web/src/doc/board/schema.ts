// Names of the roots and keys of a project's document, and the typed way to them. Imports yjs and the wire.
//
// Invariant: the names are those of `src/project/schema.rs`; the server repairs what does not fit them.

import * as Y from 'yjs';

import type { Priority, SessionStatus, TaskStatus } from '../../wire/wire';

/** In the order of the columns. */
export const TASK_STATUSES: readonly TaskStatus[] = ['pending', 'in_progress', 'blocked', 'completed', 'cancelled'];
export const PRIORITIES: readonly Priority[] = ['high', 'medium', 'low'];
export const SESSION_STATUSES: readonly SessionStatus[] = ['running', 'idle', 'completed', 'failed'];

/** The texts of a task, which merge letter by letter. */
export const TASK_TEXTS = ['description', 'prompt'] as const;
export type TaskText = (typeof TASK_TEXTS)[number];

export type Fields = Y.Map<unknown>;

export interface BoardRoots {
  doc: Y.Doc;
  /** Name and description of the project. */
  info: Fields;
  /** Task id to its fields. */
  tasks: Y.Map<unknown>;
  /** Session id to its fields. */
  sessions: Y.Map<unknown>;
  /** `{session}/{task}` to when and by whom the task was put into the session. */
  links: Y.Map<unknown>;
}

export function boardRoots(doc: Y.Doc): BoardRoots {
  return { doc, info: doc.getMap('info'), tasks: doc.getMap('tasks'), sessions: doc.getMap('sessions'), links: doc.getMap('links') };
}

export function linkKey(session: string, task: string): string {
  return `${session}/${task}`;
}

/** The map of a task or a session; undefined when there is none. */
export function fieldsOf(root: Y.Map<unknown>, id: string): Fields | undefined {
  const found = root.get(id);
  return found instanceof Y.Map ? (found as Fields) : undefined;
}
