// What happened to a task, as sentences made of events. Pure.
//
// Invariant: an event says only what its data says; one that is of no task makes no line.

import { board } from '../../text/board';
import type { Event, EventBody, TaskChanges } from '../../wire/wire';

export interface ActivityLine {
  seq: number;
  at: number;
  who: string;
  agent: boolean;
  what: string;
}

/** An agent that did something lately. */
export interface ActiveAgent {
  name: string;
  at: number;
  /** The task it was, if it was one. */
  task: string | undefined;
}

/** After this without an event an agent counts as gone. */
export const AGENT_STAYS_MS = 5 * 60_000;

/** The task that an event is about. */
export function taskOf(body: EventBody): string | undefined {
  const event = body as unknown as Event;
  switch (event.event) {
    case 'task:created':
    case 'task:updated':
    case 'task:deleted':
      return event.data.id;
    case 'task:session_added':
    case 'task:session_removed':
      return event.data.taskId;
    default:
      return undefined;
  }
}

/** Newest first; `nameOf` tells what a session is called. */
export function activity(events: readonly EventBody[], task: string, nameOf: (session: string) => string | undefined): ActivityLine[] {
  const lines = events.filter((event) => taskOf(event) === task).flatMap((event) => lineOf(event, nameOf));
  return lines.reverse();
}

function lineOf(body: EventBody, nameOf: (session: string) => string | undefined): ActivityLine[] {
  const what = sentenceOf(body as unknown as Event, nameOf);
  if (what === '') return [];
  const { seq, ts, actor } = body;
  return [{ seq, at: ts, who: actor?.name ?? board.activity.somebody, agent: actor?.kind === 'agent', what }];
}

function sentenceOf(event: Event, nameOf: (session: string) => string | undefined): string {
  const says = board.activity;
  switch (event.event) {
    case 'task:created':
      return says.created;
    case 'task:deleted':
      return says.deleted;
    case 'task:updated':
      return changesOf(event.data);
    case 'task:session_added':
      return says.sessionAdded(nameOf(event.data.sessionId) ?? says.aSession);
    case 'task:session_removed':
      return says.sessionRemoved(nameOf(event.data.sessionId) ?? says.aSession);
    default:
      return '';
  }
}

/** Who is in which session is told by events of its own. */
function changesOf({ changed, title, status, priority }: TaskChanges): string {
  const says = board.activity;
  const words = changed.map((field) => {
    if (field === 'title' && title !== undefined) return says.title(title);
    if (field === 'status' && status !== undefined) return says.status(board.statuses[status]);
    if (field === 'priority' && priority !== undefined) return says.priority(board.priorities[priority]);
    return field === 'description' || field === 'prompt' || field === 'references' || field === 'order' ? says[field] : '';
  });
  return words.filter((word) => word !== '').join(', ');
}

/** With what an event says of an agent, and without those that did nothing for long. */
export function withAgent(agents: readonly ActiveAgent[], event: EventBody, now: number): readonly ActiveAgent[] {
  const staying = agents.filter(({ at }) => now - at < AGENT_STAYS_MS);
  const { actor, ts } = event;
  if (actor?.kind !== 'agent' || now - ts >= AGENT_STAYS_MS) return staying.length === agents.length ? agents : staying;
  const others = staying.filter(({ name }) => name !== actor.name);
  return [...others, { name: actor.name, at: ts, task: taskOf(event) }];
}

/** Of what was missed, the changes by others: an addition to a session is told by several events and counts once. */
export function changesByOthers(missed: readonly EventBody[], me: string): number {
  const counted = missed.filter(({ event, actor }) => actor?.name !== me && /:(?:created|updated|deleted)$/.test(event));
  return counted.length;
}
