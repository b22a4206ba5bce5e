// The grammar of notes and prompts: GitHub's Markdown with formulas, and code in fences in its own language and letters.

import { markdown, markdownLanguage } from '@codemirror/lang-markdown';
import { LanguageSupport, syntaxTree, type LanguageDescription } from '@codemirror/language';
import { RangeSetBuilder } from '@codemirror/state';
import { Decoration, ViewPlugin, type DecorationSet, type EditorView, type ViewUpdate } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import type { InlineParser, MarkdownConfig } from '@lezer/markdown';

type Describe = (language: string) => LanguageDescription | undefined;

export function prose(describe: Describe): LanguageSupport {
  const support = markdown({
    base: markdownLanguage,
    codeLanguages: (info) => describe(/^[\w#+.-]*/.exec(info)?.[0] ?? '') ?? null,
    extensions: [formulas],
    completeHTMLTags: false,
  });
  return new LanguageSupport(support.language, [support.support, codeLines]);
}

const codeLine = Decoration.line({ class: 'cm-code-line' });

/** Lines of code stand in letters of one width. */
const codeLines = ViewPlugin.define((view) => new CodeLines(view), { decorations: ({ decorations }) => decorations });

class CodeLines {
  decorations: DecorationSet;

  constructor(view: EditorView) {
    this.decorations = decorated(view);
  }

  update({ view, docChanged, viewportChanged, startState, state }: ViewUpdate): void {
    if (docChanged || viewportChanged || syntaxTree(startState) !== syntaxTree(state)) this.decorations = decorated(view);
  }
}

function decorated(view: EditorView): DecorationSet {
  const { doc } = view.state;
  const builder = new RangeSetBuilder<Decoration>();
  let last = -1;
  const enter = ({ name, from, to }: { name: string; from: number; to: number }): boolean => {
    if (name !== 'FencedCode' && name !== 'CodeBlock') return name === 'Document' || /List|quote/.test(name);
    for (let line = doc.lineAt(from); ; line = doc.line(line.number + 1)) {
      if (line.from > last) builder.add((last = line.from), line.from, codeLine);
      if (line.to >= Math.min(to, view.viewport.to)) return false;
    }
  };
  for (const { from, to } of view.visibleRanges) syntaxTree(view.state).iterate({ from, to, enter });
  return builder.finish();
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
