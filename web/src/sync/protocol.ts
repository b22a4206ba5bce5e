// The messages between a page and the server: y-protocols' sync, awareness and auth, and y-sweet's echo. Pure.
//
// Invariant: one message per frame, and reading a frame never throws: what cannot be read is `undefined`.

import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';

const SYNC = 0;
const AWARENESS = 1;
const AUTH = 2;
/** Echoed by the server once everything sent before it is on disk. */
const ECHO = 102;

const STEP_1 = 0;
const STEP_2 = 1;
const UPDATE = 2;
const DENIED = 0;

export type Message =
  /** What the other side has; it wants the rest. */
  | { kind: 'stateVector'; vector: Uint8Array }
  /** `first`: the answer to our state vector, after which we have all the other side had. */
  | { kind: 'update'; update: Uint8Array; first: boolean }
  | { kind: 'awareness'; update: Uint8Array }
  /** Nothing that is changed here will be taken. */
  | { kind: 'denied'; sentence: string }
  | { kind: 'echo'; version: number };

export function encodeStateVector(vector: Uint8Array): Uint8Array {
  return sync(STEP_1, vector);
}

export function encodeAnswer(update: Uint8Array): Uint8Array {
  return sync(STEP_2, update);
}

export function encodeUpdate(update: Uint8Array): Uint8Array {
  return sync(UPDATE, update);
}

export function encodeAwareness(update: Uint8Array): Uint8Array {
  return encoding.encode((encoder) => {
    encoding.writeVarUint(encoder, AWARENESS);
    encoding.writeVarUint8Array(encoder, update);
  });
}

export function encodeDenied(sentence: string): Uint8Array {
  return encoding.encode((encoder) => {
    encoding.writeVarUint(encoder, AUTH);
    encoding.writeVarUint(encoder, DENIED);
    encoding.writeVarString(encoder, sentence);
  });
}

/** Asks to be told when everything up to `version` is on disk. */
export function encodeEcho(version: number): Uint8Array {
  return encoding.encode((encoder) => {
    encoding.writeVarUint(encoder, ECHO);
    encoding.writeVarUint8Array(encoder, encoding.encode((payload) => encoding.writeVarUint(payload, version)));
  });
}

export function decode(frame: Uint8Array): Message | undefined {
  try {
    const decoder = decoding.createDecoder(frame);
    switch (decoding.readVarUint(decoder)) {
      case SYNC:
        return decodeSync(decoder);
      case AWARENESS:
        return { kind: 'awareness', update: decoding.readVarUint8Array(decoder) };
      case AUTH:
        return decoding.readVarUint(decoder) === DENIED ? { kind: 'denied', sentence: decoding.readVarString(decoder) } : undefined;
      case ECHO:
        return { kind: 'echo', version: decoding.readVarUint(decoding.createDecoder(decoding.readVarUint8Array(decoder))) };
      default:
        return undefined;
    }
  } catch {
    return undefined;
  }
}

function decodeSync(decoder: decoding.Decoder): Message | undefined {
  const step = decoding.readVarUint(decoder);
  const bytes = decoding.readVarUint8Array(decoder);
  if (step === STEP_1) return { kind: 'stateVector', vector: bytes };
  if (step === STEP_2 || step === UPDATE) return { kind: 'update', update: bytes, first: step === STEP_2 };
  return undefined;
}

function sync(step: number, bytes: Uint8Array): Uint8Array {
  return encoding.encode((encoder) => {
    encoding.writeVarUint(encoder, SYNC);
    encoding.writeVarUint(encoder, step);
    encoding.writeVarUint8Array(encoder, bytes);
  });
}
