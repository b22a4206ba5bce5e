import { expect, test } from 'vitest';

import { FREE, handle, type Effect, type Following, type Input } from '../../src/state/following';

/** Gives one input after the other; resolves to the last state, all that was done, and whether the last was taken. */
function after(inputs: [at: number, input: Input][], from: Following = FREE): { state: Following; effects: Effect[]; taken: boolean } {
  const effects: Effect[] = [];
  let state = from;
  let taken = false;
  for (const [at, input] of inputs) {
    const step = handle(state, input, at);
    ({ state, taken } = step);
    effects.push(...step.effects);
  }
  return { state, effects, taken };
}

const ana: Input = { kind: 'press', key: 'ana' };
const ben: Input = { kind: 'press', key: 'ben' };
const own: Input = { kind: 'own', enter: false };
const enter: Input = { kind: 'own', enter: true };
const at = (places: { [key: string]: string }): Input => ({ kind: 'people', places: new Map(Object.entries(places)) });
const kinds = (effects: readonly Effect[]): string[] => effects.map((effect) => ('key' in effect ? `${effect.kind} ${effect.key}` : effect.kind));

test('complaint_13_one_press_goes_there_and_another_follows', () => {
  const once = after([[0, ana]]);
  expect([once.state.kind, kinds(once.effects)]).toEqual(['visited', ['go ana']]);
  const twice = after([[0, ana], [60_000, ana]]);
  expect(twice.state).toMatchObject({ kind: 'following', key: 'ana' });
  expect(kinds(twice.effects).slice(1)).toEqual(['go ana', 'share ana', 'say ana']);
});

test('a press after doing something else only goes there again', () => {
  expect(after([[0, ana], [10, own], [20, ana]]).state.kind).toBe('visited');
  expect(after([[0, ana], [10, ben], [20, ana]]).state.kind).toBe('visited');
});

test('enter twice follows; a second one later edits the cell', () => {
  const quick = after([[0, ana], [400, enter]]);
  expect([quick.state.kind, quick.taken]).toEqual(['following', true]);
  const slow = after([[0, ana], [1500, enter]]);
  expect([slow.state.kind, slow.taken]).toEqual(['free', false]);
});

test('complaint_13_any_own_input_ends_following_and_keeps_its_own_meaning', () => {
  const ended = after([[0, { kind: 'follow', key: 'ana' }], [5, own]]);
  expect([ended.state, ended.taken]).toEqual([FREE, false]);
  expect(kinds(ended.effects).slice(-2)).toEqual(['share null', 'say ana']);
  expect(ended.effects.at(-1)).toMatchObject({ what: 'ended' });
});

test('escape ends following and does nothing else; without following it is not taken', () => {
  const ended = after([[0, { kind: 'follow', key: 'ana' }], [5, { kind: 'stop' }]]);
  expect([ended.state, ended.taken]).toEqual([FREE, true]);
  expect(after([[0, { kind: 'stop' }]]).taken).toBe(false);
  expect(after([[0, ana], [5, { kind: 'stop' }]]).taken).toBe(false);
});

test('pressing the one who is followed ends it, pressing another goes to them', () => {
  expect(after([[0, { kind: 'follow', key: 'ana' }], [5, ana]]).state).toEqual(FREE);
  const other = after([[0, { kind: 'follow', key: 'ana' }], [5, ben]]);
  expect(other.state).toMatchObject({ kind: 'visited', key: 'ben' });
  expect(kinds(other.effects).slice(-2)).toEqual(['share null', 'go ben']);
});

test('the view follows only when the followed one has moved', () => {
  const begun = after([[0, { kind: 'follow', key: 'ana' }], [1, at({ ana: 'cell 1', ben: 'cell 1' })]]);
  expect(kinds(begun.effects).at(-1)).toBe('keep ana');
  expect(after([[2, at({ ana: 'cell 1', ben: 'cell 9' })]], begun.state).effects).toEqual([]);
  expect(kinds(after([[3, at({ ana: 'cell 2' })]], begun.state).effects)).toEqual(['keep ana']);
});

test('somebody who reloads their page is followed on; somebody who stays away has left', () => {
  const begun = after([[0, { kind: 'follow', key: 'ana' }], [1, at({ ana: 'cell 1' })]]).state;
  const missing = after([[100, at({})]], begun);
  expect(missing.effects).toEqual([{ kind: 'wake', at: 4100 }]);
  expect(after([[200, at({ ana: 'cell 1' })], [4100, { kind: 'time' }]], missing.state).state).toMatchObject({ kind: 'following', missing: undefined });
  const left = after([[150, at({})], [4099, { kind: 'time' }]], missing.state);
  expect([left.state.kind, left.effects]).toEqual(['following', []]);
  const gone = after([[4100, { kind: 'time' }]], missing.state);
  expect([gone.state, gone.effects.at(-1)]).toEqual([FREE, { kind: 'say', what: 'left', key: 'ana' }]);
});

test('whoever was only visited and leaves is forgotten without a word', () => {
  expect(after([[0, ana], [5, at({})]])).toMatchObject({ state: FREE, effects: [{ kind: 'go' }] });
});

test('p6_somebody_who_stays_where_they_are_changes_nothing', () => {
  const { state } = after([[0, { kind: 'follow', key: 'ana' }], [1, at({ ana: 'x' })]]);
  const again = handle(state, at({ ana: 'x' }), 2);
  expect(again.state).toBe(state);
  expect(again.effects).toEqual([]);
});
