// The way between a widget in a frame and the document.

import { expect, test, vi } from 'vitest';
import * as Y from 'yjs';

import { modelsOf } from '../../src/doc/models';
import { roots } from '../../src/doc/schema';
import { ModelLine } from '../../src/ui/modelLine';

function fixture() {
  const all = roots(new Y.Doc());
  const write = (id: string, state: { [key: string]: unknown }) => {
    const map = new Y.Map<unknown>([['module', 'anywidget'], ['name', 'AnyModel'], ['version', '1'], ['state', new Y.Map(Object.entries(state))]]);
    all.models.set(id, map);
    return map.get('state') as Y.Map<unknown>;
  };
  const fetch = vi.fn(() => Promise.resolve(new TextEncoder().encode('7').buffer as ArrayBuffer));
  const refused = vi.fn();
  const line = new ModelLine('box', { models: modelsOf(all), fetch, library: () => Promise.reject(), tell: () => Promise.reject(), rests: () => false, refused, cell: () => undefined });
  return { models: all.models, write, fetch, refused, line, tell: vi.fn() };
}

const turns = () => new Promise((resolve) => setImmediate(resolve));

test('ln_43 a frame that cannot begin is told of nothing more, and nobody of each change', async () => {
  const { write, fetch, refused, line, tell } = fixture();
  const state = write('box', { large: { seq: 1, blob: { sha256: 'ab' } } });
  fetch.mockRejectedValue(new Error('The server is not reached.'));
  await expect(line.begin(tell)).rejects.toThrow('not reached');
  state.set('value', { seq: 2, value: 3 });
  await turns();
  expect([tell.mock.calls.length, refused.mock.calls.length]).toEqual([0, 0]);
});

test('ln_43 what changes while the beginning is fetched comes after it, and of a widget that goes only that', async () => {
  const { models, write, line, tell } = fixture();
  const state = write('box', { large: { seq: 1, blob: { sha256: 'ab' } }, child: { seq: 1, value: 'IPY_MODEL_child' } });
  write('child', { value: { seq: 1, value: 1 } });
  const begun = line.begin(tell);
  state.set('value', { seq: 2, value: 3 });
  models.delete('child');
  expect(tell).not.toHaveBeenCalled();
  expect(Object.keys((await begun).spec)).toContain('models');
  await turns();
  expect(tell.mock.calls.map(([{ changed, closed }]) => [changed, closed])).toEqual([
    [{ box: { value: { seq: 2, bytes: [], value: 3 } } }, []],
    [{}, ['child']],
  ]);
});
