// The pictures that a note carries with it, as nbformat has them: name to MIME bundle, plain JSON, in the cell itself.
//
// Invariant: writing adds; a picture that a text may still call is never taken away, so that undo and the people who
// type meanwhile find it. Pictures that no text calls any more stay in the cell.

import { attachmentsOf, kindOf, sourceOf } from './cell';
import { byChance } from './chance';
import { joined } from './output';
import { rasterSize, svgSize, type Size } from './picture';
import { isObject, LOCAL, type CellMap, type JsonObject } from './schema';

/**
 * Bytes of a picture that goes into its note: what a screenshot takes. Larger ones stand beside the notebook, for
 * everybody who opens it would load them first.
 */
export const ATTACHED_MAX = 1 << 20;
/** Characters of all pictures of a note: each further one writes them all anew, for nbformat keeps them in one value. */
export const ATTACHMENTS_MAX = 4 << 20;

const EXTENSIONS: { readonly [mime: string]: string } = {
  'image/png': 'png',
  'image/jpeg': 'jpg',
  'image/gif': 'gif',
  'image/webp': 'webp',
  'image/svg+xml': 'svg',
};
const SVG = 'image/svg+xml';
const LONGEST_NAME = 60;

/** A picture of a kind that every browser shows. */
export interface Attachment {
  /** The file's own name. */
  file: string;
  mime: string;
  base64: string;
}

export function isPicture(mime: string): boolean {
  return Object.hasOwn(EXTENSIONS, mime);
}

/** Whether the note may carry it; otherwise it goes beside the notebook. */
export function fits(cell: CellMap, size: number): boolean {
  const carried = Object.values(attachmentsOf(cell)).reduce((sum: number, bundle) => sum + JSON.stringify(bundle).length, 0);
  return size <= ATTACHED_MAX && carried + (size * 4) / 3 <= ATTACHMENTS_MAX;
}

/** Puts a picture into a note and tells under which name; the same picture twice has one. */
export function attach(cell: CellMap, attachment: Attachment): string {
  const present = attachmentsOf(cell);
  const { mime, base64 } = attachment;
  const known = Object.entries(present).find(([, bundle]) => isObject(bundle) && joined(bundle[mime]) === base64);
  if (known) return known[0];
  const name = nameFor(attachment);
  put(cell, { ...present, [name]: { [mime]: base64 } });
  keepMine(cell, name, { [mime]: base64 });
  return name;
}

/** What stands in the text for people who cannot see the picture: the name of the file without its ending. */
export function describing(file: string): string {
  return stem(file).replace(/[[\]\\`*_<>]/g, ' ').replace(/\s+/g, ' ').trim();
}

/**
 * Its own name and something nobody else chooses at the same time: two people who add different pictures of one name
 * would otherwise replace each other's.
 */
function nameFor({ file, mime }: Attachment): string {
  const own = stem(file).replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-|-$/g, '').slice(0, LONGEST_NAME);
  return `${own || 'picture'}-${byChance(3)}.${EXTENSIONS[mime] ?? 'bin'}`;
}

function stem(file: string): string {
  return file.replace(/\.[A-Za-z0-9]{1,5}$/, '').slice(0, 4 * LONGEST_NAME);
}

function put(cell: CellMap, attachments: JsonObject): void {
  cell.doc?.transact(() => cell.set('attachments', attachments), LOCAL);
}

const added = new WeakMap<CellMap, Map<string, JsonObject>>();

/** Of two people who add at once only one value stays: whoever finds a picture of theirs gone adds it again. */
function keepMine(cell: CellMap, name: string, bundle: JsonObject): void {
  let mine = added.get(cell);
  if (!mine) {
    added.set(cell, (mine = new Map()));
    cell.observe((event) => event.keysChanged.has('attachments') && addAgain(cell));
  }
  mine.set(name, bundle);
}

function addAgain(cell: CellMap): void {
  if (kindOf(cell) !== 'note') return;
  const present = attachmentsOf(cell);
  const text = sourceOf(cell)?.toString() ?? '';
  const lost = [...(added.get(cell) ?? [])].filter(([name]) => !Object.hasOwn(present, name) && text.includes(`attachment:${name}`));
  if (lost.length > 0) put(cell, { ...present, ...Object.fromEntries(lost) });
}

/** A picture as an address that starts with `data:image/`, with its size when its bytes tell it. */
export interface Shown {
  address: string;
  size: Size | undefined;
}

/** `name` as it stands in the Markdown, perhaps escaped. */
export function pictureNamed(attachments: JsonObject, name: string): Shown | undefined {
  const bundle = attachments[name] ?? attachments[unescaped(name)];
  if (!isObject(bundle)) return undefined;
  const mime = Object.keys(bundle).find(isPicture);
  if (mime === undefined) return undefined;
  const content = joined(bundle[mime]).trim();
  // Some write an SVG as it is.
  if (content.startsWith('<')) return { address: `data:${mime};charset=utf-8,${encodeURIComponent(content)}`, size: svgSize(content) };
  const base64 = content.replace(/\s+/g, '');
  return { address: `data:${mime};base64,${base64}`, size: mime === SVG ? undefined : rasterSize(base64) };
}

function unescaped(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
