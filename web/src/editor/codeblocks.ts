// Colours in the code of notes: the same grammars and colours as in cells.
//
// Invariant: a note is readable before its code is coloured, and colouring never holds up the page for longer than a
// frame. Lines of code that stay the same keep their nodes, and with them the selection in them.

import type { Language } from '@codemirror/language';
import { highlightCode } from '@lezer/highlight';
import { StyleModule } from 'style-mod';

import { described } from './languages';
import { patch, rewritten } from './patch';
import { codeColours } from './theme';

/** Longer code stays plain: reading that much of it takes longer than a frame. */
const LONGEST = 30_000;
/** Half a frame. */
const SLICE_MS = 8;

/** What was drawn last in a block of code, and of which text. */
interface Coloured {
  source: string;
  drawn: Node;
}

const coloured = new WeakMap<Element, Coloured>();

/** Colours the code inside an element that shows a note. */
export async function colourCode(root: ParentNode): Promise<void> {
  let began = performance.now();
  for (const code of root.querySelectorAll<HTMLElement>('pre > code')) {
    const changed = rewritten.get(code);
    const source = changed ?? code.textContent ?? '';
    const language = source.length > LONGEST ? undefined : languageOf(code);
    rewritten.delete(code);
    if (coloured.get(code)?.source === source || (language === undefined && changed === undefined)) continue;
    await draw(code, source, language);
    if (performance.now() - began < SLICE_MS) continue;
    await new Promise((resolve) => setTimeout(resolve));
    began = performance.now();
  }
}

function languageOf(code: Element): string | undefined {
  return /^language-(.*)$/.exec(code.className)?.[1];
}

async function draw(code: Element, source: string, language: string | undefined): Promise<void> {
  const before = coloured.get(code)?.drawn ?? code.cloneNode(true);
  coloured.set(code, { source, drawn: before });
  const support = language === undefined ? undefined : await described(language)?.load().catch(() => undefined);
  // Of a block that is rewritten while its grammar comes, the last text counts.
  if (coloured.get(code)?.source !== source) return;
  const drawn = support ? colour(source, support.language.parser) : plain(source);
  patch(code, before, drawn);
  coloured.set(code, { source, drawn });
}

function plain(source: string): Node {
  const drawn = document.createDocumentFragment();
  if (source !== '') drawn.append(source);
  return drawn;
}

function colour(source: string, parser: Language['parser']): Node {
  if (codeColours.module) StyleModule.mount(document, codeColours.module);
  const drawn = document.createDocumentFragment();
  const put = (text: string, classes: string): void => {
    if (classes === '') return drawn.append(text);
    const span = document.createElement('span');
    span.className = classes;
    span.textContent = text;
    drawn.append(span);
  };
  highlightCode(source, parser.parse(source), codeColours, put, () => drawn.append('\n'));
  return drawn;
}
