// What a language model said in a prompt cell: its outputs, parted into the thinking, the answer and the rest. Imports
// its siblings in doc/ and yjs; changes nothing.
//
// Invariant: every output is in exactly one of the three, whoever wrote it; a text that people may edit is given as the
// text of the document, never as a copy.

import * as Y from 'yjs';

import type { RunState, TokenUsage } from '../wire/wire';
import { joined } from './output';
import { isObject, NAMESPACE, type CellMap, type JsonObject } from './schema';

/** Marks an output as the thinking before an answer; its value tells how long that took. */
const THINKING = 'application/vnd.coscribe.thinking+json';
const MARKDOWN = 'text/markdown';
const STATES: readonly unknown[] = ['queued', 'running', 'ok', 'failed', 'cancelled', 'interrupted'] satisfies RunState[];

interface Written {
  /** What people edit; absent where a foreign client wrote a plain value. */
  text: Y.Text | undefined;
  source: string;
}

export interface Thinking extends Written {
  /** How long it took, in milliseconds; absent while it goes on. */
  ms: number | undefined;
}

export interface Answer extends Written {
  /** How its run ended; absent while it goes on. */
  status: RunState | undefined;
  model: string | undefined;
  usage: TokenUsage | undefined;
  /** The name of whoever stopped it. */
  stoppedBy: string | undefined;
  /** The cells that were sent along; absent where nobody noted them. */
  sent: readonly string[] | undefined;
}

export interface Said {
  thinking: readonly Thinking[];
  /** More than one when somebody deleted what had come and more came. */
  answers: readonly Answer[];
  /** What else stands among the outputs, as files of other programs have it. */
  rest: readonly JsonObject[];
}

export const NOTHING_SAID: Said = { thinking: [], answers: [], rest: [] };

export function saidIn(cell: CellMap): Said {
  const outputs = cell.get('outputs');
  if (!(outputs instanceof Y.Array)) return NOTHING_SAID;
  const thinking: Thinking[] = [];
  const answers: Answer[] = [];
  const rest: JsonObject[] = [];
  for (const output of outputs.toArray() as unknown[]) {
    const data = valueIn(output, 'data');
    const text = valueIn(data, MARKDOWN);
    if (!isWritten(text)) rest.push(plainOf(output));
    else if (hasKey(data, THINKING)) thinking.push({ ...written(text), ms: msOf(valueIn(data, THINKING)) });
    else answers.push({ ...written(text), ...factsOf(plainOf(valueIn(output, 'metadata'))) });
  }
  return { thinking, answers, rest: rest.filter((output) => Object.keys(output).length > 0) };
}

/** All that was answered, as one text. */
export function answerText({ answers }: Pick<Said, 'answers'>): string {
  return answers.map(({ source }) => source).filter((source) => source !== '').join('\n\n');
}

function isWritten(text: unknown): boolean {
  return text instanceof Y.Text || typeof text === 'string' || Array.isArray(text);
}

function written(text: unknown): Written {
  return text instanceof Y.Text ? { text, source: text.toString() } : { text: undefined, source: joined(text) };
}

function factsOf(metadata: JsonObject): Omit<Answer, keyof Written> {
  const ours = metadata[NAMESPACE];
  const { status, model, usage, stoppedBy, sent } = isObject(ours) ? ours : {};
  const cells = isObject(sent) ? sent['cells'] : undefined;
  return {
    status: STATES.includes(status) ? (status as RunState) : undefined,
    model: textOf(model),
    usage: usageOf(usage),
    stoppedBy: textOf(stoppedBy),
    sent: Array.isArray(cells) ? cells.filter((cell) => typeof cell === 'string') : undefined,
  };
}

function usageOf(usage: unknown): TokenUsage | undefined {
  const { inputTokens, outputTokens, estimated, microdollars } = isObject(usage) ? usage : {};
  if (typeof inputTokens !== 'number' || typeof outputTokens !== 'number') return undefined;
  return { inputTokens, outputTokens, estimated: estimated === true, ...(typeof microdollars === 'number' ? { microdollars } : {}) };
}

function msOf(took: unknown): number | undefined {
  const ms = isObject(took) ? took['ms'] : undefined;
  return typeof ms === 'number' ? ms : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function valueIn(holder: unknown, key: string): unknown {
  if (holder instanceof Y.Map) return holder.get(key);
  return isObject(holder) ? holder[key] : undefined;
}

function hasKey(holder: unknown, key: string): boolean {
  return holder instanceof Y.Map ? holder.has(key) : isObject(holder) && key in holder;
}

function plainOf(value: unknown): JsonObject {
  const plain: unknown = value instanceof Y.AbstractType ? value.toJSON() : value;
  return isObject(plain) ? plain : {};
}
