// Outputs that grow: what did not change stays the very same value.

import * as Y from 'yjs';
import { expect, test } from 'vitest';

import { OutputsReader } from '../../src/doc/outputs';
import { notebook } from './replicas';
import { addCell } from '../../src/doc/edit';

function fixture() {
  const made = notebook(1);
  addCell(made, null, { kind: 'code', source: '', id: 'a' });
  const cell = made.cell('a')!;
  const outputs = cell.get('outputs') as Y.Array<Y.Map<unknown>>;
  const text = new Y.Text('one\n');
  outputs.push([new Y.Map(Object.entries({ output_type: 'display_data', data: { 'text/plain': 'x' }, metadata: {} })), new Y.Map<unknown>([['output_type', 'stream'], ['name', 'stdout'], ['text', text]])]);
  const reader = new OutputsReader();
  made.onCell('a', (part, changed) => part === 'outputs' && reader.forget(changed));
  return { cell, outputs, text, reader };
}

test('ln_22_of_a_growing_output_only_it_is_a_new_value', () => {
  const { cell, text, reader } = fixture();
  reader.follow();
  const [picture, stream] = reader.read(cell);
  text.insert(text.length, 'two\n');
  const [pictureNow, streamNow] = reader.read(cell);
  expect(pictureNow).toBe(picture);
  expect(streamNow).not.toBe(stream);
  expect(streamNow).toMatchObject({ text: 'one\ntwo\n' });
});

test('an output whose data are set anew, and a cleared cell, are read anew', () => {
  const { cell, outputs, reader } = fixture();
  reader.follow();
  reader.read(cell);
  outputs.get(0).set('data', { 'text/plain': 'y' });
  expect(reader.read(cell)[0]).toMatchObject({ data: { 'text/plain': 'y' } });
  outputs.delete(0, 2);
  expect(reader.read(cell)).toEqual([]);
  expect(reader.read(undefined)).toEqual([]);
});

test('while nobody follows nothing is remembered', () => {
  const { cell, text, reader } = fixture();
  expect(reader.read(cell)[0]).not.toBe(reader.read(cell)[0]);
  reader.follow();
  const before = reader.read(cell)[1];
  reader.leave();
  text.insert(0, 'zero\n');
  reader.follow();
  expect(reader.read(cell)[1]).not.toBe(before);
});
