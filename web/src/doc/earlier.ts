// Answers of a cell that others took the place of, from the root `earlier`; and words of this browser's people that stood
// in such an answer before the server knew them: those are put beside it. Imports its siblings in doc/ and yjs.
//
// Invariant: whatever stands in the document, a value given out has the shape of the wire's type; words that were typed
// into an answer here are in no fewer places after it went than before.

import * as Y from 'yjs';

import type { EarlierAnswer } from '../wire/wire';
import { usageOf } from './answer';
import { cellId } from './cell';
import { isReadOnly } from './guard';
import type { Notebook } from './notebook';
import { sourceHash } from './runs';
import { isObject, NAMESPACE, type JsonObject, type Roots } from './schema';

/** Those of a cell, the last first. */
export function earlierAnswers({ earlier }: Pick<Roots, 'earlier'>, cell: string): EarlierAnswer[] {
  const kept = [...earlier].filter(([key]) => isOf(key, cell)).toSorted(([one], [other]) => (one < other ? -1 : 1));
  const answers = kept.map(([, value]) => answerIn(value)).filter((answer) => answer?.cell === cell) as EarlierAnswer[];
  return answers.toSorted((one, other) => other.at - one.at);
}

/** Tells when those of a cell changed. Returns how to stop. */
export function onEarlierAnswers({ earlier }: Pick<Roots, 'earlier'>, cell: string, listener: () => void): () => void {
  const observed = ({ keysChanged }: Y.YMapEvent<unknown>): void => {
    if ([...(keysChanged as Set<string>)].some((key) => isOf(key, cell))) listener();
  };
  earlier.observe(observed);
  return () => earlier.unobserve(observed);
}

/** From now on own words outlast the answers they stand in. Returns how to stop. */
export function keepOwnWords(notebook: Notebook): () => void {
  const { cells } = notebook.roots;
  const observed = (events: Y.YEvent<Y.AbstractType<unknown>>[], { local }: Y.Transaction): void => {
    if (!local && !isReadOnly(notebook.doc)) for (const event of events) keepFrom(notebook, event);
  };
  cells.observeDeep(observed);
  return () => cells.unobserveDeep(observed);
}

function keepFrom({ roots }: Notebook, event: Y.YEvent<Y.AbstractType<unknown>>): void {
  const [position, part] = event.path;
  if (part !== 'outputs' || event.path.length !== 2 || typeof position !== 'number' || event.changes.deleted.size === 0) return;
  const cell = cellId(roots.cells.get(position));
  for (const [run, gone] of goneAnswers(event, roots)) {
    const key = `${cell}/${run}`;
    const kept = answerIn(roots.earlier.get(key));
    if (!kept || !gone.own) continue;
    const mine = { ...kept, text: gone.text, ...(gone.thinking === '' ? {} : { thinking: gone.thinking }) };
    if (mine.text === kept.text && mine.thinking === kept.thinking) continue;
    roots.earlier.set(`${key}/${sourceHash(JSON.stringify([mine.text, mine.thinking]))}`, mine);
  }
}

interface Gone {
  text: string;
  thinking: string;
  /** Words stand in it that the server may not know. */
  own: boolean;
}

/** What stood here in the answers that went, by their run. */
function goneAnswers(event: Y.YEvent<Y.AbstractType<unknown>>, roots: Roots): Map<string, Gone> {
  const answers = new Map<string, Gone>();
  for (const { content } of event.changes.deleted) {
    const output = content instanceof Y.ContentType ? content.type : undefined;
    const { run, part } = oursBefore(output);
    const text = typeBefore(typeBefore(output, 'data'), 'text/markdown');
    if (typeof run !== 'string' || !(text instanceof Y.Text)) continue;
    const gone = answers.get(run) ?? { text: '', thinking: '', own: false };
    const stood = itemsBefore(text, event);
    const where = part === 'thinking' ? 'thinking' : 'text';
    gone[where] = [gone[where], stood.map(({ content: { str } }) => str).join('')].filter((piece) => piece !== '').join('\n\n');
    gone.own ||= stood.some(({ id: { client } }) => client === roots.doc.clientID || !roots.authors.has(String(client)));
    answers.set(run, gone);
  }
  return answers;
}

/** A value of a map that has just been deleted. */
function itemBefore(map: unknown, key: string): Y.Item | undefined {
  return map instanceof Y.Map ? (map._map.get(key) as Y.Item | undefined) : undefined;
}

function typeBefore(map: unknown, key: string): unknown {
  const content = itemBefore(map, key)?.content;
  return content instanceof Y.ContentType ? content.type : undefined;
}

/** What is ours in the metadata of an output that has just been deleted. */
function oursBefore(output: unknown): JsonObject {
  const metadata: unknown = itemBefore(output, 'metadata')?.content.getContent().at(-1);
  const ours = isObject(metadata) ? metadata[NAMESPACE] : undefined;
  return isObject(ours) ? ours : {};
}

/** The pieces of a text that stood there before this change deleted it. */
function itemsBefore(text: Y.Text, event: Y.YEvent<Y.AbstractType<unknown>>): (Y.Item & { content: Y.ContentString })[] {
  const items: (Y.Item & { content: Y.ContentString })[] = [];
  for (let item = text._start; item !== null; item = item.right) {
    if (item.content instanceof Y.ContentString && (!item.deleted || event.deletes(item))) items.push(item as Y.Item & { content: Y.ContentString });
  }
  return items;
}

function isOf(key: string, cell: string): boolean {
  return key.startsWith(`${cell}/`);
}

function answerIn(value: unknown): EarlierAnswer | undefined {
  const plain: unknown = value instanceof Y.AbstractType ? value.toJSON() : value;
  if (!isObject(plain) || typeof plain['cell'] !== 'string' || typeof plain['at'] !== 'number' || typeof plain['text'] !== 'string') return undefined;
  const usage = usageOf(plain['usage']);
  const sent = Array.isArray(plain['sent']) ? { sent: plain['sent'].filter((cell) => typeof cell === 'string') } : {};
  return { cell: plain['cell'], at: plain['at'], text: plain['text'], ...words(plain), ...(usage ? { usage } : {}), ...sent };
}

const WORDS = ['thinking', 'model', 'notice', 'stoppedBy', 'sourceHash'] as const;

type Words = Partial<Pick<EarlierAnswer, (typeof WORDS)[number]>>;

function words(plain: JsonObject): Words {
  return Object.fromEntries(WORDS.filter((word) => typeof plain[word] === 'string').map((word) => [word, plain[word]])) as Words;
}
