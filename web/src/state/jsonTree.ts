// A JSON value as rows of a tree, of which only the open branches are unfolded. Pure.
//
// Invariant: the number of rows is bounded by what somebody opened, however large the value is.

/** Children shown at first, and with each asking for more. */
export const PAGE = 100;
/** Characters of a text in a row; all of it is in what is copied. */
const MOST_CHARACTERS = 500;
const PREVIEWED = 4;

export interface Row {
  /** Where in the value: unique, and the same as long as the way there is. */
  path: string;
  level: number;
  /** The key, the index, or nothing at the root. */
  name: string;
  kind: 'leaf' | 'branch' | 'more';
  type: 'object' | 'array' | 'string' | 'number' | 'boolean' | 'null';
  /** What stands behind the name. */
  preview: string;
  /** Children of a branch, or those that a `more` row would show. */
  count: number;
  open: boolean;
}

/** What somebody did to the tree. */
export interface Unfolded {
  /** Paths whose state is the other than at first. */
  toggled: ReadonlySet<string>;
  /** How many pages of children a branch shows, where it is not one. */
  pages: ReadonlyMap<string, number>;
}

export function rows(value: unknown, unfolded: Unfolded): Row[] {
  const found: Row[] = [];
  collect(found, value, '', '', 1, unfolded);
  return found;
}

function collect(found: Row[], value: unknown, path: string, name: string, level: number, unfolded: Unfolded): void {
  const row = rowOf(value, path, name, level, unfolded);
  found.push(row);
  if (!row.open) return;
  const shown = Math.min(row.count, PAGE * (unfolded.pages.get(path) ?? 1));
  const below = value as { [key: string]: unknown };
  const keys = Array.isArray(value) ? Array.from({ length: shown }, (_, index) => String(index)) : keysOf(below).slice(0, shown);
  for (const key of keys) collect(found, below[key], `${path}/${key.replace(/[~/]/g, (sign) => (sign === '~' ? '~0' : '~1'))}`, key, level + 1, unfolded);
  if (shown < row.count) found.push({ ...row, path: `${path}//more`, level: level + 1, name: '', kind: 'more', preview: '', count: row.count - shown, open: false });
}

/** The root is open at first. */
function rowOf(value: unknown, path: string, name: string, level: number, unfolded: Unfolded): Row {
  const type = typeOf(value);
  const branch = type === 'object' || type === 'array';
  const count = branch ? Object.keys(value as object).length : 0;
  const open = count > 0 && unfolded.toggled.has(path) !== (level === 1);
  return { path, level, name, kind: count > 0 ? 'branch' : 'leaf', type, preview: previewOf(value), count, open };
}

function typeOf(value: unknown): Row['type'] {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'array';
  const type = typeof value;
  return type === 'string' || type === 'number' || type === 'boolean' ? type : 'object';
}

function previewOf(value: unknown): string {
  if (typeof value === 'string') return shortened(JSON.stringify(value));
  if (typeof value !== 'object' || value === null) return String(value ?? null);
  const keys = Array.isArray(value) ? Object.keys(value) : keysOf(value);
  const rest = keys.length > PREVIEWED ? ', …' : '';
  if (Array.isArray(value)) return `[${value.slice(0, PREVIEWED).map(brief).join(', ')}${rest}]`;
  return `{${keys.slice(0, PREVIEWED).map((key) => `${key.slice(0, 40)}: ${brief((value as { [key: string]: unknown })[key])}`).join(', ')}${rest}}`;
}

/** The document does not keep the order of keys, so it would be another for every reader. */
function keysOf(value: object): string[] {
  return Object.keys(value).sort();
}

function brief(value: unknown): string {
  if (Array.isArray(value)) return value.length > 0 ? '[…]' : '[]';
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0 ? '{…}' : '{}';
  return typeof value === 'string' ? JSON.stringify(value.length > 30 ? `${value.slice(0, 30)}…` : value) : String(value ?? null);
}

function shortened(text: string): string {
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text;
}
