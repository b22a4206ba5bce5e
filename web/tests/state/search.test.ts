// A whole notebook searched while it changes, and patterns that do not end.

import { expect, test } from 'vitest';

import { type Query } from '../../src/state/find';
import { answered, Patient, PATIENCE_MS, TooLong, Dropped, type Helper, type Job } from '../../src/state/patient';
import { Search, SOURCE, type Library, type Range } from '../../src/state/search';

const EVERYWHERE: Range = { where: 'everything', outputs: false };

function query(pattern: string, more: Partial<Query> = {}): Query {
  return { pattern, caseSensitive: false, wholeWord: false, regular: false, ...more };
}

interface TestCell {
  id: string;
  source: string;
  code?: boolean;
  outputs?: string[];
}

/** A notebook of plain cells, with a clock that each look into a cell moves on. */
function notebook(cells: TestCell[], costMs = 0) {
  let clock = 0;
  const pending: (() => void)[] = [];
  const looked: string[] = [];
  const library: Library = {
    ids: () => cells.map(({ id }) => id),
    isCode: (id) => of(id).code === true,
    source: (id) => {
      looked.push(id);
      clock += costMs;
      return of(id).source;
    },
    outputs: (id) => of(id).outputs ?? [],
  };
  const of = (id: string): TestCell => cells.find((cell) => cell.id === id) as TestCell;
  const jobs: { job: Job; resolve: () => void; reject: (cause: Error) => void }[] = [];
  let drops = 0;
  const patient = {
    ask: (job: Job) => new Promise<ReturnType<typeof answered>>((resolve, reject) => jobs.push({ job, resolve: () => resolve(answered(job)), reject })),
    drop: () => void (drops += 1),
  };
  const search = new Search(library, { now: () => clock, soon: (run) => pending.push(run), patient });
  return { search, cells, of, looked, jobs, pending, drops: () => drops, run: () => pending.splice(0).forEach((task) => task()) };
}

const three = () => [
  { id: 'a', source: 'one two one', code: true, outputs: ['one'] },
  { id: 'b', source: 'two' },
  { id: 'c', source: 'one' },
];

test('matches are found in the order of the cells and counted', () => {
  const { search } = notebook(three());
  search.ask(query('one'), EVERYWHERE);
  expect(search.complete).toBe(true);
  expect(search.total).toBe(3);
  const first = search.next(undefined);
  expect(first).toEqual({ cell: 'a', part: SOURCE, from: 0, to: 3 });
  const second = search.next(first);
  const third = search.next(second);
  expect([first, second, third].map((found) => found && search.indexOf(found))).toEqual([0, 1, 2]);
  expect(search.next(third)).toEqual(first);
  expect(search.previous(first)).toEqual(third);
  expect(search.previous(third)).toEqual(second);
  expect(search.previous(undefined)).toEqual(third);
});

test('the only match is its own next and previous one', () => {
  const { search } = notebook([{ id: 'a', source: 'x one' }, { id: 'b', source: 'two' }]);
  search.ask(query('one'), EVERYWHERE);
  const only = search.next(undefined);
  expect(search.next(only)).toEqual(only);
  expect(search.previous(only)).toEqual(only);
  expect(search.next({ cell: 'b', part: SOURCE, from: 0 })).toEqual(only);
});

test('from a place without a match the next one is found, also from a cell that is gone', () => {
  const { search } = notebook(three());
  search.ask(query('one'), EVERYWHERE);
  expect(search.next({ cell: 'a', part: SOURCE, from: 2 })?.from).toBe(8);
  expect(search.next({ cell: 'a', part: SOURCE, from: 8 }, true)?.from).toBe(8);
  expect(search.next({ cell: 'b', part: SOURCE, from: 1 })?.cell).toBe('c');
  expect(search.next({ cell: 'gone', part: SOURCE, from: 1 })?.cell).toBe('a');
  expect(search.indexOf({ cell: 'a', part: SOURCE, from: 2 })).toBe(-1);
});

test('it looks only where it is asked to', () => {
  const { search } = notebook(three());
  search.ask(query('one'), { where: 'code', outputs: false });
  expect(search.total).toBe(2);
  search.ask(query('one'), { where: 'notes', outputs: true });
  expect(search.total).toBe(1);
  search.ask(query('one'), { where: 'everything', outputs: true });
  expect(search.total).toBe(4);
  expect(search.spans('a', 0)).toEqual([{ from: 0, to: 3 }]);
  search.ask(query('one'), { where: 'everything', outputs: true, within: (id) => (id === 'a' ? { from: 4, to: 11 } : 'none') });
  expect(search.total).toBe(1);
  search.ask(query('one'), { where: 'everything', outputs: false, within: (id) => (id === 'c' ? 'whole' : 'none') });
  expect(search.cells()).toEqual(['c']);
});

test('a change of one cell searches that cell only', () => {
  const { search, of, looked, run } = notebook(three());
  search.ask(query('one'), EVERYWHERE);
  looked.length = 0;
  const told: string[][] = [];
  search.onChange((cells) => told.push([...cells]));
  of('b').source = 'one and one';
  search.touched('b');
  search.touched('b');
  expect(search.total).toBe(3);
  run();
  expect(looked).toEqual(['b']);
  expect(told).toEqual([['b']]);
  expect(search.total).toBe(5);
});

test('cells that come, go and move are followed without searching the others', () => {
  const { search, cells, looked, run } = notebook(three());
  search.ask(query('one'), EVERYWHERE);
  looked.length = 0;
  cells.splice(0, 1);
  cells.unshift({ id: 'd', source: 'one' });
  search.structureChanged();
  run();
  expect(looked).toEqual(['d']);
  expect(search.cells()).toEqual(['d', 'c']);
  cells.reverse();
  search.structureChanged();
  run();
  expect(looked).toEqual(['d']);
  expect(search.next(undefined)?.cell).toBe('c');
});

test('long work is done in slices, between which the page can draw', () => {
  const { search, looked, pending, run } = notebook(Array.from({ length: 10 }, (_, index) => ({ id: String(index), source: 'one' })), 3);
  search.ask(query('one'), EVERYWHERE);
  expect(looked.length).toBe(3);
  expect(search.complete).toBe(false);
  let slices = 1;
  while (pending.length > 0) {
    run();
    slices += 1;
  }
  expect(slices).toBe(4);
  expect(search.total).toBe(10);
  expect(search.complete).toBe(true);
});

test('a new question forgets the old one and its answers', async () => {
  const { search, jobs, drops } = notebook(three());
  search.ask(query('o.e', { regular: true }), EVERYWHERE);
  expect(jobs.length).toBe(3);
  search.ask(query('two'), EVERYWHERE);
  expect(drops()).toBe(2);
  jobs.forEach(({ resolve }) => resolve());
  await Promise.resolve();
  expect(search.total).toBe(2);
  search.ask(undefined, EVERYWHERE);
  expect(search.total).toBe(0);
});

test('an expression is searched elsewhere, and the page hears of each cell', async () => {
  const { search, jobs } = notebook(three());
  search.ask(query('t.o', { regular: true }), EVERYWHERE);
  expect([search.total, search.complete]).toEqual([0, false]);
  jobs.forEach(({ resolve }) => resolve());
  await Promise.resolve();
  expect([search.total, search.complete]).toEqual([2, true]);
});

test('an expression that does not end is given up and not tried again when somebody types', async () => {
  const { search, jobs, run } = notebook(three());
  search.ask(query('(a+)+$', { regular: true }), EVERYWHERE);
  jobs[0]?.reject(new TooLong());
  await Promise.resolve();
  await Promise.resolve();
  expect(search.fault).toBe('tooLong');
  search.touched('a');
  run();
  expect(jobs.length).toBe(3);
  search.ask(query('one'), EVERYWHERE);
  expect([search.fault, search.total]).toEqual([undefined, 3]);
});

test('a broken expression is a fault and finds nothing', () => {
  const { search } = notebook(three());
  search.ask(query('(', { regular: true }), EVERYWHERE);
  expect([search.fault, search.total]).toEqual(['openGroup', 0]);
});

/** Workers that answer when told to. */
function workers() {
  type Told = { data?: unknown; message?: string };
  const hired: { jobs: Job[]; ended: boolean; tell: (kind: 'message' | 'error', told: Told) => void }[] = [];
  let timer: { milliseconds: number; run: () => void } | undefined;
  const hire = (): Helper => {
    const listeners: { kind: string; listener: (told: Told) => void }[] = [];
    const helper = {
      jobs: [] as Job[],
      ended: false,
      addEventListener: (kind: string, listener: (told: Told) => void) => void listeners.push({ kind, listener }),
      tell: (kind: string, told: Told) => listeners.forEach((each) => each.kind === kind && each.listener(told)),
      postMessage: (job: Job) => void helper.jobs.push(job),
      terminate: () => void (helper.ended = true),
    };
    hired.push(helper);
    return helper;
  };
  const after = (milliseconds: number, run: () => void) => {
    const mine = { milliseconds, run };
    timer = mine;
    return () => {
      if (timer === mine) timer = undefined;
    };
  };
  return { patient: new Patient(hire, { after }), hired, timer: () => timer };
}

const JOB: Job = { query: query('a'), texts: ['banana'] };

test('a job waits until the worker can work, and its answer comes back', async () => {
  const { patient, hired, timer } = workers();
  const promise = patient.ask(JOB);
  expect([hired[0]?.jobs.length, timer()]).toEqual([0, undefined]);
  hired[0]?.tell('message', { data: 'ready' });
  expect([hired[0]?.jobs.length, timer()?.milliseconds]).toEqual([1, PATIENCE_MS]);
  hired[0]?.tell('message', { data: answered(JOB) });
  expect(await promise).toEqual({ spans: [[{ from: 1, to: 2 }, { from: 3, to: 4 }, { from: 5, to: 6 }]] });
  expect(timer()).toBeUndefined();
});

test('a worker that does not come to an end is ended, the next job gets another', async () => {
  const { patient, hired, timer } = workers();
  const first = patient.ask(JOB);
  const second = patient.ask(JOB);
  hired[0]?.tell('message', { data: 'ready' });
  timer()?.run();
  await expect(first).rejects.toBeInstanceOf(TooLong);
  expect([hired[0]?.ended, hired.length]).toEqual([true, 2]);
  hired[1]?.tell('message', { data: 'ready' });
  hired[1]?.tell('message', { data: answered(JOB) });
  expect(await second).toHaveProperty('spans');
});

test('what nobody wants any more is dropped, and a busy worker with it', async () => {
  const { patient, hired } = workers();
  const first = patient.ask(JOB);
  const second = patient.ask(JOB);
  hired[0]?.tell('message', { data: 'ready' });
  patient.drop();
  await expect(first).rejects.toBeInstanceOf(Dropped);
  await expect(second).rejects.toBeInstanceOf(Dropped);
  expect(hired[0]?.ended).toBe(true);
  void patient.ask(JOB).catch(() => undefined);
  expect(hired.length).toBe(2);
});

test('a worker that cannot start fails the job that waits', async () => {
  const { patient, hired } = workers();
  const job = patient.ask(JOB);
  hired[0]?.tell('error', { message: 'refused' });
  await expect(job).rejects.toThrow('refused');
});

test('edits are worked out where the expression is searched', () => {
  expect(answered({ ...JOB, replacing: { replacement: 'o', preserveCase: false } })).toEqual({ edits: [[1, 3, 5].map((from) => ({ from, to: from + 1, insert: 'o' }))] });
  expect(answered({ ...JOB, replacing: { replacement: 'o', preserveCase: false }, only: 3 })).toEqual({ edits: [[{ from: 3, to: 4, insert: 'o' }]] });
});
