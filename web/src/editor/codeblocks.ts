// Colours in the code of notes: the same grammars and colours as in cells.
//
// Invariant: a note is readable before its code is coloured, and colouring never holds up the page for longer than a
// frame.

import type { Language } from '@codemirror/language';
import { highlightCode } from '@lezer/highlight';
import { StyleModule } from 'style-mod';

import { described } from './languages';
import { codeColours } from './theme';

/** Longer code stays plain: reading that much of it takes longer than a frame. */
const LONGEST = 30_000;
/** Half a frame. */
const SLICE_MS = 8;

const coloured = new WeakSet<Element>();

/** Colours the code inside an element that shows a note. */
export async function colourCode(root: ParentNode): Promise<void> {
  let began = performance.now();
  for (const code of root.querySelectorAll<HTMLElement>('pre > code[class^="language-"]')) {
    const language = code.className.slice('language-'.length);
    const source = code.textContent ?? '';
    if (coloured.has(code) || source.length > LONGEST) continue;
    coloured.add(code);
    const support = await described(language)?.load().catch(() => coloured.delete(code));
    if (typeof support === 'object') colour(code, source, support.language.parser);
    if (performance.now() - began < SLICE_MS) continue;
    await new Promise((resolve) => setTimeout(resolve));
    began = performance.now();
  }
}

function colour(code: HTMLElement, source: string, parser: Language['parser']): void {
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
  code.replaceChildren(drawn);
}
