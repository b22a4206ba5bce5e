// Going to a person and following them: which press means what, and what ends it. Pure.
//
//            press                press again, Enter twice, "Follow"
//   free ───────────▶ visited ──────────────────────────────────────▶ following
//     ▲                  │                                                │
//     └──────────────────┴── any own input · Esc · they left ─────────────┘
//
// Invariant: whoever does anything themselves is free at once, and only the first thing they do decides it.

/** Two presses of Enter closer together than this are one wish, as a double click is; later, Enter edits the cell. */
const TWICE_MS = 1000;
/** A page that is loaded again, or a connection that is: the person is back in less. */
const GRACE_MS = 4000;

export type Following =
  | { kind: 'free' }
  /** One has gone to them; pressing again follows. */
  | { kind: 'visited'; key: string; at: number }
  /** `place` is where they were last shown; `missing` since when they are not seen. */
  | { kind: 'following'; key: string; place: string; missing: number | undefined };

export const FREE: Following = { kind: 'free' };

export type Input =
  /** Somebody's avatar was pressed. */
  | { kind: 'press'; key: string }
  /** "Follow" was chosen. */
  | { kind: 'follow'; key: string }
  | { kind: 'stop' }
  /** A key, the wheel, a pointer or a touch anywhere else. */
  | { kind: 'own'; enter: boolean }
  /** Where everybody is now; any text that changes when they move. */
  | { kind: 'people'; places: ReadonlyMap<string, string> }
  | { kind: 'time' };

export type Effect =
  /** Bring them into view and the focus to their cell. */
  | { kind: 'go'; key: string }
  /** Bring them back into view, with as little scrolling as that takes. */
  | { kind: 'keep'; key: string }
  /** Tell the others whom one follows. */
  | { kind: 'share'; key: string | null }
  | { kind: 'say'; what: 'following' | 'ended' | 'left'; key: string }
  /** Give the input `time` then. */
  | { kind: 'wake'; at: number };

export interface Step {
  state: Following;
  effects: Effect[];
  /** The key press meant this and nothing else. */
  taken: boolean;
}

export function handle(state: Following, input: Input, now: number): Step {
  switch (input.kind) {
    case 'press':
      return pressed(state, input.key, now);
    case 'follow':
      return begin(input.key);
    case 'stop':
      return state.kind === 'following' ? { ...end(state, 'ended'), taken: true } : step(FREE);
    case 'own':
      return own(state, input.enter, now);
    case 'people':
      return seen(state, input.places, now);
    case 'time':
      return state.kind === 'following' && isGone(state, now) ? end(state, 'left') : step(state);
  }
}

function pressed(state: Following, key: string, now: number): Step {
  if (state.kind === 'visited' && state.key === key) return begin(key);
  if (state.kind === 'following' && state.key === key) return end(state, 'ended');
  const effects: Effect[] = state.kind === 'following' ? [{ kind: 'share', key: null }] : [];
  return step({ kind: 'visited', key, at: now }, [...effects, { kind: 'go', key }]);
}

function begin(key: string): Step {
  const effects: Effect[] = [
    { kind: 'go', key },
    { kind: 'share', key },
    { kind: 'say', what: 'following', key },
  ];
  return { state: { kind: 'following', key, place: '', missing: undefined }, effects, taken: true };
}

function own(state: Following, enter: boolean, now: number): Step {
  if (state.kind === 'visited' && enter && now - state.at < TWICE_MS) return begin(state.key);
  return state.kind === 'following' ? end(state, 'ended') : step(FREE);
}

function seen(state: Following, places: ReadonlyMap<string, string>, now: number): Step {
  if (state.kind === 'free') return step(state);
  const place = places.get(state.key);
  if (state.kind === 'visited') return step(place === undefined ? FREE : state);
  if (place === undefined) return missed(state, now);
  if (place === state.place) return step(state.missing === undefined ? state : { ...state, missing: undefined });
  return step({ ...state, place, missing: undefined }, [{ kind: 'keep', key: state.key }]);
}

function missed(state: Following & { kind: 'following' }, now: number): Step {
  if (isGone(state, now)) return end(state, 'left');
  if (state.missing !== undefined) return step(state);
  return step({ ...state, missing: now }, [{ kind: 'wake', at: now + GRACE_MS }]);
}

function isGone({ missing }: { missing: number | undefined }, now: number): boolean {
  return missing !== undefined && now - missing >= GRACE_MS;
}

function end({ key }: { key: string }, what: 'ended' | 'left'): Step {
  return step(FREE, [
    { kind: 'share', key: null },
    { kind: 'say', what, key },
  ]);
}

function step(state: Following, effects: Effect[] = []): Step {
  return { state, effects, taken: false };
}
