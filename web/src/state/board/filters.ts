// Which tasks of a board are shown, and how they stand in columns. Pure.
//
// Invariant: filtering changes no order, and every task that is shown stands in exactly one column.

import type { Task } from '../../doc/board/board';
import { TASK_STATUSES } from '../../doc/board/schema';
import type { Priority, TaskStatus } from '../../wire/wire';

/** Tasks that are in no session. */
export const NO_SESSION = '';

export interface Filters {
  text: string;
  status: TaskStatus | undefined;
  priority: Priority | undefined;
  /** The id of a session, or `NO_SESSION`. */
  session: string | undefined;
}

export const ALL: Filters = { text: '', status: undefined, priority: undefined, session: undefined };

export interface Column {
  status: TaskStatus;
  tasks: readonly Task[];
}

export function isFiltering({ text, status, priority, session }: Filters): boolean {
  return text.trim() !== '' || status !== undefined || priority !== undefined || session !== undefined;
}

/** Those whose title or id has every word, and that fit all else that is asked for. */
export function filtered(tasks: readonly Task[], filters: Filters): readonly Task[] {
  if (!isFiltering(filters)) return tasks;
  const words = plain(filters.text).split(/\s+/).filter((word) => word !== '');
  return tasks.filter((task) => fits(task, filters) && hasAll(`${plain(task.title)} ${task.id}`, words));
}

export function columns(tasks: readonly Task[], status: TaskStatus | undefined): Column[] {
  const wanted = TASK_STATUSES.filter((each) => status === undefined || each === status);
  return wanted.map((each) => ({ status: each, tasks: tasks.filter((task) => task.status === each) }));
}

function fits({ status, priority, sessionIds }: Task, wanted: Filters): boolean {
  if (wanted.status !== undefined && status !== wanted.status) return false;
  if (wanted.priority !== undefined && priority !== wanted.priority) return false;
  if (wanted.session === NO_SESSION) return sessionIds.length === 0;
  return wanted.session === undefined || sessionIds.includes(wanted.session);
}

function hasAll(text: string, words: readonly string[]): boolean {
  return words.every((word) => text.includes(word));
}

/** Lower case, without accents: what people mean when they type in a hurry. */
function plain(text: string): string {
  return text.toLowerCase().normalize('NFKD').replace(/\p{M}+/gu, '');
}
