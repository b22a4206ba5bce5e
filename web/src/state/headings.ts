// Headings of notes, and the sections of a notebook that they begin. Pure.
//
// Invariant: what is a heading here is one in the rendered note, because the same reader of Markdown decides: not in
// fenced code, not in a list or a quotation.

import MarkdownIt from 'markdown-it';

export interface Heading {
  /** 1 to 6. */
  level: number;
  /** Without its markup. */
  text: string;
  /** Its line in the note, from 0. */
  line: number;
}

/** A cell as sections see it: the text of a note, nothing of any other kind. */
export interface Sectioned {
  id: string;
  note: string | undefined;
}

/** A heading with the cell it stands in, as an outline lists it. */
export interface OutlineEntry extends Heading {
  cell: string;
}

const markdown = new MarkdownIt({ html: true });

/** What any heading needs, so that most notes are not read at all: a line of `#`, or one that underlines. */
const MAY_HAVE_HEADING = /^ {0,3}(?:#{1,6}(?:\s|$)|=+\s*$|-+\s*$)/m;

/** The notes read last with their headings: each change of one note asks for those of all. */
const known = new Map<string, Heading[]>();
const MOST_KNOWN = 1000;

/** The headings of a note, in order. */
export function headingsOf(note: string): readonly Heading[] {
  if (!MAY_HAVE_HEADING.test(note)) return [];
  const before = known.get(note);
  if (before) return before;
  if (known.size >= MOST_KNOWN) known.clear();
  const found = readHeadings(note);
  known.set(note, found);
  return found;
}

function readHeadings(note: string): Heading[] {
  const tokens = markdown.parse(note, {});
  return tokens.flatMap((token, index) => {
    if (token.type !== 'heading_open' || token.level > 0) return [];
    return [{ level: Number(token.tag.slice(1)), text: plain(tokens[index + 1]), line: token.map?.[0] ?? 0 }];
  });
}

/** The heading a note begins with; such a note can fold its section. */
export function leadingHeading(note: string): Heading | undefined {
  const [first] = headingsOf(note);
  return first !== undefined && first.line === note.split('\n').findIndex((line) => line.trim() !== '') ? first : undefined;
}

/** Every heading of the notebook, in order. */
export function outline(cells: readonly Sectioned[]): OutlineEntry[] {
  return cells.flatMap(({ id, note }) => (note === undefined ? [] : headingsOf(note).map((heading) => ({ ...heading, cell: id }))));
}

/**
 * For each note that begins with a heading the cells below it that belong to it: up to the next note with a heading of
 * its level or a stronger one. Of several headings in one note the strongest counts.
 */
export function sections(cells: readonly Sectioned[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  let open: { level: number; members: string[] }[] = [];
  for (const { id, note } of cells) {
    const level = note === undefined ? undefined : strongest(note);
    if (level !== undefined) open = open.filter((section) => section.level < level);
    open.forEach(({ members }) => members.push(id));
    if (note === undefined || level === undefined || !leadingHeading(note)) continue;
    const members: string[] = [];
    found.set(id, members);
    open.push({ level, members });
  }
  return found;
}

function strongest(note: string): number | undefined {
  const levels = headingsOf(note).map(({ level }) => level);
  return levels.length > 0 ? Math.min(...levels) : undefined;
}

/** The words of a heading as they are read: links by their text, pictures by their description. */
function plain(inline: ReturnType<typeof markdown.parse>[number] | undefined): string {
  const parts = (inline?.children ?? []).map(({ type, content }) => (/^(?:text|text_special|code_inline|image)$/.test(type) ? content : /break$/.test(type) ? ' ' : ''));
  return parts.join('').trim();
}
