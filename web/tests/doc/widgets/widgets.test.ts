// A session's document as widgets.

import { expect, test } from 'vitest';
import * as Y from 'yjs';

import { Widgets, type Order } from '../../../src/doc/widgets/widgets';

function add(doc: Y.Doc, wid: number, kind: string, { state = {}, children = [] as (string | { [key: string]: unknown })[], text = undefined as string | undefined } = {}): Y.Map<unknown> {
  const map = new Y.Map<unknown>();
  doc.transact(() => {
    doc.getMap('widgets').set(String(wid), map);
    map.set('class', kind);
    map.set('state', new Y.Map(Object.entries(state)));
    map.set('children', Y.Array.from(children));
    map.set('listens', new Y.Map([['activated', true]]));
    if (text !== undefined) map.set('text', new Y.Text(text));
  });
  return map;
}

function stateOf(doc: Y.Doc, wid: number): Y.Map<unknown> {
  return (doc.getMap('widgets').get(String(wid)) as Y.Map<unknown>).get('state') as Y.Map<unknown>;
}

function order(doc: Y.Doc, wid: number, name: string, n: number): void {
  const map = doc.getMap('widgets').get(String(wid)) as Y.Map<unknown>;
  const commands = (map.get('commands') as Y.Map<unknown> | undefined) ?? new Y.Map<unknown>();
  if (!map.has('commands')) map.set('commands', commands);
  commands.set(name, { n, args: [] });
}

test('a widget is read with its state, its children and what the program listens to', () => {
  const doc = new Y.Doc();
  add(doc, 1, 'ToolBar', { state: { spacing: 8 }, children: [{ wid: 2, stretch: 1 }, { separator: true }, { __wid__: 3 }, { spacer: true }, 'nonsense'] });
  const widget = new Widgets(doc).widget(1);
  expect(widget).toMatchObject({ wid: 1, kind: 'ToolBar', state: { spacing: 8 } });
  expect(widget?.children.map(({ wid }) => wid)).toEqual([2, 3]);
  expect(widget?.entries.map((entry) => (typeof entry === 'string' ? entry : entry.wid))).toEqual([2, 'separator', 3, 'spacer']);
  expect([...(widget?.listens ?? [])]).toEqual(['activated']);
});

test('what is broken in the document is left out and nothing throws', () => {
  const doc = new Y.Doc();
  doc.getMap('widgets').set('1', 'no map');
  doc.getMap('widgets').set('x', new Y.Map());
  doc.getMap('widgets').set('2', new Y.Map<unknown>([['state', 7], ['children', { wid: 1 }]]));
  doc.getMap('info').set('program', 'here');
  const widgets = new Widgets(doc);
  expect(widgets.all()).toMatchObject([{ wid: 2, kind: '', state: {}, children: [] }]);
  expect(widgets.program.state).toBe('waiting');
});

test('only those who listen to a widget hear that it changed, and the others stay the same objects', () => {
  const doc = new Y.Doc();
  add(doc, 1, 'Slider');
  add(doc, 2, 'Label');
  const widgets = new Widgets(doc);
  const label = widgets.widget(2);
  const heard: number[] = [];
  widgets.widget(1);
  widgets.onWidget(1, () => heard.push(1));
  widgets.onWidget(2, () => heard.push(2));
  stateOf(doc, 1).set('value', 7);
  expect(heard).toEqual([1]);
  expect(widgets.widget(2)).toBe(label);
  expect(widgets.widget(1)?.state).toEqual({ value: 7 });
});

test('all that one transaction changes is read anew, also behind a window', () => {
  const doc = new Y.Doc();
  add(doc, 1, 'TopLevel', { state: { visible: false } });
  add(doc, 2, 'Label', { state: { text: 'before' } });
  const widgets = new Widgets(doc);
  const seen: unknown[] = [];
  widgets.widget(1);
  widgets.onWidget(2, () => seen.push(widgets.widget(2)?.state['text']));
  expect(widgets.widget(2)?.state['text']).toBe('before');
  doc.transact(() => {
    stateOf(doc, 1).set('visible', true);
    stateOf(doc, 2).set('text', 'after');
  });
  expect(seen).toEqual(['after']);
});

test('what people type changes the text and redraws no widget', () => {
  const doc = new Y.Doc();
  const text = add(doc, 1, 'TextEntry', { text: 'a' }).get('text') as Y.Text;
  const widgets = new Widgets(doc);
  const before = widgets.widget(1);
  let heard = 0;
  widgets.onWidget(1, () => (heard += 1));
  text.insert(1, 'b');
  expect([heard, widgets.widget(1) === before, before?.text?.toString()]).toEqual([0, true, 'ab']);
});

test('a state that another takes the place of is read anew', () => {
  const doc = new Y.Doc();
  const map = add(doc, 1, 'Slider', { state: { value: 1 } });
  const widgets = new Widgets(doc);
  expect(widgets.widget(1)?.state['value']).toBe(1);
  map.set('state', new Y.Map([['value', 2]]));
  expect(widgets.widget(1)?.state['value']).toBe(2);
  stateOf(doc, 1).set('value', 3);
  expect(widgets.widget(1)?.state['value']).toBe(3);
});

test('windows are those that stand on no other, in the order in which they were made', () => {
  const doc = new Y.Doc();
  add(doc, 10, 'TopLevel');
  add(doc, 2, 'Dialog');
  add(doc, 3, 'Button');
  const widgets = new Widgets(doc);
  let heard = 0;
  widgets.onWindows(() => (heard += 1));
  expect(widgets.windows().map(({ wid }) => wid)).toEqual([2, 10]);
  stateOf(doc, 3).set('text', 'x');
  expect(heard).toBe(0);
  doc.getMap('widgets').delete('2');
  expect([heard, widgets.windows().map(({ wid }) => wid)]).toEqual([1, [10]]);
});

test('orders are done once by those who were there, and by none who come later', () => {
  const doc = new Y.Doc();
  add(doc, 1, 'Button');
  order(doc, 1, 'set_focus', 3);
  const widgets = new Widgets(doc);
  const told: Order[] = [];
  const stop = widgets.onOrders((orders) => told.push(...orders));
  stateOf(doc, 1).set('text', 'x');
  expect(told).toEqual([]);
  order(doc, 1, 'set_focus', 4);
  expect(told.map(({ wid, name, n }) => [wid, name, n])).toEqual([[1, 'set_focus', 4]]);
  stop();
  order(doc, 1, 'set_focus', 5);
  // Back again: what was ordered meanwhile was for those who were there.
  widgets.onOrders((orders) => told.push(...orders));
  stateOf(doc, 1).set('text', 'y');
  expect(told).toHaveLength(1);
  // Of the page they are one value.
  doc.getMap('page').set('commands', { 'open-url': { n: 1, args: ['https://example.org'] } });
  expect(told.at(-1)).toMatchObject({ wid: undefined, name: 'open-url', args: ['https://example.org'] });
});

test('a question that comes from elsewhere is told once', () => {
  const doc = new Y.Doc();
  const other = new Y.Doc();
  const widgets = new Widgets(doc);
  const asked: string[] = [];
  widgets.onAsks((asks) => asked.push(...asks.map(({ id, wid, method }) => `${id} ${wid} ${method}`)));
  other.getMap('asks').set('a', { wid: 4, method: 'get_size', args: [] });
  Y.applyUpdate(doc, Y.encodeStateAsUpdate(other));
  other.getMap('asks').delete('a');
  Y.applyUpdate(doc, Y.encodeStateAsUpdate(other));
  expect(asked).toEqual(['a 4 get_size']);
});
