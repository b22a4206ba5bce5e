import { ChangeSet, Text } from '@codemirror/state';
import { expect, test } from 'vitest';

import { Held } from '../../src/editor/held';

/** An editor, the document beside it, and what lies between them. */
class Sides {
  editor: Text;
  document: Text;
  readonly held = new Held();

  constructor(text: string) {
    this.editor = this.document = Text.of(text.split('\n'));
  }

  /** Others write into the document while `composed` of the editor may not be touched. */
  came(from: number, to: number, insert: string, composed?: { from: number; to: number }): void {
    this.held.take([{ from, to, insert }], this.editor.length);
    this.document = this.document.replace(from, to, Text.of(insert.split('\n')));
    this.show(composed);
  }

  typed(from: number, to: number, insert: string): void {
    const changes = ChangeSet.of({ from, to, insert }, this.editor.length);
    this.document = this.held.typed(changes).apply(this.document);
    this.editor = changes.apply(this.editor);
  }

  show(composed?: { from: number; to: number }): void {
    this.editor = this.held.release(composed)?.apply(this.editor) ?? this.editor;
  }

  get texts(): [string, string] {
    return [this.editor.toString(), this.document.toString()];
  }
}

test('without a composition what comes is shown at once', () => {
  const sides = new Sides('one two');
  sides.came(3, 3, '!');
  expect(sides.texts).toEqual(['one! two', 'one! two']);
  expect(sides.held.empty).toBe(true);
});

test('ln_17_what_comes_into_the_composed_piece_waits_and_what_comes_beside_it_does_not', () => {
  const sides = new Sides('one two three');
  const two = { from: 4, to: 7 };
  sides.came(5, 5, 'X', two);
  sides.came(0, 0, '>', two);
  expect(sides.texts).toEqual(['>one two three', '>one tXwo three']);
  sides.typed(8, 8, 'か');
  expect(sides.texts).toEqual(['>one twoか three', '>one tXwoか three']);
  sides.show();
  expect(sides.texts).toEqual(['>one tXwoか three', '>one tXwoか three']);
});

test('positions find their way across what is held', () => {
  const sides = new Sides('word');
  sides.came(1, 1, 'abc', { from: 0, to: 4 });
  expect([0, 1, 2, 4].map((at) => sides.held.indexOf(at))).toEqual([0, 1, 5, 7]);
  expect([0, 1, 3, 4, 5, 7].map((at) => sides.held.positionOf(at))).toEqual([0, 1, 1, 1, 2, 4]);
});

test('ln_55_whatever_is_typed_and_whatever_comes_both_sides_end_alike', () => {
  let seed = 7;
  const chance = (below: number) => Math.floor(((seed = (seed * 48271) % 2147483647) / 2147483647) * below);
  for (let round = 0; round < 400; round += 1) {
    const sides = new Sides('abcdefghij\nklmno');
    let composed: { from: number; to: number } | undefined;
    for (let step = 0; step < 25; step += 1) {
      const within = (length: number): [number, number] => {
        const [one, other] = [chance(length + 1), chance(length + 1)];
        return [Math.min(one, other), Math.min(Math.max(one, other), Math.min(one, other) + 3)];
      };
      const kind = chance(4);
      if (kind === 0) sides.typed(...within(sides.editor.length), 'abc\n'.slice(0, chance(5)));
      else if (kind === 3) sides.show((composed = undefined));
      else {
        const [from, to] = within(sides.editor.length);
        composed = kind === 1 ? { from, to } : composed && { from: Math.min(composed.from, sides.editor.length), to: Math.min(composed.to, sides.editor.length) };
        sides.came(...within(sides.document.length), 'XYZ'.slice(0, chance(4)), composed);
      }
      const all = Array.from({ length: sides.document.length + 1 }, (_, index) => sides.held.positionOf(index));
      expect(all.every((at) => at >= 0 && at <= sides.editor.length), `round ${round}, step ${step}`).toBe(true);
    }
    sides.show();
    expect(sides.texts[0], `round ${round}`).toBe(sides.texts[1]);
    expect(sides.held.empty).toBe(true);
  }
});
