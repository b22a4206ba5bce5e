// A project's document as tasks, sessions and who is in which: a view that is a function of the document.
//
// Invariant: who is with whom stands in `links` alone; both lists and every count are derived from it, so they cannot
// disagree. A task or session that did not change is the same object as before. Imports its siblings in doc/ and yjs.

import * as Y from 'yjs';

import { linkedAt, sessionFields, stringIn, taskFields, textIn, type SessionFields, type TaskFields } from './fields';
import { boardRoots, fieldsOf, type BoardRoots, type TaskText } from './schema';

export interface Task extends TaskFields {
  /** The sessions it is in, first joined first. */
  sessionIds: readonly string[];
  /** How many those are. */
  sessionCount: number;
}

export interface Session extends SessionFields {
  /** Its tasks, first added first. */
  taskIds: readonly string[];
}

export interface Snapshot {
  name: string;
  /** Those that people see, from the top. */
  tasks: readonly Task[];
  /** Those that people see, newest first. */
  sessions: readonly Session[];
  /** Deleted ones that can be restored, last deleted first. */
  deletedTasks: readonly Task[];
  deletedSessions: readonly Session[];
}

export class Board {
  readonly roots: BoardRoots;
  readonly #tasks = new Map<string, Task>();
  readonly #sessions = new Map<string, Session>();
  #snapshot: Snapshot | undefined;
  readonly #listeners = new Set<() => void>();

  constructor(readonly doc: Y.Doc) {
    this.roots = boardRoots(doc);
    const { info, tasks, sessions, links } = this.roots;
    for (const root of [info, tasks, sessions, links]) root.observeDeep(this.#changed);
  }

  /** As it is now; the same object as long as nothing changed. */
  snapshot(): Snapshot {
    return (this.#snapshot ??= this.#read());
  }

  task(id: string): Task | undefined {
    this.snapshot();
    return this.#tasks.get(id);
  }

  session(id: string): Session | undefined {
    this.snapshot();
    return this.#sessions.get(id);
  }

  text(task: string, key: TaskText): Y.Text | undefined {
    const map = fieldsOf(this.roots.tasks, task);
    return map && textIn(map, key);
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  destroy(): void {
    const { info, tasks, sessions, links } = this.roots;
    for (const root of [info, tasks, sessions, links]) root.unobserveDeep(this.#changed);
    this.#listeners.clear();
  }

  readonly #changed = (events: readonly Y.YEvent<Y.AbstractType<unknown>>[]): void => {
    // What people type into a text changes nothing that stands here.
    if (events.every(({ target }) => target instanceof Y.Text)) return;
    this.#snapshot = undefined;
    for (const listener of [...this.#listeners]) listener();
  };

  #read(): Snapshot {
    const { info, tasks, sessions, links } = this.roots;
    const bare = { tasks: all(tasks, taskFields), sessions: all(sessions, sessionFields) };
    const company = membership(links, bare.tasks, bare.sessions);
    const seenTasks = [...bare.tasks.values()].map((task) => keep(this.#tasks, withSessions(task, company.sessions.get(task.id) ?? [])));
    const seenSessions = [...bare.sessions.values()].map((session) => keep(this.#sessions, { ...session, taskIds: company.tasks.get(session.id) ?? [] }));
    forget(this.#tasks, bare.tasks);
    forget(this.#sessions, bare.sessions);
    return {
      name: stringIn(info, 'name') ?? '',
      tasks: seenTasks.filter(isSeen).sort(fromTheTop),
      sessions: seenSessions.filter(isSeen).sort(newestFirst),
      deletedTasks: seenTasks.filter((task) => !isSeen(task)).sort(lastDeletedFirst),
      deletedSessions: seenSessions.filter((session) => !isSeen(session)).sort(lastDeletedFirst),
    };
  }
}

function all<Item>(root: Y.Map<unknown>, read: (id: string, map: Y.Map<unknown>) => Item): Map<string, Item> {
  const found = new Map<string, Item>();
  for (const id of root.keys()) {
    const map = fieldsOf(root, id);
    if (map) found.set(id, read(id, map));
  }
  return found;
}

function withSessions(task: TaskFields, sessionIds: readonly string[]): Task {
  return { ...task, sessionIds, sessionCount: sessionIds.length };
}

/** The object of before, if it says the same. */
function keep<Item extends { id: string }>(known: Map<string, Item>, now: Item): Item {
  const before = known.get(now.id);
  if (before && JSON.stringify(before) === JSON.stringify(now)) return before;
  known.set(now.id, now);
  return now;
}

function forget(known: Map<string, unknown>, there: ReadonlyMap<string, unknown>): void {
  for (const id of [...known.keys()]) if (!there.has(id)) known.delete(id);
}

interface Company {
  sessions: Map<string, string[]>;
  tasks: Map<string, string[]>;
}

/** Among those that people see, in the order in which they came together. */
function membership(links: Y.Map<unknown>, tasks: ReadonlyMap<string, TaskFields>, sessions: ReadonlyMap<string, SessionFields>): Company {
  const pairs = [...links.entries()].flatMap(([key, value]) => {
    const [session = '', task = '', ...more] = key.split('/');
    const seen = more.length === 0 && isSeen(tasks.get(task)) && isSeen(sessions.get(session));
    return seen ? [{ session, task, at: linkedAt(value) }] : [];
  });
  pairs.sort((one, other) => one.at - other.at || compare(one.session, other.session) || compare(one.task, other.task));
  const company: Company = { sessions: new Map(), tasks: new Map() };
  for (const { session, task } of pairs) {
    company.sessions.set(task, [...(company.sessions.get(task) ?? []), session]);
    company.tasks.set(session, [...(company.tasks.get(session) ?? []), task]);
  }
  return company;
}

function isSeen(item: { deletedAt: number | undefined } | undefined): boolean {
  return item !== undefined && item.deletedAt === undefined;
}

/** A task without a place is new: the server puts it on top. */
export function fromTheTop(one: TaskFields, other: TaskFields): number {
  return compare(one.order ?? '', other.order ?? '') || compare(one.id, other.id);
}

function newestFirst(one: SessionFields, other: SessionFields): number {
  return other.createdAt - one.createdAt || compare(one.id, other.id);
}

function lastDeletedFirst(one: TaskFields | SessionFields, other: TaskFields | SessionFields): number {
  return (other.deletedAt ?? 0) - (one.deletedAt ?? 0) || compare(one.id, other.id);
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
