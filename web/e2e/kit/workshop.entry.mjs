// What the page of a workshop runs: the editor as the notebook makes it, with a host that notes what it is asked.

import { Awareness } from 'y-protocols/awareness';
import * as Y from 'yjs';

import { CellEditor } from '../../src/editor/editor.ts';
import { MarkBoard } from '../../src/ui/marks.ts';

const PREFERENCES = { readOnly: false, vim: false, lineNumbers: false, wrapCode: false, closeBrackets: true, completeWhileTyping: true };

window.openShop = (parent, { text, language, preferences }) => {
  const doc = new Y.Doc();
  const source = doc.getText('source');
  source.insert(0, text);
  const shop = { text: source, asked: [], takesOver: false };
  const note = (deed, answer) => (...rest) => (shop.asked.push([deed, ...rest.map((one) => (one instanceof Event ? one.type : one))]), answer);
  const host = {
    leave: note('leave'),
    advance: note('advance'),
    runHere: note('runHere'),
    above: note('above', false),
    below: note('below', false),
    split: note('split'),
    undo: note('undo'),
    redo: note('redo'),
    endStep: () => undefined,
    dragOut: (event) => (shop.asked.push(['dragOut', event.clientY]), shop.takesOver),
  };
  const purpose = { prose: false, language, label: 'Code', hint: '' };
  const settings = { cell: 'a', text: source, awareness: new Awareness(doc), marks: new MarkBoard(), host, purpose };
  shop.editor = new CellEditor(parent, { ...settings, preferences: { ...PREFERENCES, ...preferences }, words: () => [] });
  window.shop = shop;
};
