import { expect, test } from 'vitest';
import * as Y from 'yjs';

import { authorsOf, lastAuthor } from '../../src/doc/authors';
import { LastEdits } from '../../src/doc/edits';
import { addCell } from '../../src/doc/edit';
import { sourceOf } from '../../src/doc/cell';
import { Notebook } from '../../src/doc/notebook';

/** Documents of several people, in step whenever the test says so. */
class People {
  readonly docs = new Map<string, Y.Doc>();
  readonly authors = new Y.Doc().getMap<unknown>('authors');

  constructor(...names: string[]) {
    names.forEach((name, index) => {
      const doc = new Y.Doc();
      doc.clientID = index + 1;
      this.docs.set(name, doc);
      this.authors.set(String(index + 1), { name, kind: name === 'Coscribe' ? 'server' : 'human' });
    });
  }

  text(name: string): Y.Text {
    return this.docs.get(name)!.getText('text');
  }

  meet(): void {
    const updates = [...this.docs.values()].map((doc) => Y.encodeStateAsUpdate(doc));
    for (const doc of this.docs.values()) updates.forEach((update) => Y.applyUpdate(doc, update));
  }
}

test('ln_74_the_authors_of_a_text_are_told_with_what_of_it_is_theirs', () => {
  const people = new People('Ana', 'Ben', 'Coscribe');
  people.text('Coscribe').insert(0, 'imported ');
  people.meet();
  people.text('Ana').insert(9, 'by Ana 🙂');
  people.meet();
  people.text('Ben').insert(0, 'Ben: ');
  people.text('Ben').delete(5, 9);
  people.meet();
  expect(authorsOf(people.text('Ana'), people.authors)).toEqual([
    { name: 'Ana', characters: 9 },
    { name: 'Ben', characters: 5 },
  ]);
});

test('ln_74_the_last_author_is_the_one_who_wrote_beside_the_ends_of_all_others', () => {
  const people = new People('Ana', 'Ben');
  people.text('Ana').insert(0, 'x = 1');
  people.meet();
  expect(lastAuthor(people.text('Ben'), people.authors)).toBe('Ana');
  people.text('Ben').insert(5, ' # one');
  people.meet();
  expect(lastAuthor(people.text('Ana'), people.authors)).toBe('Ben');
  people.text('Ana').insert(11, '!');
  people.meet();
  expect(lastAuthor(people.text('Ben'), people.authors)).toBe('Ana');
});

test('ln_74_of_two_who_wrote_without_knowing_of_each_other_none_is_called_the_last', () => {
  const people = new People('Ana', 'Ben');
  people.text('Ana').insert(0, 'first second');
  people.meet();
  people.text('Ana').insert(0, 'A');
  people.text('Ben').insert(12, 'B');
  people.meet();
  expect(lastAuthor(people.text('Ana'), people.authors)).toBeUndefined();
  expect(authorsOf(people.text('Ana'), people.authors).map(({ name }) => name)).toEqual(['Ana', 'Ben']);
});

test('nobody is named whom the server did not name, whatever stands in its table', () => {
  const people = new People('Ana');
  people.text('Ana').insert(0, 'x');
  for (const broken of [undefined, null, 'Ana', 7, {}, { name: 5 }, { name: '' }, []]) {
    people.authors.set('1', broken);
    expect(lastAuthor(people.text('Ana'), people.authors)).toBeUndefined();
    expect(authorsOf(people.text('Ana'), people.authors)).toEqual([]);
  }
  expect(lastAuthor(new Y.Doc().getText('empty'), people.authors)).toBeUndefined();
});

test('ln_74_an_edit_seen_live_has_a_time_and_what_is_loaded_has_none', () => {
  const notebook = new Notebook(new Y.Doc());
  const id = addCell(notebook, null, { kind: 'code', source: 'x' });
  const other = addCell(notebook, id, { kind: 'code', source: 'y' });
  const remote = new Y.Doc();
  Y.applyUpdate(remote, Y.encodeStateAsUpdate(notebook.doc));
  const edits = new LastEdits(notebook, () => 77, ({ local, origin }) => local || origin === 'live');
  const theirs = sourceOf(new Notebook(remote).cell(id)!)!;
  theirs.insert(1, ' loaded');
  Y.applyUpdate(notebook.doc, Y.encodeStateAsUpdate(remote), 'stored');
  expect(edits.of(id)).toBeUndefined();
  theirs.insert(1, ' live');
  Y.applyUpdate(notebook.doc, Y.encodeStateAsUpdate(remote), 'live');
  expect(edits.of(id)).toEqual({ client: remote.clientID, at: 77 });
  expect(edits.of(other)).toBeUndefined();
  sourceOf(notebook.cell(other)!)!.insert(0, 'mine ');
  expect(edits.of(other)).toEqual({ client: notebook.doc.clientID, at: 77 });
  // Who only deletes leaves no trace; the last who is known stays.
  theirs.delete(0, 3);
  Y.applyUpdate(notebook.doc, Y.encodeStateAsUpdate(remote), 'live');
  expect(edits.of(id)).toEqual({ client: remote.clientID, at: 77 });
  edits.destroy();
  theirs.insert(0, 'late');
  Y.applyUpdate(notebook.doc, Y.encodeStateAsUpdate(remote), 'live');
  expect(edits.of(other)?.client).toBe(notebook.doc.clientID);
});
