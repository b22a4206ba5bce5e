import { expect, test } from 'vitest';

import { Projects } from '../../src/state/projects';
import type { ProjectSummary } from '../../src/wire/wire';
import { TestClock } from '../sync/wire';

const project = (id: string): ProjectSummary => ({ id, name: id, createdAt: 0, updatedAt: 0, taskCount: 0 });

test('ms_36_a_change_shows_at_once_and_goes_back_when_the_server_refuses', async () => {
  const projects = new Projects(async () => [project('a')], new TestClock());
  await projects.read();
  let refuse: (cause: Error) => void = () => undefined;
  const changing = projects.act('a', { name: 'new' }, () => new Promise((_, reject) => (refuse = reject)));
  expect(projects.all?.map(({ name }) => name)).toEqual(['new']);
  refuse(new Error('No.'));
  await expect(changing).rejects.toThrow('No.');
  expect(projects.all?.map(({ name }) => name)).toEqual(['a']);
});

test('many events make few readings, and the last is seen', async () => {
  const clock = new TestClock();
  let readings = 0;
  const projects = new Projects(async () => [project(`p${(readings += 1)}`)], clock);
  const all = Promise.all(Array.from({ length: 50 }, () => projects.read()));
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  clock.pass(1000);
  await all;
  expect(readings).toBe(2);
  expect(projects.all?.map(({ id }) => id)).toEqual(['p2']);
});
