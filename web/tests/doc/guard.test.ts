import { expect, test } from 'vitest';
import * as Y from 'yjs';

import { addCell, fold, setTitle } from '../../src/doc/edit';
import { fileName, notebookFile } from '../../src/doc/file';
import { GuardedDoc, ReadOnly } from '../../src/doc/guard';
import { Notebook } from '../../src/doc/notebook';
import { History } from '../../src/doc/undo';

function guarded() {
  const doc = new GuardedDoc();
  const notebook = new Notebook(doc);
  const history = new History(notebook, { name: () => 'Ana', now: () => 1 }, []);
  const [first] = [addCell(notebook, null, { kind: 'code', source: 'x' })];
  const second = history.add(first, { kind: 'note', source: '# Hi' });
  return { doc, notebook, history, first, second };
}

test('p5_a_read_only_document_takes_no_edit_of_this_page_and_no_undo_and_stays_as_it_is', () => {
  const { doc, notebook, history, first } = guarded();
  doc.readOnly = true;
  const before = Y.encodeStateAsUpdate(doc);
  const attempts = [
    () => addCell(notebook, null, { kind: 'code' }),
    () => fold(notebook, [first], { source: true }),
    () => setTitle(notebook, 'Renamed'),
    () => history.add(null, { kind: 'code' }),
    () => history.remove([first]),
    () => history.undo(),
    () => history.redo(),
    () => doc.transact(() => notebook.roots.meta.set('title', 'forged'), 'an editor'),
  ];
  for (const attempt of attempts) expect(attempt).toThrow(ReadOnly);
  expect(Y.encodeStateAsUpdate(doc)).toEqual(before);
  doc.readOnly = false;
  history.undo();
  expect(notebook.ids()).toEqual([first]);
});

test('p5_what_others_write_comes_into_a_read_only_document_as_ever', () => {
  const { doc, notebook } = guarded();
  const other = new Notebook(new Y.Doc());
  Y.applyUpdate(other.doc, Y.encodeStateAsUpdate(doc));
  doc.readOnly = true;
  const added = addCell(other, null, { kind: 'note' });
  Y.applyUpdate(doc, Y.encodeStateAsUpdate(other.doc), 'server');
  expect(notebook.ids()).toContain(added);
});

test('a notebook is a file of format 4.5 without the server, in the order people see, without what lies in the bin', () => {
  const { notebook, history, first, second } = guarded();
  const prompt = addCell(notebook, first, { kind: 'prompt', source: 'Why?' });
  const gone = addCell(notebook, null, { kind: 'raw', source: 'gone' });
  history.remove([gone]);
  const file = JSON.parse(notebookFile(notebook)) as { cells: { id: string; cell_type: string; source: string; outputs?: unknown[] }[] };
  expect(file).toMatchObject({ nbformat: 4, nbformat_minor: 5 });
  expect(file.cells.map(({ id, cell_type, source }) => [id, cell_type, source])).toEqual([
    [first, 'code', 'x'],
    [prompt, 'code', '%%prompt\nWhy?'],
    [second, 'markdown', '# Hi'],
  ]);
  expect(file.cells.map(({ outputs }) => outputs)).toEqual([[], [], undefined]);
});

test('the name of a file is one that every file system takes', () => {
  expect(fileName('Tides: a/b\\c "d" <e>|f?*')).toBe('Tides a b c d e f.ipynb');
  expect(fileName('  ')).toBe('notebook.ipynb');
  expect(fileName('..\u0000')).toBe('...ipynb');
  expect(fileName('é'.repeat(300)).length).toBe(106);
});
