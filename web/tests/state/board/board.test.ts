import { expect, test } from 'vitest';

import type { Session, Task } from '../../../src/doc/board/board';
import { activity, AGENT_STAYS_MS, changesByOthers, withAgent } from '../../../src/state/board/activity';
import { ALL, columns, filtered, NO_SESSION } from '../../../src/state/board/filters';
import { BOARD_COMMANDS, commandOf, keySheet } from '../../../src/state/board/keys';
import { liveness } from '../../../src/state/board/liveness';
import { board as says } from '../../../src/text/board';
import type { EventBody } from '../../../src/wire/wire';

const task = (id: string, about: Partial<Task> = {}): Task => ({
  id, title: id, status: 'pending', priority: 'medium', order: 'a0', references: [], createdAt: 0, createdBy: undefined, updatedAt: 0,
  completedAt: undefined, deletedAt: undefined, sessionIds: [], sessionCount: 0, ...about,
});

const event = (seq: number, about: Partial<EventBody>): EventBody => ({ seq, event: 'task:updated', ts: seq, data: {}, ...about });

test('tasks are found by words without accents, by status, priority and session', () => {
  const all = [task('a', { title: 'Crème brûlée' }), task('b', { status: 'blocked', sessionIds: ['s'] }), task('c', { priority: 'high' })];
  const ids = (change: Partial<typeof ALL>) => filtered(all, { ...ALL, ...change }).map(({ id }) => id);
  expect(ids({ text: 'brulee creme' })).toEqual(['a']);
  expect(ids({ status: 'blocked' })).toEqual(['b']);
  expect(ids({ priority: 'high' })).toEqual(['c']);
  expect(ids({ session: 's' })).toEqual(['b']);
  expect(ids({ session: NO_SESSION })).toEqual(['a', 'c']);
  expect(filtered(all, ALL)).toBe(all);
});

test('every task stands in one column, in the order of the board', () => {
  const all = [task('a'), task('b', { status: 'completed' }), task('c')];
  const found = columns(all, undefined).map(({ status, tasks }) => [status, tasks.map(({ id }) => id).join('')]);
  expect(found).toEqual([['pending', 'ac'], ['in_progress', ''], ['blocked', ''], ['completed', 'b'], ['cancelled', '']]);
});

test('badges_are_those_of_the_seed_and_of_the_command_line', () => {
  expect([says.badges.priority.high, says.badges.status.pending, says.badges.status.completed, says.badges.status.in_progress, says.badges.sessions(2)]).toEqual(['[HIGH]', '[IDLE]', '[OK] ✓', '[RUN]', '[2x]']);
});

test('no two commands have the same keys, and the help sheet shows them all', () => {
  const keys = Object.values(BOARD_COMMANDS).flatMap((declared) => declared.keys);
  expect(new Set(keys).size).toBe(keys.length);
  expect(keySheet().flatMap(({ lines }) => lines.flatMap((line) => line.keys)).sort()).toEqual([...keys].sort());
  expect(commandOf('d')).toEqual({ begins: true });
  expect(commandOf('d d')).toEqual({ command: 'delete', begins: false });
});

test('what happened to a task is told newest first, by name, and nothing of others', () => {
  const events = [
    event(1, { event: 'task:created', actor: { name: 'Ana', kind: 'human' }, data: { id: 't' } }),
    event(2, { actor: { name: 'Bot', kind: 'agent' }, data: { id: 't', changed: ['status', 'completedAt'], status: 'completed', updatedAt: 2 } }),
    event(3, { data: { id: 'other', changed: ['title'], title: 'x', updatedAt: 3 } }),
    event(4, { data: { id: 't', changed: ['sessionIds', 'sessionCount'], updatedAt: 4 } }),
    event(5, { event: 'task:session_added', data: { taskId: 't', sessionId: 's' } }),
  ];
  const lines = activity(events, 't', () => 'Night shift').map(({ who, agent, what }) => [who, agent, what]);
  expect(lines).toEqual([['Somebody', false, 'put it into Night shift'], ['Bot', true, 'set it to Completed'], ['Ana', false, 'made it']]);
});

test('ms_24_an_agent_is_there_after_what_it_did_and_goes_when_it_does_nothing_more', () => {
  const did = event(1, { ts: 1000, actor: { name: 'Claude', kind: 'agent' }, data: { id: 't', changed: [] } });
  const there = withAgent([], did, 1000);
  expect(there).toEqual([{ name: 'Claude', at: 1000, task: 't' }]);
  expect(withAgent(there, event(2, { actor: { name: 'Ana', kind: 'human' } }), 2000)).toBe(there);
  expect(withAgent(there, event(3, { actor: { name: 'Ana', kind: 'human' } }), 1000 + AGENT_STAYS_MS)).toEqual([]);
});

test('ms_18_what_others_changed_meanwhile_is_counted_without_its_companions_and_without_mine', () => {
  const by = (name: string) => ({ name, kind: 'human' }) as const;
  const missed = [event(1, { actor: by('Ben') }), event(2, { event: 'session:task_added', actor: by('Ben') }), event(3, { actor: by('Ana') }), event(4, { event: 'task:created', actor: by('Ben') })];
  expect(changesByOthers(missed, 'Ana')).toBe(2);
});

test('a session is silent when it ought to be alive and says nothing', () => {
  const session: Session = { id: 's', name: '', status: 'running', notebook: undefined, createdAt: 1000, createdBy: undefined, updatedAt: 0, completedAt: undefined, lastHeartbeat: 5000, deletedAt: undefined, taskIds: [] };
  expect(liveness(session, 8000)).toEqual({ elapsed: 7000, ended: false, heartbeat: 3000, silent: false });
  expect(liveness(session, 70_000).silent).toBe(true);
  expect(liveness({ ...session, status: 'completed', completedAt: 4000 }, 90_000)).toMatchObject({ elapsed: 3000, ended: true, silent: false });
});
