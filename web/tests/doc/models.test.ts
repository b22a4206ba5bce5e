import * as Y from 'yjs';
import { expect, test } from 'vitest';

import { modelsOf, type ModelChange } from '../../src/doc/models';
import { roots } from '../../src/doc/schema';

function fixture() {
  const all = roots(new Y.Doc());
  const write = (id: string, name: string, state: { [key: string]: unknown }) => {
    const map = new Y.Map<unknown>();
    map.set('module', '@jupyter-widgets/controls');
    map.set('name', name);
    map.set('version', '2.0.0');
    map.set('state', new Y.Map(Object.entries(state)));
    all.models.set(id, map);
    return map;
  };
  return { ...all, models: modelsOf(all), root: all.models, write };
}

const entry = (value: unknown, seq = 1) => ({ value, seq });

test('ln_43 drawing a widget takes what its state names, and the ties among them', () => {
  const { models, write } = fixture();
  write('box', 'VBoxModel', { children: entry(['IPY_MODEL_slider', 'IPY_MODEL_out']) });
  write('slider', 'IntSliderModel', { value: entry(3), layout: { seq: 1, blob: { sha256: 'ab' }, refs: ['layout'] } });
  write('layout', 'LayoutModel', {});
  write('out', 'OutputModel', { outputs: entry([{ data: { 'application/vnd.jupyter.widget-view+json': { model_id: 'shown' } } }]) });
  write('shown', 'IntTextModel', {});
  write('far', 'IntTextModel', { value: entry(1) });
  write('link', 'LinkModel', { source: entry(['IPY_MODEL_slider', 'value']), target: entry(['IPY_MODEL_far', 'value']) });
  write('stray', 'IntTextModel', {});
  expect([...models.neededBy('box')].sort()).toEqual(['box', 'far', 'layout', 'link', 'out', 'shown', 'slider']);
  expect(models.neededBy('nowhere').size).toBe(0);
});

test('a change is told key by key, and whatever stands there has its shape', () => {
  const { models, root, write } = fixture();
  const map = write('m', 'IntSliderModel', { value: entry(3), broken: 7, image: { seq: 2, buffers: [{ path: [], base64: 'YQ==' }, 5] } });
  root.set('strange', 5);
  expect(models.get('strange')).toBeUndefined();
  expect(models.get('m')?.state.get('image')).toEqual({ seq: 2, parts: [{ path: [], base64: 'YQ==' }] });
  expect(models.get('m')?.state.has('broken')).toBe(false);
  const heard: ReadonlyMap<string, ModelChange>[] = [];
  models.onChange((changes) => heard.push(changes));
  (map.get('state') as Y.Map<unknown>).set('value', entry(4, 3));
  map.set('said', { seq: 4, messages: [{ content: 'hi', buffers: ['YQ==', 5] }] });
  map.set('ended', true);
  expect(heard.map((changes) => changes.get('m'))).toEqual([
    { whole: false, keys: new Set(['value']), said: false },
    { whole: false, keys: new Set(), said: true },
    { whole: true, keys: new Set(), said: false },
  ]);
  expect(models.said('m')).toEqual([{ content: 'hi', buffers: ['YQ=='] }]);
  expect(models.get('m')?.ended).toBe(true);
});
