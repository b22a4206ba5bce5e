// A program of somebody else's in the notebook: the published y-websocket client in node, with presence of its own making.

import { WebsocketProvider } from 'y-websocket';
import WebSocket from 'ws';
import * as Y from 'yjs';

import { eventually } from './eventually.mjs';

export class Peer {
  doc = new Y.Doc();

  constructor(server, notebook, params = {}) {
    const address = `${server.origin.replace(/^http/, 'ws')}/ws`;
    this.provider = new WebsocketProvider(address, notebook, this.doc, { WebSocketPolyfill: WebSocket, params: { token: server.token, ...params }, disableBc: true });
  }

  /** Somebody whose client has the document; leaves when the test ends. */
  static async join(t, server, notebook, params) {
    const peer = new Peer(server, notebook, params);
    t.after(() => peer.leave());
    await eventually(() => peer.provider.synced, 'the program has the document');
    return peer;
  }

  get awareness() {
    return this.provider.awareness;
  }

  cell(id) {
    return this.doc.getArray('cells').toArray().find((cell) => cell.get('id') === id);
  }

  source(id) {
    return this.cell(id).get('source');
  }

  /** As a kernel that has put something out. */
  putOut(id, ...outputs) {
    this.cell(id).get('outputs').push(outputs);
  }

  /** Sits in the text of a cell, as Jupyter's clients say it. */
  sit(id, offset) {
    const position = Y.relativePositionToJSON(Y.createRelativePositionFromTypeIndex(this.source(id), offset));
    this.awareness.setLocalStateField('cursors', [{ anchor: position, head: position, primary: true, empty: true }]);
  }

  leave() {
    this.provider.destroy();
    this.doc.destroy();
  }
}

/** What a cell prints. */
export function printed(lines) {
  return { output_type: 'stream', name: 'stdout', text: Array.from({ length: lines }, (_, index) => `line ${index}\n`).join('') };
}

/** A picture of which nobody is told the size. */
export function picture(width, height) {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="100%" height="100%" fill="teal"/></svg>`;
  return { output_type: 'display_data', metadata: {}, data: { 'image/svg+xml': svg, 'text/plain': 'a picture' } };
}
