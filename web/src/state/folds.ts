// Which sections this person has folded, and which cells are hidden by it. Pure; nobody else sees it.
//
// Invariant: only folding hides a cell that was to be seen. What others do never takes a cell from the screen: of theirs
// only new cells in a folded section are hidden.

/** For each heading's cell the cells of its section, as headings.ts finds them. */
export type Sections = ReadonlyMap<string, readonly string[]>;

export interface Folds {
  /** Cells whose heading is folded. */
  readonly folded: ReadonlySet<string>;
  readonly hidden: ReadonlySet<string>;
}

export const UNFOLDED: Folds = { folded: new Set(), hidden: new Set() };

export function fold(folds: Folds, sections: Sections, headings: readonly string[]): Folds {
  const members = headings.flatMap((heading) => [...(sections.get(heading) ?? [])]);
  return { folded: new Set([...folds.folded, ...headings]), hidden: new Set([...folds.hidden, ...members]) };
}

export function unfold(folds: Folds, sections: Sections, headings: readonly string[]): Folds {
  const folded = new Set([...folds.folded].filter((id) => !headings.includes(id)));
  const members = membersOf(sections, folded);
  return { folded, hidden: new Set([...folds.hidden].filter((id) => members.has(id))) };
}

/** Opens every folded section these cells stand in. */
export function reveal(folds: Folds, sections: Sections, ids: readonly string[]): Folds {
  const closed = [...folds.folded].filter((heading) => ids.some((id) => sections.get(heading)?.includes(id)));
  return closed.length === 0 ? folds : unfold(folds, sections, closed);
}

/** After a change of the notebook: `known` are the cells that were there before. */
export function carried(folds: Folds, sections: Sections, known: ReadonlySet<string>): Folds {
  const members = membersOf(sections, folds.folded);
  const hidden = [...members].filter((id) => folds.hidden.has(id) || !known.has(id));
  const same = hidden.length === folds.hidden.size && hidden.every((id) => folds.hidden.has(id));
  return same ? folds : { folded: folds.folded, hidden: new Set(hidden) };
}

/** How many cells a heading hides: 0 when it is open. */
export function hiddenCount({ folded, hidden }: Folds, sections: Sections, heading: string): number {
  return folded.has(heading) ? (sections.get(heading) ?? []).filter((id) => hidden.has(id)).length : 0;
}

/** These cells and, behind each folded heading among them, what it hides. */
export function withSections({ folded, hidden }: Folds, sections: Sections, ids: readonly string[]): string[] {
  const all = ids.flatMap((id) => [id, ...(folded.has(id) ? (sections.get(id) ?? []).filter((member) => hidden.has(member)) : [])]);
  return [...new Set(all)];
}

/** The heading whose section a cell stands in most closely. */
export function parentOf(sections: Sections, id: string): string | null {
  let parent: string | null = null;
  for (const [heading, members] of sections) if (members.includes(id)) parent = heading;
  return parent;
}

/** What a browser has kept of it; anything else counts as nothing. */
export function kept(text: string | null): Set<string> {
  try {
    const value: unknown = JSON.parse(text ?? '[]');
    return new Set(Array.isArray(value) ? value.filter((id) => typeof id === 'string') : []);
  } catch {
    return new Set();
  }
}

function membersOf(sections: Sections, headings: ReadonlySet<string>): Set<string> {
  return new Set([...headings].flatMap((heading) => [...(sections.get(heading) ?? [])]));
}
