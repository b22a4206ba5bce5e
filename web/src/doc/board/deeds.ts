// What people do to a board, as changes of the document: the same meaning as the server's operations (`src/project/op.rs`).
//
// Invariant: each deed is one transaction, and nothing is taken out of the document that others may be typing into:
// what is deleted is only marked. Versions, authors and moments of completion are the server's to write. Imports its
// siblings in doc/ and yjs.

import * as Y from 'yjs';

import type { Priority, Reference, SessionStatus, TaskStatus } from '../../wire/wire';
import { byChance } from '../chance';
import { keysToPlace, type Placed } from '../order';
import type { Board, Task } from './board';
import { changing, type Change } from './change';
import { referenceKey } from './fields';
import { fieldsOf, linkKey, TASK_TEXTS, type Fields } from './schema';

export type DeedName =
  | 'create' | 'title' | 'status' | 'priority' | 'move' | 'delete' | 'restore' | 'reference'
  | 'openSession' | 'closeSession' | 'reopenSession' | 'session' | 'link' | 'unlink' | 'project' | 'typing';

/** Something done that can be taken back. */
export interface Deed {
  name: DeedName;
  /** The tasks it is about. */
  tasks: readonly string[];
  changes: readonly Change[];
}

/** Who does it, and when. */
export interface Doer {
  name: () => string;
  now: () => number;
}

export interface NewTask {
  id: string;
  title: string;
  status: TaskStatus;
  priority?: Priority;
  references?: readonly Reference[];
}

/** Where tasks are put: below a task, else above one, else on top of all. */
export interface TaskPlace {
  below?: string | undefined;
  above?: string | undefined;
}

/** An id as the server makes them. */
export function newId(kind: 'task' | 'sess'): string {
  return `${kind}_${byChance(8)}`;
}

/** On top of the board: the newest stands first. */
export function creating(board: Board, { now }: Doer, task: NewTask): Deed {
  const { tasks } = board.roots;
  const [order] = placing(board, [task.id], {}).values();
  const fields: Fields = new Y.Map<unknown>(
    Object.entries({
      title: task.title,
      status: task.status,
      priority: task.priority ?? 'medium',
      order,
      references: new Y.Map((task.references ?? []).map((reference) => [referenceKey(reference), true])),
      createdAt: now(),
    }),
  );
  for (const text of TASK_TEXTS) fields.set(text, new Y.Text());
  tasks.set(task.id, fields);
  return { name: 'create', tasks: [task.id], changes: [made(tasks, task.id, now)] };
}

export function settingTasks(board: Board, name: 'title' | 'status' | 'priority', ids: readonly string[], value: string): Deed {
  return { name, tasks: ids, changes: ids.flatMap((id) => some(changing(taskMap(board, id), name, value))) };
}

/** Puts tasks, in their order, at a place, and into a column if one is named. */
export function moving(board: Board, ids: readonly string[], place: TaskPlace, status?: TaskStatus): Deed {
  const keys = placing(board, ids, place);
  const orders = [...keys].flatMap(([id, key]) => some(changing(taskMap(board, id), 'order', key)));
  const columns = status === undefined ? [] : settingTasks(board, 'status', ids, status).changes;
  return { name: 'move', tasks: ids, changes: [...columns, ...orders] };
}

export function deleting(board: Board, { now }: Doer, ids: readonly string[]): Deed {
  return { name: 'delete', tasks: ids, changes: ids.flatMap((id) => some(changing(taskMap(board, id), 'deletedAt', now(), true))) };
}

export function restoring(board: Board, ids: readonly string[]): Deed {
  return { name: 'restore', tasks: ids, changes: ids.flatMap((id) => some(changing(taskMap(board, id), 'deletedAt', undefined, true))) };
}

/** Makes the task be about a notebook or a cell, or about it no more. */
export function referring(board: Board, id: string, reference: Reference, about: boolean): Deed {
  const map = (): Fields | undefined => {
    const found = taskMap(board, id)()?.get('references');
    return found instanceof Y.Map ? (found as Fields) : undefined;
  };
  return { name: 'reference', tasks: [id], changes: some(changing(map, referenceKey(reference), about ? true : undefined, true)) };
}

export interface NewSession {
  id: string;
  name: string;
  tasks: readonly string[];
}

export function opening(board: Board, doer: Doer, session: NewSession): Deed {
  const { sessions } = board.roots;
  const at = doer.now();
  sessions.set(session.id, new Y.Map<unknown>(Object.entries({ name: session.name, status: 'running', createdAt: at, lastHeartbeat: at })));
  const links = session.tasks.flatMap((task) => some(linking(board, doer, session.id, task)));
  return { name: 'openSession', tasks: session.tasks, changes: [made(sessions, session.id, doer.now), ...links] };
}

/** Its tasks stay with it, so that it can be opened again as it was. */
export function closing(board: Board, { now }: Doer, id: string): Deed {
  const tasks = board.session(id)?.taskIds ?? [];
  return { name: 'closeSession', tasks, changes: some(changing(sessionMap(board, id), 'deletedAt', now(), true)) };
}

export function reopening(board: Board, id: string): Deed {
  return { name: 'reopenSession', tasks: [], changes: some(changing(sessionMap(board, id), 'deletedAt', undefined, true)) };
}

export function settingSession(board: Board, id: string, change: { name?: string; status?: SessionStatus }): Deed {
  return { name: 'session', tasks: [], changes: Object.entries(change).flatMap(([key, value]) => some(changing(sessionMap(board, id), key, value))) };
}

export function joining(board: Board, doer: Doer, session: string, tasks: readonly string[]): Deed {
  return { name: 'link', tasks, changes: tasks.flatMap((task) => some(linking(board, doer, session, task))) };
}

export function parting(board: Board, session: string, task: string): Deed {
  return { name: 'unlink', tasks: [task], changes: some(changing(() => board.roots.links, linkKey(session, task), undefined, true)) };
}

export function naming(board: Board, name: string): Deed {
  return { name: 'project', tasks: [], changes: some(changing(() => board.roots.info, 'name', name)) };
}

function linking(board: Board, { name, now }: Doer, session: string, task: string): Change | undefined {
  return changing(() => board.roots.links, linkKey(session, task), { at: now(), by: { name: name(), kind: 'human' } }, true);
}

/** What was made is taken back by hiding it: others may have begun to write in it. */
function made(root: Y.Map<unknown>, id: string, now: () => number): Change {
  return { map: () => fieldsOf(root, id), key: 'deletedAt', before: now(), after: undefined, mark: true };
}

/** The order keys to write. Deleted tasks keep their places, so that what is put on top stands above them when they are back. */
function placing(board: Board, ids: readonly string[], { below, above }: TaskPlace): Map<string, string> {
  const { tasks, deletedTasks } = board.snapshot();
  const moved = new Set(ids);
  const stay = (task: Task): boolean => !moved.has(task.id);
  const others: Placed[] = tasks.filter(stay).map(placed);
  const at = (id: string | undefined): number => others.findIndex((other) => other.id === id);
  if (below !== undefined && at(below) >= 0) return keysToPlace(others, at(below) + 1, ids);
  if (above !== undefined && at(above) > 0) return keysToPlace(others, at(above), ids);
  const all = [...tasks, ...deletedTasks].filter(stay).map(placed).filter(({ key }) => key !== undefined);
  const top = all.reduce<Placed | undefined>((least, other) => (least === undefined || (other.key ?? '') < (least.key ?? '') ? other : least), undefined);
  return keysToPlace(top ? [top] : [], 0, ids);
}

function placed({ id, order }: Task): Placed {
  return { id, key: order };
}

function taskMap(board: Board, id: string): () => Fields | undefined {
  return () => fieldsOf(board.roots.tasks, id);
}

function sessionMap(board: Board, id: string): () => Fields | undefined {
  return () => fieldsOf(board.roots.sessions, id);
}

function some(change: Change | undefined): Change[] {
  return change === undefined ? [] : [change];
}
