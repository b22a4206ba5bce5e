// The grammar of notes and prompts: GitHub's Markdown with formulas, and code in fences in its own language.

import { markdown, markdownLanguage } from '@codemirror/lang-markdown';
import type { LanguageDescription, LanguageSupport } from '@codemirror/language';
import { tags } from '@lezer/highlight';
import type { InlineParser, MarkdownConfig } from '@lezer/markdown';

type Describe = (language: string) => LanguageDescription | undefined;

export function prose(describe: Describe): LanguageSupport {
  return markdown({
    base: markdownLanguage,
    codeLanguages: (info) => describe(/^[\w#+.-]*/.exec(info)?.[0] ?? '') ?? null,
    extensions: [formulas],
    completeHTMLTags: false,
  });
}

const DOLLAR = 36;

/** A formula is one piece: its underscores and asterisks make nothing slanted. */
const formula: InlineParser = {
  name: 'Formula',
  before: 'Escape',
  parse(context, next, position) {
    if (next !== DOLLAR) return -1;
    const rest = context.slice(position, context.end);
    const found = /^\$\$[^]+?\$\$|^\$(?!\s)(?:\\.|[^$\\\n])+?(?<!\s)\$(?!\d)/.exec(rest);
    return found ? context.addElement(context.elt('Formula', position, position + found[0].length)) : -1;
  },
};

const formulas: MarkdownConfig = {
  defineNodes: [{ name: 'Formula', style: tags.special(tags.string) }],
  parseInline: [formula],
};
