// Colours in the code of notes: the same grammars and colours as in cells.
//
// Invariant: a note is readable before its code is coloured, and colouring never holds up the page for longer than a
// frame.

import { Language, LanguageSupport } from '@codemirror/language';
import { highlightCode } from '@lezer/highlight';
import { StyleModule } from 'style-mod';

import { grammar } from './languages';
import { codeColours } from './theme';

/** As people write them behind the fence; names of kernels are known to the grammars. */
const ALIASES: { [name: string]: string } = { py: 'python', js: 'javascript', jsx: 'javascript', ts: 'typescript', tsx: 'typescript', rs: 'rust', md: 'markdown', shell: 'bash', zsh: 'bash', console: 'bash', 'c++': 'c++', cc: 'c++', h: 'c++', hpp: 'c++', jl: 'julia' };
/** Longer code stays plain: nobody reads that much of it in a note. */
const LONGEST = 100_000;
/** Half a frame. */
const SLICE_MS = 8;

const coloured = new WeakSet<Element>();

/** Colours the code inside an element that shows a note. */
export async function colourCode(root: ParentNode): Promise<void> {
  let began = performance.now();
  for (const code of root.querySelectorAll<HTMLElement>('pre > code[class^="language-"]')) {
    const language = code.className.slice('language-'.length).toLowerCase();
    const source = code.textContent ?? '';
    if (coloured.has(code) || source.length > LONGEST) continue;
    coloured.add(code);
    const parser = parserOf(await grammar(ALIASES[language] ?? language));
    if (parser) colour(code, source, parser);
    if (performance.now() - began < SLICE_MS) continue;
    await new Promise((resolve) => setTimeout(resolve));
    began = performance.now();
  }
}

function parserOf(extension: unknown): Language['parser'] | undefined {
  if (extension instanceof LanguageSupport) return extension.language.parser;
  return extension instanceof Language ? extension.parser : undefined;
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
