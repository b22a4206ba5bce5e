// What a page accepts from a frame of foreign origin. Pure.
//
// Invariant: whatever a frame sends, and however often, becomes a `FrameMessage` of bounded size or nothing; a frame that
// sends without end is told apart.

import type { Library } from '../doc/output';
import { isObject, type JsonObject } from '../doc/schema';

/** Higher outputs scroll inside: a frame could otherwise push everything below out of reach. */
export const HIGHEST_FRAME = 2000;
const LONGEST_ADDRESS = 2000;
const LONGEST_REASON = 300;

/** What a frame is given to show. */
export type FrameContent = { kind: 'page'; html: string } | { kind: 'chart'; library: Library; spec: JsonObject };

/** Tells contents apart well enough to remember how high they were. */
export function contentKey(content: FrameContent): string {
  const text = content.kind === 'page' ? content.html : content.library + JSON.stringify(content.spec);
  return `${text.length}:${text.slice(0, 80)}:${text.slice(-80)}`;
}

/** Of what somebody did with a widget: bytes of its binary parts, and letters of the rest. */
const MOST_BYTES = 16 << 20;
const LONGEST_STATE = 1 << 20;
const LONGEST_NAME = 128;

export type FrameMessage =
  | { kind: 'ready' }
  | { kind: 'height'; height: number }
  | { kind: 'link'; address: string }
  /** A chart stands there: what the frame says of its height from now on is true. */
  | { kind: 'drawn' }
  /** A chart was not drawn, and why, as its library says it. */
  | { kind: 'failed'; why: string }
  /** Somebody did something with a widget. */
  | ModelTold
  /** The policy kept something of a host from being loaded. */
  | { kind: 'blocked'; host: string };

/** What a widget is to be told, as the server takes it but for its binary parts. */
export interface ModelTold {
  kind: 'tell';
  request: number;
  model: string;
  state?: JsonObject;
  message?: unknown;
  bytes: { path: (string | number)[]; data: ArrayBuffer }[];
  /** Of all of it, about, in bytes. */
  size: number;
}

export function frameMessage(data: unknown): FrameMessage | undefined {
  if (typeof data !== 'object' || data === null) return undefined;
  const { kind, height, address, host, why } = data as { [key: string]: unknown };
  if (kind === 'ready' || kind === 'drawn') return { kind };
  if (kind === 'tell') return modelTold(data as JsonObject);
  if (kind === 'height' && typeof height === 'number') return { kind, height: clamped(height) };
  if (kind === 'link' && typeof address === 'string' && isWebAddress(address)) return { kind, address };
  if (kind === 'failed' && typeof why === 'string') return { kind, why: why.slice(0, LONGEST_REASON) };
  if (kind === 'blocked' && typeof host === 'string' && /^[\w.-]{1,80}(?::\d{1,5})?$/.test(host)) return { kind, host };
  return undefined;
}

/** Whatever it holds becomes JSON, or nothing. */
function modelTold({ request, model, state, message, bytes }: JsonObject): ModelTold | undefined {
  if (typeof request !== 'number' || typeof model !== 'string' || !Array.isArray(bytes) || !bytes.every(isPart)) return undefined;
  const binary = bytes.reduce((sum, { data }) => sum + data.byteLength, 0);
  const text = plain(isObject(state) ? { state } : { message: message ?? null });
  if (text === undefined || model.length > LONGEST_NAME || binary > MOST_BYTES) return undefined;
  return { kind: 'tell', request, model, ...(JSON.parse(text) as JsonObject), bytes, size: text.length + binary };
}

function isPart(part: unknown): part is ModelTold['bytes'][number] {
  if (!isObject(part) || !(part['data'] instanceof ArrayBuffer) || !Array.isArray(part['path'])) return false;
  return part['path'].length < 64 && part['path'].every((step) => typeof step === 'string' || typeof step === 'number');
}

function plain(value: JsonObject): string | undefined {
  try {
    const text = JSON.stringify(value);
    return text.length <= LONGEST_STATE ? text : undefined;
  } catch {
    return undefined;
  }
}

function clamped(height: number): number {
  return Number.isNaN(height) ? 0 : Math.ceil(Math.min(HIGHEST_FRAME, Math.max(0, height)));
}

function isWebAddress(address: string): boolean {
  return address.length <= LONGEST_ADDRESS && /^https?:\/\//i.test(address);
}

/** So many at once, and so many a second for ever. */
export interface Allowance {
  burst: number;
  perSecond: number;
}

export const MESSAGES: Allowance = { burst: 200, perSecond: 40 };
/** A page that is as high as its frame and a little higher would grow with it without end. */
export const HEIGHTS: Allowance = { burst: 40, perSecond: 2 };
/** Some widgets that move each other, each twenty times a second. */
export const TELLS: Allowance = { burst: 400, perSecond: 100 };
/** In bytes: a file that somebody chooses, then as much as hands do. */
export const TOLD_BYTES: Allowance = { burst: 32 << 20, perSecond: 256 << 10 };
/** Past the allowance for messages by so many: not a busy page but a flood. */
const FLOOD = 1000;

export class Budget {
  #left: number;
  #at = 0;
  #over = 0;

  constructor(private readonly allowance: Allowance) {
    this.#left = allowance.burst;
  }

  /** `now` in milliseconds. */
  take(now: number, cost = 1): 'given' | 'spent' | 'flood' {
    const { burst, perSecond } = this.allowance;
    this.#left = Math.min(burst, this.#left + (Math.max(0, now - this.#at) / 1000) * perSecond);
    this.#at = now;
    if (this.#left < cost) return (this.#over += 1) > FLOOD ? 'flood' : 'spent';
    this.#left -= cost;
    return 'given';
  }
}
