// Tables and trees as rows to draw: which columns there are, which rows are seen and in which order. Pure.
//
// Invariant: a row is named by its path, which stays when rows are sorted; whatever a program sent as rows or as a tree,
// this ends in rows and never throws.

import { isObject, type JsonObject } from '../../doc/schema';

export type CellType = 'string' | 'integer' | 'float' | 'boolean' | 'icon';
export type Path = readonly string[];

export interface Column {
  key: string;
  label: string;
  type: CellType;
  editable: boolean;
  align: 'left' | 'center' | 'right';
  /** A track of a grid. */
  width: string;
}

export interface Row {
  path: Path;
  values: JsonObject;
  /** How deep it stands, from 0. */
  depth: number;
  /** Others stand under it. */
  opens: boolean;
  open: boolean;
  /** Its place among its brothers, from 1, and how many those are. */
  place: number;
  brothers: number;
}

export interface Sorting {
  column: string;
  ascending: boolean;
}

const TYPES: { readonly [name: string]: CellType } = { string: 'string', str: 'string', integer: 'integer', int: 'integer', float: 'float', number: 'float', boolean: 'boolean', bool: 'boolean', icon: 'icon' };
const ALIGN: { readonly [type in CellType]: Column['align'] } = { string: 'left', integer: 'right', float: 'right', boolean: 'center', icon: 'center' };
const WIDTH = 'minmax(90px, 1fr)';

export function columnsOf(told: unknown): Column[] {
  return (Array.isArray(told) ? (told as unknown[]) : []).map((one, at) => {
    const column = isObject(one) ? one : Array.isArray(one) ? { label: one[0] as unknown, key: one[1] as unknown } : { label: one };
    const type = TYPES[String(column['type'] ?? 'string')] ?? 'string';
    const align = column['halign'];
    const key = column['key'];
    return {
      key: typeof key === 'string' ? key : `_col${at}`,
      label: String(column['label'] ?? key ?? ''),
      type,
      editable: column['editable'] === true,
      align: align === 'left' || align === 'center' || align === 'right' ? align : ALIGN[type],
      width: widthOf(column['colwidth']) ?? WIDTH,
    };
  });
}

/** A track of a grid; undefined where none of use was told. */
export function widthOf(told: unknown): string | undefined {
  if (typeof told === 'number' && told > 0) return `${told}px`;
  return typeof told === 'string' && /^[\d.]+(?:px|em|rem|ch|%)$/.test(told) ? told : undefined;
}

/** The rows of a flat table, named as the protocol names them. */
export function tableRows(told: unknown, columns: readonly Column[], sorting: Sorting | undefined): Row[] {
  const rows = (Array.isArray(told) ? (told as unknown[]) : []).map((row, at) => ({ path: [`row${at}`], values: valuesOf(row, columns), depth: 0, opens: false, open: false }));
  return placed(sorted(rows, columns, sorting));
}

function valuesOf(row: unknown, columns: readonly Column[]): JsonObject {
  if (isObject(row)) return named(row, columns);
  const cells = Array.isArray(row) ? (row as unknown[]) : [row];
  return Object.fromEntries(columns.map(({ key }, at) => [key, cells[at]]));
}

/** Programs name values also by what stands above their column. */
function named(values: JsonObject, columns: readonly Column[]): JsonObject {
  const byLabel = columns.filter(({ key, label }) => !(key in values) && label in values);
  return byLabel.length === 0 ? values : { ...values, ...Object.fromEntries(byLabel.map(({ key, label }) => [key, values[label]])) };
}

/** The rows of a tree that are seen: those under a closed one are not. */
export function treeRows(told: unknown, columns: readonly Column[], isOpen: (path: Path) => boolean, sorting: Sorting | undefined): Row[] {
  return branch(told, [], columns, isOpen, sorting);
}

/** `told` is a list of nodes: each has a key, values of its own, and children of the same form. */
function branch(told: unknown, above: Path, columns: readonly Column[], isOpen: (path: Path) => boolean, sorting: Sorting | undefined): Row[] {
  const nodes = new Map((Array.isArray(told) ? (told as unknown[]) : []).filter(isObject).map((node) => [String(node['key']), node]));
  const rows = [...nodes].map(([key, node]) => nodeOf(key, node, above, columns, isOpen));
  return placed(sorted(rows, columns, sorting)).flatMap((row) => {
    const children = nodes.get(row.path.at(-1) ?? '')?.['children'];
    return row.open ? [row, ...branch(children, row.path, columns, isOpen, sorting)] : [row];
  });
}

type Unplaced = Omit<Row, 'place' | 'brothers'>;

/** The first column shows the key of a node that says nothing there. */
function nodeOf(key: string, node: JsonObject, above: Path, columns: readonly Column[], isOpen: (path: Path) => boolean): Unplaced {
  const path = [...above, key];
  const opens = Array.isArray(node['children']) && node['children'].length > 0;
  const [first] = columns;
  const values = { ...(first ? { [first.key]: key } : {}), ...(isObject(node['values']) ? named(node['values'], columns) : {}) };
  return { path, values, depth: above.length, opens, open: opens && isOpen(path) };
}

function sorted<Each extends Unplaced>(rows: readonly Each[], columns: readonly Column[], sorting: Sorting | undefined): readonly Each[] {
  const column = columns.find(({ key }) => key === sorting?.column);
  if (!column || !sorting) return rows;
  const turn = sorting.ascending ? 1 : -1;
  return rows.toSorted((one, other) => turn * compared(one.values[column.key], other.values[column.key]));
}

/** Numbers by their size, words as people sort them, what is missing last. */
function compared(one: unknown, other: unknown): number {
  if (one == null || other == null) return Number(one == null) - Number(other == null);
  if (typeof one === 'number' && typeof other === 'number') return one - other;
  return String(one).localeCompare(String(other), undefined, { numeric: true });
}

function placed(rows: readonly Unplaced[]): Row[] {
  return rows.map((row, at) => ({ ...row, place: at + 1, brothers: rows.length }));
}

export function sortingOf(told: unknown): Sorting | undefined {
  if (!Array.isArray(told)) return undefined;
  const [column, ascending] = told as unknown[];
  if (typeof column !== 'string' && typeof column !== 'number') return undefined;
  return { column: String(column), ascending: ascending !== false };
}

/** Which nodes are closed: a list of paths, or all but those that were opened. Undefined is an open tree. */
export function openness(collapsed: unknown, expanded: unknown): (path: Path) => boolean {
  const closed = new Set(pathsOf(collapsed).map(keyOf));
  const opened = new Set(pathsOf(expanded).map(keyOf));
  return (path) => (collapsed === 'all' ? opened.has(keyOf(path)) : !closed.has(keyOf(path)));
}

/** As a key of a set. */
export function keyOf(path: Path): string {
  return JSON.stringify(path);
}

/** Paths as they are, or within what was told of selected rows. */
export function pathsOf(told: unknown): Path[] {
  return (Array.isArray(told) ? (told as unknown[]) : []).flatMap((entry) => {
    const path = isObject(entry) ? entry['path'] : entry;
    return Array.isArray(path) ? [path.map(String)] : typeof path === 'string' ? [[path]] : [];
  });
}

/** What a cell says. */
export function cellText(value: unknown, { type }: Column): string {
  if (value == null) return '';
  if (type === 'float' && typeof value === 'number' && !Number.isInteger(value)) return String(Number(value.toPrecision(12)));
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** What somebody typed into a cell, as its column wants it; undefined when it does not fit. */
export function cellValue(typed: string, { type }: Column): unknown {
  if (type !== 'integer' && type !== 'float') return typed;
  const number = Number(typed.trim().replace(',', '.'));
  const fits = typed.trim() !== '' && Number.isFinite(number) && (type === 'float' || Number.isInteger(number));
  return fits ? number : undefined;
}
