// By how much to scroll so that a reader keeps their place when the page changed around them. Pure.
//
// Invariant: what nobody moved decides. A cell that somebody took elsewhere does not take the reader along, unless it
// is all they see.

/** Something on the page by which a reader keeps their place. */
export interface Landmark {
  /** The cell it belongs to: two landmarks of one cell confirm nothing. */
  cell: string;
  /** From the top of the page. */
  top: number;
  /** In sight when it was noted; others only bear witness. */
  seen: boolean;
}

/** Tops that differ by less did not move: browsers round. */
const SAME_PX = 1;

/**
 * How far the reader's place has moved down the page; 0 when nothing is left of what they saw. `now` tells where a
 * landmark is; landmarks are given from the top.
 */
export function shiftOf<Known extends Landmark>(landmarks: readonly Known[], now: (landmark: Known) => number | undefined): number {
  const left = landmarks.flatMap((landmark) => {
    const top = now(landmark);
    return top === undefined ? [] : [{ ...landmark, shift: top - landmark.top }];
  });
  const seen = left.filter((landmark) => landmark.seen);
  const confirmed = seen.find(({ cell, shift }) => left.some((other) => other.cell !== cell && Math.abs(other.shift - shift) < SAME_PX));
  return (confirmed ?? seen[0])?.shift ?? 0;
}
