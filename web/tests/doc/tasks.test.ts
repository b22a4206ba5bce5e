// Ticking boxes, alone and at once with others.

import { describe, expect, test } from 'vitest';
import * as Y from 'yjs';

import { addCell } from '../../src/doc/edit';
import { Notebook } from '../../src/doc/notebook';
import { tick, type Task } from '../../src/doc/tasks';
import { History } from '../../src/doc/undo';
import { markup } from '../../src/editor/markup';

class Person {
  readonly doc = new Y.Doc();
  readonly notebook = new Notebook(this.doc);
  readonly history = new History(this.notebook, { name: () => 'Ana', now: () => 0 }, []);

  get source(): Y.Text {
    return this.notebook.cell('note')?.get('source') as Y.Text;
  }

  get text(): string {
    return this.source.toString();
  }

  /** The tasks as the note would be drawn now. */
  get tasks(): readonly Task[] {
    return markup(this.text).tasks;
  }

  tick(number: number, ticked = true): boolean {
    return this.history.write(() => tick(this.source, this.tasks[number] as Task, ticked));
  }
}

function people(text: string): [Person, Person] {
  const [ana, bo] = [new Person(), new Person()];
  addCell(ana.notebook, null, { kind: 'note', source: text, id: 'note' });
  Y.applyUpdate(bo.doc, Y.encodeStateAsUpdate(ana.doc));
  return [ana, bo];
}

/** Both learn what the other did, until nothing is new. */
function meet(one: Person, other: Person): void {
  for (let round = 0; round < 3; round += 1) {
    const [mine, theirs] = [Y.encodeStateAsUpdate(one.doc), Y.encodeStateAsUpdate(other.doc)];
    Y.applyUpdate(other.doc, mine);
    Y.applyUpdate(one.doc, theirs);
  }
}

test('a tick changes one character and nothing else', () => {
  const [ana] = people('# 😀 plan\n\n- [ ] one\n- [x] two\n  1. [ ] three');
  const changes: unknown[] = [];
  ana.source.observe((event) => changes.push(...event.delta));
  expect(ana.tick(2)).toBe(true);
  expect(ana.text).toBe('# 😀 plan\n\n- [ ] one\n- [x] two\n  1. [x] three');
  expect(changes).toEqual([{ retain: 37 }, { insert: 'x' }, { delete: 1 }]);
  expect(ana.tick(1, false)).toBe(true);
  expect(ana.text).toBe('# 😀 plan\n\n- [ ] one\n- [ ] two\n  1. [x] three');
});

test('a box whose text was changed before the click is left alone', () => {
  const [ana] = people('- [ ] one');
  const [task] = ana.tasks;
  ana.source.insert(0, 'A line.\n');
  expect(ana.history.write(() => tick(ana.source, task as Task, true))).toBe(false);
  expect(ana.text).toBe('A line.\n- [ ] one');
  expect(ana.history.canUndo).toBe(false);
});

test('a tick merges with what a peer types in the same note', () => {
  const [ana, bo] = people('- [ ] one\n- [ ] two');
  ana.tick(1);
  bo.source.insert(9, ', and more\n- [ ] between');
  bo.source.insert(0, '😀 first\n\n');
  meet(ana, bo);
  expect(ana.text).toBe('😀 first\n\n- [ ] one, and more\n- [ ] between\n- [x] two');
  expect(bo.text).toBe(ana.text);
});

test('undo takes back one tick and leaves the typing before it and the ticks of others', () => {
  const [ana, bo] = people('- [ ] one\n- [ ] two\n- [ ] three');
  ana.history.write(() => ana.source.insert(ana.source.length, '!'));
  ana.tick(0);
  ana.tick(1);
  bo.tick(2);
  meet(ana, bo);
  ana.history.undo();
  expect(ana.text).toBe('- [x] one\n- [ ] two\n- [x] three!');
  ana.history.undo();
  expect(ana.text).toBe('- [ ] one\n- [ ] two\n- [x] three!');
  ana.history.redo();
  expect(ana.text).toBe('- [x] one\n- [ ] two\n- [x] three!');
});

describe('a box ticked by two people at once', () => {
  const finds = /^- \[x\] one\n- \[ \] two$/;

  test('is ticked once', () => {
    const [ana, bo] = people('- [ ] one\n- [ ] two');
    ana.tick(0);
    bo.tick(0);
    meet(ana, bo);
    expect(ana.text).toMatch(finds);
    expect(bo.text).toBe(ana.text);
  });

  test('is empty once', () => {
    const [ana, bo] = people('- [x] one\n- [ ] two');
    ana.tick(0, false);
    bo.tick(0, false);
    meet(ana, bo);
    expect([ana.text, bo.text]).toEqual(['- [ ] one\n- [ ] two', '- [ ] one\n- [ ] two']);
  });

  test('stays ticked when one of them thought better of it', () => {
    const [ana, bo] = people('- [ ] one\n- [ ] two');
    ana.tick(0);
    ana.tick(0, false);
    bo.tick(0);
    meet(ana, bo);
    expect(ana.text).toMatch(finds);
    expect(bo.text).toBe(ana.text);
  });

  test('shows as a box also to whoever has ticked nothing, and its next tick leaves one mark', () => {
    const [ana] = people('- [xx] one\n- [ ] two');
    expect(ana.tasks).toEqual([{ offset: 2, mark: '[xx]' }, { offset: 13, mark: '[ ]' }]);
    ana.tick(0, false);
    expect(ana.text).toBe('- [ ] one\n- [ ] two');
  });
});
