// The bin as people look through it: what each deleted cell was, who deleted it, where it stood. Pure.

import { kindOf, kindOfJson, outputsOf, sourceOf } from '../doc/cell';
import type { Deleted, Notebook } from '../doc/notebook';
import { joined } from '../doc/output';
import type { CellKind } from '../wire/wire';

/** Where a deleted cell stood; the line is the first of the cell before it. */
export type Stood = { kind: 'first' } | { kind: 'after'; number: number; line: string } | { kind: 'away' };

export interface BinEntry {
  id: string;
  kind: CellKind;
  text: string;
  by: string;
  at: number;
  /** Its text was merged into another cell. */
  merged: boolean;
  /** The server put it aside, and only the server can bring it back. */
  away: boolean;
  stood: Stood;
}

/** A stretch of text, and whether it is what was searched for. */
export interface Stretch {
  text: string;
  hit: boolean;
}

export interface Excerpt {
  stretches: Stretch[];
  /** Lines that are not shown. */
  more: number;
}

/** Enough to know a cell again. */
const MOST_LINES = 6;
const MOST_CHARACTERS = 600;

/** The last deleted first; of cells with nothing in them nothing can be wanted back. */
export function binEntries(notebook: Notebook): BinEntry[] {
  return notebook.deleted().filter((deleted) => !isEmpty(deleted)).map((deleted) => entry(notebook, deleted));
}

function isEmpty({ cell, tombstone }: Deleted): boolean {
  const json = tombstone.json ?? {};
  const text = cell ? (sourceOf(cell)?.toString() ?? '') : joined(json['source']);
  const outputs = cell ? outputsOf(cell) : json['outputs'];
  return text.trim() === '' && !(Array.isArray(outputs) && outputs.length > 0);
}

function entry(notebook: Notebook, { id, cell, tombstone }: Deleted): BinEntry {
  const json = tombstone.json ?? {};
  return {
    id,
    kind: cell ? kindOf(cell) : kindOfJson(json),
    text: cell ? (sourceOf(cell)?.toString() ?? '') : joined(json['source']),
    by: typeof tombstone.by === 'string' ? tombstone.by : '',
    at: tombstone.at,
    merged: tombstone.into !== undefined,
    away: cell === undefined,
    stood: stood(notebook, tombstone.after),
  };
}

function stood(notebook: Notebook, after: string | null): Stood {
  if (after === null) return { kind: 'first' };
  const number = notebook.ids().indexOf(after) + 1;
  const cell = notebook.cell(after);
  if (number === 0 || !cell) return { kind: 'away' };
  return { kind: 'after', number, line: firstLine(sourceOf(cell)?.toString() ?? '') };
}

export function firstLine(text: string): string {
  const line = text.split('\n').find((part) => part.trim() !== '')?.trim() ?? '';
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
}

/** Those with the query in their text or in the name of whoever deleted them. */
export function sought(entries: readonly BinEntry[], query: string): BinEntry[] {
  const wanted = query.trim().toLocaleLowerCase();
  return entries.filter(({ text, by }) => text.toLocaleLowerCase().includes(wanted) || by.toLocaleLowerCase().includes(wanted));
}

/** What was deleted by one deed, in the order in which it stood. */
export function together(entries: readonly BinEntry[], placed: readonly string[]): BinEntry[][] {
  const groups = new Map<string, BinEntry[]>();
  for (const one of entries) {
    const deed = `${one.at} ${one.by}`;
    groups.set(deed, [...(groups.get(deed) ?? []), one]);
  }
  return [...groups.values()].map((group) => group.toSorted((left, right) => placed.indexOf(left.id) - placed.indexOf(right.id)));
}

/** The first lines, or those around the first hit; hits are marked. */
export function excerptAround(text: string, query: string): Excerpt {
  const lines = text.replace(/\n+$/, '').split('\n');
  const wanted = query.trim();
  const hitLine = wanted === '' ? 0 : Math.max(0, lines.findIndex((line) => hitsIn(line, wanted).length > 0));
  const from = hitLine < MOST_LINES ? 0 : hitLine - 1;
  const shown = lines.slice(from, from + MOST_LINES);
  const whole = shown.join('\n');
  const cut = whole.length > MOST_CHARACTERS ? `${whole.slice(0, MOST_CHARACTERS)}…` : whole;
  return { stretches: stretches(from > 0 ? `…\n${cut}` : cut, wanted), more: lines.length - shown.length };
}

function stretches(text: string, wanted: string): Stretch[] {
  const found: Stretch[] = [];
  let end = 0;
  for (const { index, length } of hitsIn(text, wanted)) {
    if (index > end) found.push({ text: text.slice(end, index), hit: false });
    found.push({ text: text.slice(index, index + length), hit: true });
    end = index + length;
  }
  if (end < text.length) found.push({ text: text.slice(end), hit: false });
  return found;
}

function hitsIn(text: string, wanted: string): { index: number; length: number }[] {
  if (wanted === '') return [];
  const pattern = new RegExp(wanted.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'), 'giu');
  return [...text.matchAll(pattern)].map((match) => ({ index: match.index, length: match[0].length }));
}
