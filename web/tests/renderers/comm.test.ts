import { beforeEach, expect, test, vi } from 'vitest';

import { Comm, type Tell } from '../../src/renderers/comm';
import type { Value } from '../../src/renderers/line';

const value = (seq: number, now: unknown): Value => ({ seq, value: now, bytes: [] });

/** A widget in a frame whose page answers when it is told to. */
function fixture() {
  const told: { state: unknown; answered: (seq: number | undefined) => void }[] = [];
  const tell: Tell = ({ state }, answered) => told.push({ state, answered });
  const comm = new Comm('m', { value: value(1, 3), other: value(1, 'a') }, tell);
  const shown: unknown[] = [];
  comm.on_msg(({ content }) => void shown.push((content.data as { state: unknown }).state));
  const idle = vi.fn();
  const move = (now: number) => void comm.send({ method: 'update', state: { value: now }, buffer_paths: [] }, { iopub: { status: idle } });
  const answer = (at: number, seq: number | undefined) => {
    told[at]?.answered(seq);
    vi.runAllTimers();
  };
  return { comm, told, shown, idle, move, answer };
}

beforeEach(() => {
  vi.useFakeTimers();
});

test('ln_43 what comes back of a slider that is dragged is not shown, whichever way is faster', () => {
  const { comm, shown, move, answer } = fixture();
  move(4);
  comm.change({ value: value(5, 4) });
  answer(0, 5);
  move(5);
  answer(1, 6);
  // The answers were faster than the document.
  comm.change({ value: value(5, 4) });
  comm.change({ value: value(6, 5) });
  expect(shown).toEqual([]);
});

test('what somebody else or the code says after it is shown, and other keys at once', () => {
  const { comm, shown, move, answer } = fixture();
  move(4);
  comm.change({ other: value(7, 'b') });
  expect(shown).toEqual([{ other: 'b' }]);
  comm.change({ value: value(8, 90) });
  expect(shown).toHaveLength(1);
  answer(0, 5);
  expect(shown.at(-1)).toEqual({ value: 90 });
  comm.change({ value: value(9, 91) });
  expect(shown.at(-1)).toEqual({ value: 91 });
});

test('what the server did not take is taken back', () => {
  const { shown, move, answer } = fixture();
  move(4);
  answer(0, undefined);
  expect(shown).toEqual([{ value: 3 }]);
});

test('the library may send on when the page has answered, and no sooner than documents take it', () => {
  const { told, idle, move } = fixture();
  move(4);
  told[0]?.answered(5);
  expect(idle).not.toHaveBeenCalled();
  vi.advanceTimersByTime(60);
  expect(idle).toHaveBeenCalledOnce();
});
