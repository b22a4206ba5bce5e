// A WebSocket client without manners: sends any bytes, keeps every frame it gets.

import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";
import { WebSocket } from "ws";
import * as Y from "yjs";

import { eventually } from "./eventually.js";

export const SYNC = 0;
export const AWARENESS = 1;
export const STEP1 = 0;
export const STEP2 = 1;
export const UPDATE = 2;
/** An update without content. */
export const NOTHING = Uint8Array.of(0, 0);
/** y-sweet's request: send this back once everything before it is safe. */
export const ACK = 102;

function encode(write) {
  const encoder = encoding.createEncoder();
  write(encoder);
  return encoding.toUint8Array(encoder);
}

export const syncMessage = (kind, payload) =>
  encode((encoder) => {
    encoding.writeVarUint(encoder, SYNC);
    encoding.writeVarUint(encoder, kind);
    encoding.writeVarUint8Array(encoder, payload);
  });

export const bytesMessage = (type, payload) =>
  encode((encoder) => {
    encoding.writeVarUint(encoder, type);
    encoding.writeVarUint8Array(encoder, payload);
  });

/** An awareness message of `[client id, clock, state]` rows. */
export const awarenessMessage = (rows) =>
  bytesMessage(
    AWARENESS,
    encode((encoder) => {
      encoding.writeVarUint(encoder, rows.length);
      for (const [client, clock, state] of rows) {
        encoding.writeVarUint(encoder, client);
        encoding.writeVarUint(encoder, clock);
        encoding.writeVarString(encoder, typeof state === "string" ? state : JSON.stringify(state));
      }
    }),
  );

export const hex = (text) => Uint8Array.from(Buffer.from(text, "hex"));

/** What a frame is: its type, for sync messages its kind, and its payload. */
export function parse(frame) {
  const decoder = decoding.createDecoder(frame);
  const type = decoding.readVarUint(decoder);
  const kind = type === SYNC ? decoding.readVarUint(decoder) : undefined;
  return { type, kind, payload: decoding.readVarUint8Array(decoder), rest: decoding.hasContent(decoder) };
}

export class RawClient {
  frames = [];
  received = 0;
  closed = undefined;

  /**
   * Connects to a document; ended with the test. `options.url` goes through a proxy, `options.headers` adds some,
   * `options.token` is another than the editors'. Answers the server's question that it has nothing, unless
   * `options.silent`: until then the server acknowledges nothing.
   */
  static async open(t, server, room, options = {}) {
    const client = new RawClient();
    const url = `${options.url ?? server.socketUrl}/${room}?token=${options.token ?? server.token}`;
    client.socket = new WebSocket(url, { headers: options.headers, perMessageDeflate: false });
    client.socket.binaryType = "nodebuffer";
    client.socket.on("message", (data, binary) => {
      const frame = binary ? new Uint8Array(data) : String(data);
      client.frames.push(frame);
      client.received += data.length;
      if (!options.silent && frame[0] === SYNC && frame[1] === STEP1) client.send(syncMessage(STEP2, NOTHING));
    });
    client.socket.on("close", (code, reason) => (client.closed = { code, reason: String(reason) }));
    client.socket.on("error", (error) => (client.error = error));
    t.after(() => client.socket.terminate());
    await eventually(() => client.socket.readyState === WebSocket.OPEN || client.closed, "a raw client is connected");
    return client;
  }

  get open() {
    return this.socket.readyState === WebSocket.OPEN;
  }

  send(bytes, options) {
    this.socket.send(bytes, options, () => {});
  }

  /** Waits until the server closed the connection; resolves with `{code, reason}`. */
  ended(limit = 10_000) {
    return eventually(() => this.closed, "the server closes the connection", limit);
  }

  /** Asks for all the server has and applies it and all that came before to `doc`. */
  async pull(doc) {
    const from = this.frames.length;
    this.send(syncMessage(STEP1, Y.encodeStateVector(doc)));
    await eventually(
      () => this.frames.slice(from).some((frame) => frame[0] === SYNC && frame[1] === STEP2),
      "the server answers step 1 with step 2",
    );
    this.applyTo(doc);
  }

  /** Applies every document frame received so far to `doc`. */
  applyTo(doc) {
    for (const frame of this.frames) {
      if (frame[0] !== SYNC || frame[1] === STEP1) continue;
      Y.applyUpdate(doc, parse(frame).payload);
    }
  }

  /** Sends a request that the server answers in order; afterwards everything before it has been dealt with. */
  async barrier(limit) {
    const mark = Uint8Array.from({ length: 16 }, () => Math.floor(Math.random() * 256));
    this.send(bytesMessage(ACK, mark));
    await eventually(
      () => this.frames.some((frame) => frame[0] === ACK && Buffer.from(parse(frame).payload).equals(Buffer.from(mark))),
      "the server acknowledges",
      limit,
    );
  }
}
