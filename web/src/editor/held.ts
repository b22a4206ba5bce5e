// What came from others and is not shown yet, because it lies in a piece of text that the browser is composing. Pure.
//
// Invariant: the editor's text, changed by what is held, is the document's text.

import { ChangeSet, type ChangeDesc } from '@codemirror/state';

export interface Range {
  from: number;
  to: number;
}

interface Spec extends Range {
  insert: string;
}

export class Held {
  /** From the editor's text to the document's. */
  #changes: ChangeSet | undefined;

  get empty(): boolean {
    return this.#changes === undefined;
  }

  /** Takes what came, made from a text of the document as it was, `length` long in the editor if nothing is held. */
  take(specs: readonly Spec[], length: number): void {
    const changes = ChangeSet.of(specs, this.#changes?.newLength ?? length);
    this.#changes = this.#changes?.compose(changes) ?? changes;
  }

  /** Lets go of all that may be shown, for the editor's text; what lies inside `composed` stays. */
  release(composed: Range | undefined): ChangeSet | undefined {
    const all = this.#changes;
    if (!all) return undefined;
    const { outside, inside } = apart(all, composed);
    const shown = ChangeSet.of(outside, all.length);
    this.#changes = inside.length > 0 ? ChangeSet.of(inside, all.length).map(shown) : undefined;
    return shown.empty ? undefined : shown;
  }

  /** What was typed into the editor's text, as a change of the document's. */
  typed(changes: ChangeSet): ChangeSet {
    const there = this.#changes ? changes.map(this.#changes, true) : changes;
    this.#changes = this.#changes?.map(changes);
    return there;
  }

  /** Where a position of the editor is in the document's text. */
  indexOf(position: number): number {
    return this.#changes?.mapPos(position, -1) ?? position;
  }

  /** Where an index of the document's text is in the editor. */
  positionOf(index: number): number {
    const back: ChangeDesc | undefined = this.#changes?.invertedDesc;
    return back ? back.mapPos(Math.min(index, back.length)) : index;
  }
}

function apart(changes: ChangeSet, range: Range | undefined): { outside: Spec[]; inside: Spec[] } {
  const [outside, inside]: [Spec[], Spec[]] = [[], []];
  changes.iterChanges((from, to, _from, _to, inserted) => {
    const within = range !== undefined && from < range.to && to > range.from;
    (within ? inside : outside).push({ from, to, insert: inserted.toString() });
  }, true);
  return { outside, inside };
}
