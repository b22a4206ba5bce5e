// A block of code of an answer as a cell that runs. Pure.

import type { NewCell } from '../doc/make';

/** A fenced block: what its first line calls its language, in lower case, and its text. */
export interface CodeBlock {
  language: string;
  text: string;
}

/** What stands in a fence but is not to be run. */
const SHOWN_ONLY = new Set(['text', 'txt', 'plain', 'plaintext', 'output', 'out', 'log', 'console', 'diff', 'patch', 'mermaid', 'csv', 'tree']);
const NOTES = new Set(['markdown', 'md', 'gfm']);
/** IPython runs these by a magic. */
const MAGICS: { readonly [language: string]: string } = {
  bash: '%%bash',
  shell: '%%bash',
  sh: '%%sh',
  html: '%%html',
  svg: '%%svg',
  latex: '%%latex',
  tex: '%%latex',
  javascript: '%%javascript',
  js: '%%javascript',
  perl: '%%perl',
  ruby: '%%ruby',
};

/** Whether it belongs to "all code" of an answer; by itself any block can be taken. */
export function isRunnable({ language }: CodeBlock): boolean {
  return !SHOWN_ONLY.has(language) && !NOTES.has(language);
}

/** `language` is that of the notebook. */
export function cellOf(block: CodeBlock, language: string): NewCell {
  if (NOTES.has(block.language)) return { kind: 'note', source: block.text };
  const magic = isPython(language) ? MAGICS[block.language] : undefined;
  return { kind: 'code', source: magic === undefined ? block.text : `${magic}\n${block.text}` };
}

function isPython(language: string): boolean {
  return /^(?:i?python|py)/.test(language);
}

/**
 * The cell behind which the cells of a block go: below the answer, in the order in which the blocks stand in it. `made`
 * are those of earlier blocks that are still there, in the order of the notebook; `ids` are all cells.
 */
export function placeFor(cell: string, ids: readonly string[], made: ReadonlySet<string>): string {
  let at = ids.indexOf(cell);
  while (made.has(ids[at + 1] ?? '')) at += 1;
  return ids[at] ?? cell;
}
