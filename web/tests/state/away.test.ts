import { expect, test } from 'vitest';
import * as Y from 'yjs';

import { addCell, changeKind, deleteCells, moveCells, restoreCells } from '../../src/doc/edit';
import { Notebook } from '../../src/doc/notebook';
import { sourceOf } from '../../src/doc/cell';
import { versionOf } from '../../src/doc/version';
import { marksSince } from '../../src/doc/written';
import { snapshotOf } from '../../src/state/absence';
import { joined, shares, touched, type Share } from '../../src/state/away';
import { Visits } from '../../src/state/visits';

/** Me with a notebook of four cells, and others with copies of it. */
function group(): { me: Notebook; ana: Notebook; bela: Notebook; sync: () => void } {
  const notebooks = [1, 2, 3].map((client) => {
    const doc = new Y.Doc();
    doc.clientID = client;
    return new Notebook(doc);
  });
  const [me, ana, bela] = notebooks as [Notebook, Notebook, Notebook];
  ['a', 'b', 'c', 'd'].reduce<string | null>((after, id) => addCell(me, after, { kind: 'code', source: `${id} = 1`, id }), null);
  const sync = () => notebooks.forEach((from) => notebooks.forEach((to) => from !== to && Y.applyUpdate(to.doc, Y.encodeStateAsUpdate(from.doc, Y.encodeStateVector(to.doc)))));
  sync();
  return { me, ana, bela, sync };
}

const NAMES: { [client: number]: string } = { 2: 'Ana', 3: 'Bela' };

/** What I am told after the others have done something. */
function told(people: ReturnType<typeof group>, deeds: () => void, mine: readonly number[] = [1]): Share[] {
  const { me, sync } = people;
  const before = snapshotOf(me);
  const version = versionOf(me.doc);
  deeds();
  sync();
  const writers = {
    isMine: (client: number) => mine.includes(client),
    nameOf: (client: number) => NAMES[client],
    deletedBy: (cell: string) => me.tombstone(cell)?.by || undefined,
  };
  return shares(before, snapshotOf(me), marksSince(me.roots, version), writers);
}

const NONE = { added: [], edited: [], moved: [], deleted: [] };
const type = (notebook: Notebook, id: string, text: string) => {
  const source = notebook.cell(id) && sourceOf(notebook.cell(id) as never);
  source?.insert(source.length, text);
};

test('complaint_2_who_added_edited_and_deleted_what_is_told_by_name', () => {
  const people = group();
  const { ana, bela } = people;
  const list = told(people, () => {
    addCell(ana, 'a', { kind: 'note', source: 'new', id: 'x' });
    addCell(ana, 'x', { kind: 'note', source: 'new', id: 'y' });
    type(ana, 'x', ' and more');
    type(ana, 'b', '!');
    deleteCells(ana, ['d'], { by: 'Ana', at: 5 });
    type(bela, 'b', '?');
    changeKind(bela, ['c'], 'note');
  });
  expect(list).toEqual([
    { name: 'Ana', deeds: { ...NONE, added: ['x', 'y'], edited: ['b'], deleted: ['d'] } },
    { name: 'Bela', deeds: { ...NONE, edited: ['b', 'c'] } },
  ]);
  expect(touched(list)).toEqual(['x', 'y', 'b', 'c']);
});

test('what I did myself, in this tab or another, is not told', () => {
  const people = group();
  const { me, ana } = people;
  expect(
    told(
      people,
      () => {
        type(me, 'a', '!');
        addCell(ana, 'a', { kind: 'code', id: 'x' });
        deleteCells(ana, ['b'], { by: 'Me', at: 5 });
        type(ana, 'c', '!');
      },
      [1, 2],
    ),
  ).toEqual([]);
});

test('a deletion of text has no author: it was somebody, unless somebody else wrote there too', () => {
  const people = group();
  expect(told(people, () => sourceOf(people.ana.cell('a') as never)?.delete(0, 2))).toEqual([{ name: undefined, deeds: { ...NONE, edited: ['a'] } }]);
});

test('what came back as it was is not told', () => {
  const people = group();
  const { ana } = people;
  const source = sourceOf(ana.cell('a') as never);
  expect(
    told(people, () => {
      source?.insert(0, 'oops');
      source?.delete(0, 4);
      deleteCells(ana, ['b'], { by: 'Ana', at: 5 });
      restoreCells(ana, ['b']);
      addCell(ana, 'a', { kind: 'code', id: 'x' });
      deleteCells(ana, ['x'], { by: 'Ana', at: 5 });
    }),
  ).toEqual([]);
});

test('a moved cell is told, those it passed are not', () => {
  const people = group();
  expect(told(people, () => moveCells(people.bela, [{ ids: ['a'], after: 'd' }]))).toEqual([{ name: 'Bela', deeds: { ...NONE, moved: ['a'] } }]);
});

test('somebody the server did not name is somebody and comes last', () => {
  const people = group();
  const stranger = new Y.Doc();
  stranger.clientID = 99;
  Y.applyUpdate(stranger, Y.encodeStateAsUpdate(people.me.doc));
  const list = told(people, () => {
    const notebook = new Notebook(stranger);
    type(notebook, 'a', '1');
    type(notebook, 'b', '2');
    type(notebook, 'c', '3');
    Y.applyUpdate(people.ana.doc, Y.encodeStateAsUpdate(stranger));
    type(people.ana, 'd', '!');
  });
  expect(list.map(({ name }) => name)).toEqual(['Ana', undefined]);
});

test('only what was written since then is looked at', () => {
  const people = group();
  type(people.ana, 'a', '!');
  people.sync();
  const version = versionOf(people.me.doc);
  type(people.ana, 'b', '?');
  people.sync();
  expect(marksSince(people.me.roots, version)).toEqual([{ client: 2, cell: 'b', what: 'source' }]);
});

test('two absences are told as one', () => {
  const first: Share[] = [{ name: 'Ana', deeds: { ...NONE, added: ['x', 'y'], edited: ['a'] } }];
  const second: Share[] = [
    { name: 'Ana', deeds: { ...NONE, edited: ['x', 'a', 'b'] } },
    { name: 'Bela', deeds: { ...NONE, deleted: ['y'] } },
  ];
  expect(joined(first, second)).toEqual([
    { name: 'Ana', deeds: { ...NONE, added: ['x'], edited: ['a', 'b'] } },
    { name: 'Bela', deeds: { ...NONE, deleted: ['y'] } },
  ]);
});

test('a browser remembers its clients and when it was where, and nonsense in its store is nothing', () => {
  const kept = new Map<string, string>();
  const store = { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value) };
  const visits = new Visits(store);
  [5, 6, 5].forEach((client) => visits.addClient(client));
  expect(new Visits(store).clients()).toEqual([5, 6]);
  visits.saw('/a', 10);
  visits.saw('/b', 20);
  visits.saw('/a', 30);
  expect([visits.seenAt('/a'), visits.seenAt('/b'), visits.seenAt('/c')]).toEqual([30, 20, undefined]);
  kept.set('coscribe:seen', '{"x":1}').set('coscribe:clients', 'nonsense');
  expect([visits.seenAt('/a'), visits.clients()]).toEqual([undefined, []]);
  expect(new Visits(undefined).clients()).toEqual([]);
});
