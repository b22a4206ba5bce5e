// Reads the fields of tasks and sessions, whatever shape they have. Imports its siblings and yjs.
//
// Invariant: reading never fails; what is missing or of a wrong type reads as the server will repair it.

import * as Y from 'yjs';

import type { Actor, Priority, Reference, SessionStatus, TaskStatus } from '../../wire/wire';
import { isKey } from '../order';
import { isObject } from '../schema';
import { PRIORITIES, SESSION_STATUSES, TASK_STATUSES, type Fields } from './schema';

/** What a task's own map says. */
export interface TaskFields {
  id: string;
  title: string;
  status: TaskStatus;
  priority: Priority;
  /** Its place; undefined until the server gives it one. */
  order: string | undefined;
  references: readonly Reference[];
  createdAt: number;
  createdBy: Actor | undefined;
  updatedAt: number;
  completedAt: number | undefined;
  deletedAt: number | undefined;
}

/** What a session's own map says. */
export interface SessionFields {
  id: string;
  name: string;
  status: SessionStatus;
  notebook: string | undefined;
  createdAt: number;
  createdBy: Actor | undefined;
  updatedAt: number;
  completedAt: number | undefined;
  lastHeartbeat: number | undefined;
  deletedAt: number | undefined;
}

export function taskFields(id: string, map: Fields): TaskFields {
  const order = map.get('order');
  return {
    id,
    title: stringIn(map, 'title') ?? '',
    status: wordIn(map, 'status', TASK_STATUSES) ?? 'pending',
    priority: wordIn(map, 'priority', PRIORITIES) ?? 'medium',
    order: isKey(order) ? order : undefined,
    references: referencesIn(map),
    createdAt: momentIn(map, 'createdAt') ?? 0,
    createdBy: actorIn(map.get('createdBy')),
    updatedAt: momentIn(map, 'updatedAt') ?? 0,
    completedAt: momentIn(map, 'completedAt'),
    deletedAt: deletionIn(map),
  };
}

export function sessionFields(id: string, map: Fields): SessionFields {
  return {
    id,
    name: stringIn(map, 'name') ?? '',
    status: wordIn(map, 'status', SESSION_STATUSES) ?? 'running',
    notebook: stringIn(map, 'notebook'),
    createdAt: momentIn(map, 'createdAt') ?? 0,
    createdBy: actorIn(map.get('createdBy')),
    updatedAt: momentIn(map, 'updatedAt') ?? 0,
    completedAt: momentIn(map, 'completedAt'),
    lastHeartbeat: momentIn(map, 'lastHeartbeat'),
    deletedAt: deletionIn(map),
  };
}

export function stringIn(map: Fields, key: string): string | undefined {
  const value = map.get(key);
  return typeof value === 'string' ? value : undefined;
}

/** The text of a task, which merges; undefined until the server has made one. */
export function textIn(map: Fields, key: string): Y.Text | undefined {
  const value = map.get(key);
  return value instanceof Y.Text ? value : undefined;
}

/** When a link was made; the server counts one without a moment as the first. */
export function linkedAt(value: unknown): number {
  return isObject(value) && typeof value['at'] === 'number' ? value['at'] : 0;
}

export function referenceKey({ notebook, cell }: Reference): string {
  return cell === undefined ? notebook : `${notebook}/${cell}`;
}

function referencesIn(map: Fields): readonly Reference[] {
  const nested = map.get('references');
  if (!(nested instanceof Y.Map)) return [];
  return [...nested.keys()].sort().flatMap(referenceOf);
}

function referenceOf(key: string): Reference[] {
  const [notebook = '', cell, ...more] = key.split('/');
  if (notebook === '' || cell === '' || more.length > 0) return [];
  return [cell === undefined ? { notebook } : { notebook, cell }];
}

function wordIn<Word extends string>(map: Fields, key: string, words: readonly Word[]): Word | undefined {
  const value = map.get(key);
  return words.find((word) => word === value);
}

function momentIn(map: Fields, key: string): number | undefined {
  const value = map.get(key);
  return typeof value === 'number' && value >= 0 ? value : undefined;
}

/** Whatever stands there hides it: the server looks for the key alone. */
function deletionIn(map: Fields): number | undefined {
  return map.has('deletedAt') ? (momentIn(map, 'deletedAt') ?? 0) : undefined;
}

function actorIn(value: unknown): Actor | undefined {
  if (!isObject(value)) return undefined;
  const { name, kind } = value;
  const known = kind === 'human' || kind === 'agent' || kind === 'server';
  return typeof name === 'string' && known ? { name, kind } : undefined;
}
