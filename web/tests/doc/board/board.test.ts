import { expect, test } from 'vitest';
import * as Y from 'yjs';

import { Board } from '../../../src/doc/board/board';
import * as deeds from '../../../src/doc/board/deeds';
import { PRIORITIES, TASK_STATUSES } from '../../../src/doc/board/schema';
import { exchange, players, type Player } from './replicas';

test('ms_11_the_newest_task_stands_on_top_with_the_defaults_of_the_seed', () => {
  const [ana] = players(1, ['old', 'new']);
  expect(ana!.titles).toEqual(['NEW', 'OLD']);
  expect(ana!.board.task('new')).toMatchObject({ status: 'pending', priority: 'medium', sessionIds: [], sessionCount: 0, references: [] });
});

test('ms_11_of_tasks_made_at_once_by_two_people_both_stand_on_top_in_one_order_for_both', () => {
  const all = players(2, ['old']);
  const [ana, ben] = all;
  ana!.create('a');
  ben!.create('b');
  exchange(all);
  expect(ana!.titles).toEqual(ben!.titles);
  expect(ana!.titles.at(-1)).toBe('OLD');
});

test('ms_12_the_count_is_the_length_of_the_list_whatever_is_closed_and_deleted_at_once', () => {
  const all = players(2, ['t']);
  const [ana, ben] = all;
  for (const id of ['s1', 's2']) ana!.history.perform(() => deeds.opening(ana!.board, ana!.doer, { id, name: id, tasks: ['t'] }));
  exchange(all);
  expect(ben!.board.task('t')).toMatchObject({ sessionIds: ['s1', 's2'], sessionCount: 2 });
  ana!.history.perform(() => deeds.closing(ana!.board, ana!.doer, 's1'));
  ben!.history.perform(() => deeds.parting(ben!.board, 's2', 't'));
  exchange(all);
  expect(ana!.board.task('t')).toMatchObject({ sessionIds: [], sessionCount: 0 });
  ana!.history.perform(() => deeds.reopening(ana!.board, 's1'));
  expect(ana!.board.task('t')).toMatchObject({ sessionIds: ['s1'], sessionCount: 1 });
  expect(ana!.board.session('s1')?.taskIds).toEqual(['t']);
});

test('ms_16_two_people_who_change_different_fields_at_once_both_have_their_way', () => {
  const all = players(2, ['t']);
  const [ana, ben] = all;
  ana!.history.perform(() => deeds.settingTasks(ana!.board, 'status', ['t'], 'in_progress'));
  ben!.history.perform(() => deeds.settingTasks(ben!.board, 'priority', ['t'], 'high'));
  exchange(all);
  for (const { board } of all) expect(board.task('t')).toMatchObject({ status: 'in_progress', priority: 'high' });
});

test('a task that did not change is the same object as before', () => {
  const [ana] = players(1, ['a', 'b']);
  const before = ana!.board.snapshot();
  ana!.history.perform(() => deeds.settingTasks(ana!.board, 'title', ['a'], 'Other'));
  const after = ana!.board.snapshot();
  expect(after.tasks.find(({ id }) => id === 'b')).toBe(before.tasks.find(({ id }) => id === 'b'));
  expect(after.tasks.find(({ id }) => id === 'a')).not.toBe(before.tasks.find(({ id }) => id === 'a'));
});

test('typing into a description changes nothing that the board shows', () => {
  const [ana] = players(1, ['a']);
  let told = 0;
  ana!.board.onChange(() => (told += 1));
  const before = ana!.board.snapshot();
  ana!.board.text('a', 'description')?.insert(0, 'words');
  expect([told, ana!.board.snapshot()]).toEqual([0, before]);
});

test('a document of any shape is read without failing', () => {
  const doc = new Y.Doc();
  const broken = new Y.Map<unknown>(Object.entries({ title: 7, status: 'odd', priority: null, order: '!', references: 'none', createdAt: -4, createdBy: { name: 1 } }));
  doc.getMap('tasks').set('broken', broken);
  doc.getMap('tasks').set('text', 'no task');
  doc.getMap('sessions').set('s', new Y.Map());
  doc.getMap('links').set('s/broken', 'odd');
  doc.getMap('links').set('s/nothing', {});
  doc.getMap('links').set('a/b/c', {});
  const { tasks, sessions } = new Board(doc).snapshot();
  expect(tasks).toEqual([expect.objectContaining({ id: 'broken', title: '', status: 'pending', priority: 'medium', sessionIds: ['s'], references: [], createdAt: 0 })]);
  expect(sessions).toEqual([expect.objectContaining({ id: 's', status: 'running', taskIds: ['broken'] })]);
});

test('a task is moved between others, and only its own place changes', () => {
  const [ana] = players(1, ['a', 'b', 'c']);
  const orders = () => new Map(ana!.board.snapshot().tasks.map(({ id, order }) => [id, order]));
  const before = orders();
  ana!.history.perform(() => deeds.moving(ana!.board, ['a'], { below: 'c' }));
  expect(ana!.titles).toEqual(['C', 'A', 'B']);
  const changed = [...orders()].filter(([id, order]) => before.get(id) !== order).map(([id]) => id);
  expect(changed).toEqual(['a']);
  ana!.history.perform(() => deeds.moving(ana!.board, ['b', 'a'], {}));
  expect(ana!.titles).toEqual(['B', 'A', 'C']);
  ana!.history.perform(() => deeds.moving(ana!.board, ['b'], { above: 'c' }, 'completed'));
  expect(ana!.titles).toEqual(['A', 'B', 'C']);
  expect(ana!.board.task('b')?.status).toBe('completed');
});

test('ms_35_what_a_task_is_about_merges', () => {
  const all = players(2, ['t']);
  const [ana, ben] = all;
  ana!.history.perform(() => deeds.referring(ana!.board, 't', { notebook: 'n' }, true));
  ben!.history.perform(() => deeds.referring(ben!.board, 't', { notebook: 'n', cell: 'c' }, true));
  exchange(all);
  expect(ana!.board.task('t')?.references).toEqual([{ notebook: 'n' }, { notebook: 'n', cell: 'c' }]);
});

/** A small generator, so that a failure can be repeated by its seed. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}

/** Something that people do, at random. */
function act(player: Player, next: () => number, made: string[]): void {
  const pick = <Item>(from: readonly Item[]): Item | undefined => from[Math.floor(next() * from.length)];
  const { board, doer, history } = player;
  const task = pick(board.snapshot().tasks)?.id ?? 'none';
  const session = pick(board.snapshot().sessions)?.id ?? 'none';
  const id = `n${made.length}`;
  const choices: (() => void)[] = [
    () => (made.push(id), player.create(id)),
    () => history.perform(() => deeds.settingTasks(board, 'status', [task], pick(TASK_STATUSES) ?? 'pending')),
    () => history.perform(() => deeds.settingTasks(board, 'priority', [task], pick(PRIORITIES) ?? 'low')),
    () => history.perform(() => deeds.moving(board, [task], { below: pick(board.snapshot().tasks)?.id }, pick(TASK_STATUSES))),
    () => history.perform(() => deeds.deleting(board, doer, [task])),
    () => (made.push(id), history.perform(() => deeds.opening(board, doer, { id, name: id, tasks: [task] }))),
    () => history.perform(() => deeds.joining(board, doer, session, [task])),
    () => history.perform(() => deeds.parting(board, session, task)),
    () => history.perform(() => deeds.closing(board, doer, session)),
    () => history.undo(),
    () => history.redo(),
  ];
  pick(choices)?.();
}

test('ms_25_whatever_several_people_do_at_once_all_see_the_same_and_every_count_is_right', () => {
  for (let seed = 1; seed <= 12; seed += 1) {
    const next = random(seed);
    const all = players(3, ['a', 'b']);
    const made: string[] = [];
    for (let round = 0; round < 12; round += 1) {
      for (const player of all) for (let times = 0; times < 3; times += 1) act(player, next, made);
      exchange(all);
      const seen = all.map(({ board }) => board.snapshot());
      expect(seen[1], `seed ${seed}`).toEqual(seen[0]);
      expect(seen[2], `seed ${seed}`).toEqual(seen[0]);
      for (const { id, sessionIds, sessionCount } of seen[0]?.tasks ?? []) {
        expect(sessionCount, `seed ${seed}`).toBe(sessionIds.length);
        for (const session of seen[0]?.sessions ?? []) expect(session.taskIds.includes(id), `seed ${seed}`).toBe(sessionIds.includes(session.id));
      }
    }
  }
});
