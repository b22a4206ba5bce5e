// Drafts between two loads of the page.

import { expect, test } from 'vitest';

import { KeptDrafts, type KeptDraft } from '../../src/sync/drafts';

const BASE = 'http://here/';

function memory(): Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> & { map: Map<string, string> } {
  const map = new Map<string, string>();
  return { map, getItem: (key) => map.get(key) ?? null, setItem: (key, value) => void map.set(key, value), removeItem: (key) => void map.delete(key) };
}

function draft(answer: string, more: Partial<KeptDraft> = {}): KeptDraft {
  return { state: 'answering', thinking: '', answer, sentence: '', asked: '1-00000000', ...more };
}

test('ln_71_a_draft_is_there_after_the_page_was_loaded_anew_for_its_own_notebook_and_cell', () => {
  const storage = memory();
  const done = draft('Because.', { state: 'done', thinking: 'Hm.', done: { sourceHash: '1-00000000', sent: ['a'], model: 'm' } });
  const drafts = new KeptDrafts(storage, BASE, 'one');
  drafts.put('q', draft('Be'));
  drafts.put('q', done);
  drafts.put('p', draft('Perhaps'));
  expect([...new KeptDrafts(storage, BASE, 'one').all()]).toEqual([['q', done], ['p', draft('Perhaps')]]);
  expect([...new KeptDrafts(storage, BASE, 'two').all(), ...new KeptDrafts(storage, 'http://there/', 'one').all()]).toEqual([]);
});

test('ln_71_a_draft_that_was_published_or_thrown_away_leaves_nothing_behind', () => {
  const storage = memory();
  const drafts = new KeptDrafts(storage, BASE, 'one');
  drafts.put('q', draft('secret'));
  drafts.forget('p');
  drafts.forget('q');
  expect(storage.map.size).toBe(0);
  expect(new KeptDrafts(storage, BASE, 'one').all().size).toBe(0);
});

test('ln_71_what_cannot_be_read_or_written_is_no_draft_and_throws_nothing', () => {
  const storage = memory();
  const [key] = (new KeptDrafts(storage, BASE, 'one').put('q', draft('x')), [...storage.map.keys()]);
  for (const text of ['no JSON', 'null', '7', '[]', '{"q":null}', '{"q":{"state":"asleep"}}', JSON.stringify({ q: { ...draft('x'), answer: 1 } }), JSON.stringify({ q: { ...draft('x'), done: {} } })]) {
    storage.map.set(key ?? '', text);
    expect(new KeptDrafts(storage, BASE, 'one').all().size, text).toBe(0);
  }
  const refusing = () => { throw new Error('full'); };
  const full = new KeptDrafts({ getItem: refusing, setItem: refusing, removeItem: refusing }, BASE, 'one');
  full.put('q', draft('x'));
  expect(full.all().get('q')?.answer).toBe('x');
  full.forget('q');
  new KeptDrafts(undefined, BASE, 'one').put('q', draft('x'));
});
