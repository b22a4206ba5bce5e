import { expect, test } from 'vitest';

import * as deeds from '../../../src/doc/board/deeds';
import { exchange, players, TYPING, type Player } from './replicas';

function set(player: Player, name: 'title' | 'status' | 'priority', value: string) {
  return player.history.perform(() => deeds.settingTasks(player.board, name, ['t'], value));
}

function type(player: Player, words: string): void {
  player.board.doc.transact(() => player.board.text('t', 'description')?.insert(0, words), TYPING);
}

test('undo takes back deeds and typing of mine in the order they were done, and redo does them again', () => {
  const [ana] = players(1, ['t']);
  set(ana!, 'status', 'completed');
  type(ana!, 'words');
  set(ana!, 'priority', 'high');
  expect(ana!.history.undo()?.name).toBe('priority');
  expect(ana!.history.undo()?.name).toBe('typing');
  expect(ana!.board.text('t', 'description')?.toString()).toBe('');
  expect(ana!.history.undo()?.name).toBe('status');
  expect(ana!.board.task('t')).toMatchObject({ status: 'pending', priority: 'medium' });
  expect([ana!.history.redo()?.name, ana!.history.redo()?.name, ana!.history.redo()?.name]).toEqual(['status', 'typing', 'priority']);
  expect(ana!.board.task('t')).toMatchObject({ status: 'completed', priority: 'high' });
  expect(ana!.board.text('t', 'description')?.toString()).toBe('words');
  expect(ana!.history.redo()).toBeUndefined();
});

test('what somebody else has changed since is not taken back', () => {
  const all = players(2, ['t']);
  const [ana, ben] = all;
  set(ana!, 'status', 'in_progress');
  exchange(all);
  set(ben!, 'status', 'blocked');
  exchange(all);
  expect(ana!.history.undo()?.name).toBe('create');
  expect(ben!.board.task('t')?.status).toBe('blocked');
});

test('undoing a new task hides it with what others wrote into it, and redo brings both back', () => {
  const all = players(2, ['t']);
  const [ana, ben] = all;
  type(ben!, 'mine');
  exchange(all);
  ana!.history.undo();
  exchange(all);
  expect([ana!.titles, ben!.titles]).toEqual([[], []]);
  expect(ana!.board.snapshot().deletedTasks.map(({ id }) => id)).toEqual(['t']);
  ana!.history.redo();
  exchange(all);
  expect(ben!.board.text('t', 'description')?.toString()).toBe('mine');
  expect(ben!.titles).toEqual(['T']);
});

test('a deletion whose moment the server wrote itself can still be taken back', () => {
  const [ana] = players(1, ['t']);
  const done = ana!.history.perform(() => deeds.deleting(ana!.board, ana!.doer, ['t']));
  const map = ana!.board.roots.tasks.get('t') as { set(key: string, value: unknown): void };
  map.set('deletedAt', 99);
  expect(ana!.history.takeBack(done!)).toBe(true);
  expect(ana!.titles).toEqual(['T']);
  expect(ana!.history.takeBack(done!)).toBe(false);
});

test('what changes nothing is no step', () => {
  const [ana] = players(1, ['t']);
  expect(set(ana!, 'status', 'pending')).toBeUndefined();
  expect(ana!.history.perform(() => deeds.parting(ana!.board, 's', 't'))).toBeUndefined();
  expect(ana!.history.undo()?.name).toBe('create');
});
