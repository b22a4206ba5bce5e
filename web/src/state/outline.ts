// The outline of a notebook as a tree that one walks through with keys. Pure.
//
// Invariant: a heading keeps its key while text changes, so that whoever stands on it stays there.

import type { OutlineEntry } from './headings';

export interface Section {
  /** The cell and the number of the heading in it. */
  key: string;
  text: string;
  /** As deep as it stands in the tree, from 1; headings may skip levels, the tree does not. */
  depth: number;
  parent: string | undefined;
  hasChildren: boolean;
  cell: string;
  /** Which heading of its cell it is, from 0. */
  order: number;
  /** The cells from this heading to the next that is not below it. */
  cells: readonly string[];
  /** Its place among its siblings, from 1, and how many they are. */
  position: number;
  siblings: number;
}

/** Every section in order; `ids` are all cells of the notebook. */
export function sectionsOf(entries: readonly OutlineEntry[], ids: readonly string[]): Section[] {
  const place = new Map(ids.map((id, index) => [id, index]));
  const ancestors: { level: number; key: string }[] = [];
  const found = entries.map((entry, index) => {
    while ((ancestors.at(-1)?.level ?? 0) >= entry.level) ancestors.pop();
    const order = entries.slice(0, index).filter(({ cell }) => cell === entry.cell).length;
    const key = `${entry.cell}:${order}`;
    const parent = ancestors.at(-1)?.key;
    ancestors.push({ level: entry.level, key });
    const next = entries.slice(index + 1).find(({ level }) => level <= entry.level);
    const begin = place.get(entry.cell) ?? 0;
    const end = next ? (place.get(next.cell) ?? ids.length) : ids.length;
    const cells = ids.slice(begin, Math.max(begin + 1, end));
    return { key, text: entry.text, depth: ancestors.length, parent, cell: entry.cell, order, cells };
  });
  return found.map((section) => {
    const siblings = found.filter(({ parent }) => parent === section.parent);
    return { ...section, hasChildren: found.some(({ parent }) => parent === section.key), position: siblings.indexOf(section) + 1, siblings: siblings.length };
  });
}

/** Those of which no ancestor is closed. */
export function shownSections(sections: readonly Section[], closed: ReadonlySet<string>): Section[] {
  const hidden = new Set<string>();
  return sections.filter(({ key, parent }) => {
    if (parent !== undefined && (closed.has(parent) || hidden.has(parent))) hidden.add(key);
    return !hidden.has(key);
  });
}

/** The shown section in which a cell stands most closely: the last one that begins at or before it. */
export function sectionAt(shown: readonly Section[], ids: readonly string[], cell: string): Section | undefined {
  const at = ids.indexOf(cell);
  return shown.findLast((section) => ids.indexOf(section.cell) <= at && at >= 0);
}

/** What a key does in the tree, by the pattern of a tree view. */
export type Walk = { to: string } | { open: string } | { close: string };

export function walk(shown: readonly Section[], closed: ReadonlySet<string>, current: string, key: string): Walk | undefined {
  const index = shown.findIndex((section) => section.key === current);
  const section = shown[index];
  if (!section) return shown[0] && { to: shown[0].key };
  const to = (target: Section | undefined): Walk | undefined => target && { to: target.key };
  switch (key) {
    case 'ArrowDown':
      return to(shown[index + 1]);
    case 'ArrowUp':
      return to(shown[index - 1]);
    case 'Home':
      return to(shown[0]);
    case 'End':
      return to(shown.at(-1));
    case 'ArrowRight':
      if (!section.hasChildren) return undefined;
      return closed.has(current) ? { open: current } : to(shown[index + 1]);
    case 'ArrowLeft':
      if (section.hasChildren && !closed.has(current)) return { close: current };
      return section.parent === undefined ? undefined : { to: section.parent };
    default:
      return key.length === 1 ? to(named(shown, index, key)) : undefined;
  }
}

/** The next one below, around the end, that begins with this sign. */
function named(shown: readonly Section[], index: number, sign: string): Section | undefined {
  const rest = [...shown.slice(index + 1), ...shown.slice(0, index)];
  return rest.find(({ text }) => text.toLocaleLowerCase().startsWith(sign.toLocaleLowerCase()));
}

/**
 * Behind which cell a section goes, one step up or down past its sibling; undefined where there is none, or where it
 * begins in the middle of a note and cannot be moved by itself.
 */
export function moved(sections: readonly Section[], ids: readonly string[], key: string, way: 'up' | 'down'): { cells: readonly string[]; after: string | null } | undefined {
  const section = sections.find((each) => each.key === key);
  if (!section || section.order > 0) return undefined;
  const siblings = sections.filter(({ parent }) => parent === section.parent);
  const other = siblings[siblings.indexOf(section) + (way === 'up' ? -1 : 1)];
  if (!other || other.order > 0 || other.cell === section.cell || sharesCell(sections, section)) return undefined;
  const after = way === 'up' ? (ids[ids.indexOf(other.cell) - 1] ?? null) : (other.cells.at(-1) ?? null);
  return { cells: section.cells, after };
}

/** Behind which cell a section goes that is dropped before another or, with none, at the end. */
export function dropped(sections: readonly Section[], ids: readonly string[], key: string, before: string | undefined): { cells: readonly string[]; after: string | null } | undefined {
  const section = sections.find((each) => each.key === key);
  const target = sections.find((each) => each.key === before);
  if (!section || section.order > 0 || sharesCell(sections, section)) return undefined;
  if (target && (target.order > 0 || section.cells.includes(target.cell))) return undefined;
  const others = ids.filter((id) => !section.cells.includes(id));
  const after = target ? (others[others.indexOf(target.cell) - 1] ?? null) : (others.at(-1) ?? null);
  const stays = ids[ids.indexOf(section.cell) - 1] ?? null;
  return after === stays ? undefined : { cells: section.cells, after };
}

/** Whether another section that is not below it begins in one of its cells. */
function sharesCell(sections: readonly Section[], section: Section): boolean {
  const own = new Set([section.key]);
  for (const each of sections) if (each.parent !== undefined && own.has(each.parent)) own.add(each.key);
  return sections.some((each) => !own.has(each.key) && section.cells.includes(each.cell) && each.cell !== section.parent?.split(':')[0]);
}
