// Unmodified providers of every client version the server promises to serve, behind one small handle.

import { WebSocket } from "ws";
import { WebsocketProvider as Version1 } from "y-websocket-1";
import { WebsocketProvider as Version2 } from "y-websocket-2";
import { WebsocketProvider as Version3 } from "y-websocket-3";
import { WebsocketProvider as WithSavedState } from "y-websocket-status";
import { WebsocketProvider as Version4 } from "@y/websocket";

import { yjs13, yjs14 } from "./documents.js";
import { eventually } from "./eventually.js";

/** Every published client that must work. The last but one carries the saved indicator of the 4.x line (`sync-status`). */
export const versions = [
  { name: "y-websocket 1.5.4", Provider: Version1, hand: yjs13 },
  { name: "y-websocket 2.1.0", Provider: Version2, hand: yjs13 },
  { name: "y-websocket 3.1.0", Provider: Version3, hand: yjs13 },
  { name: "y-websocket 3.1.0-rc.5 (sync-status)", Provider: WithSavedState, hand: yjs13, tellsSaved: true },
  { name: "@y/websocket 4.0.0-3 on Yjs 14", Provider: Version4, hand: yjs14 },
];

/** The version most applications use today. */
export const current = versions[2];

/** The version that tells when an edit is saved. */
export const savedTeller = versions.find((version) => version.tellsSaved);

/** One provider with its document. */
export class Client {
  constructor(version, serverUrl, room, { token, doc, awareness, name } = {}) {
    this.hand = version.hand;
    this.doc = doc ?? new this.hand.Y.Doc();
    this.closes = 0;
    this.provider = new version.Provider(serverUrl, room, this.doc, {
      WebSocketPolyfill: WebSocket,
      // Clients of one process would otherwise reach each other past the server.
      disableBc: true,
      params: { token, ...(name ? { name } : {}) },
      ...(awareness ? { awareness } : {}),
    });
    this.awareness = this.provider.awareness;
    this.provider.on("status", ({ status }) => status === "disconnected" && this.closes++);
    // Without a listener some versions throw a refused connection instead of trying again.
    this.provider.on("connection-error", () => {});
  }

  /** Opens `room` and waits for the first synchronisation; closed when the test ends. */
  static async open(t, version, server, room, options = {}) {
    const client = new Client(version, options.url ?? server.socketUrl, room, { token: server.token, ...options });
    t.after(() => client.close());
    await client.synced();
    return client;
  }

  synced(limit = 20_000) {
    return eventually(() => this.provider.wsconnected && this.provider.synced, "a client is synchronised", limit);
  }

  get text() {
    return this.hand.text(this.doc);
  }
  /** Types `text` at `index`, by default at the end. */
  type(text, index = this.text.length) {
    this.hand.insert(this.doc, index, text);
  }
  erase(index, length) {
    this.hand.remove(this.doc, index, length);
  }
  set(key, value) {
    this.hand.set(this.doc, key, value);
  }
  get(key) {
    return this.hand.get(this.doc, key);
  }
  nest(key, entries) {
    this.hand.nest(this.doc, key, entries);
  }
  nested(key, inner) {
    return this.hand.nested(this.doc, key, inner);
  }

  /** The presence of another client as this one sees it. */
  sees(other) {
    return this.awareness.getStates().get(other.doc.clientID);
  }

  disconnect() {
    this.provider.disconnect();
  }
  connect() {
    this.provider.connect();
  }
  /** Loses the TCP connection without a WebSocket close; the provider comes back by itself. */
  dropSocket() {
    this.provider.ws._socket.destroy();
  }
  close() {
    this.provider.destroy();
    this.awareness.destroy();
    this.doc.destroy();
  }
}

/** Waits until every client shows the same text as `expected` (a string, or a check of the text). */
export function showAll(clients, expected, limit) {
  const good = typeof expected === "function" ? expected : (text) => text === expected;
  return eventually(
    () => clients.every((client) => good(client.text) && client.text === clients[0].text),
    () => `all clients show the same expected text; they show ${JSON.stringify(clients.map((client) => client.text.slice(0, 200)))}`,
    limit,
  );
}
