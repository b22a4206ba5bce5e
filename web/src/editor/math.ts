// Formulas: `$…$`, `$$…$$`, `\(…\)` and `\[…\]` are found in Markdown, carried as text, and set by KaTeX when there is
// one to set.
//
// Invariant: KaTeX is loaded by the first formula and never for a page without one.

import type { MarkdownIt, StateBlock, StateInline } from 'markdown-it';

const INLINE = 'formula';
const BLOCK = 'formula-block';

export function mathRules(markdown: MarkdownIt): void {
  markdown.inline.ruler.before('escape', 'formula', inlineRule);
  markdown.block.ruler.before('fence', 'formula_block', blockRule, { alt: ['paragraph', 'blockquote', 'list'] });
  const render = (tokens: { content: string }[], index: number, name: string) =>
    `<span class="${name}">${markdown.utils.escapeHtml(tokens[index]?.content ?? '')}</span>`;
  markdown.renderer.rules['formula'] = (tokens, index) => render(tokens, index, INLINE);
  markdown.renderer.rules['formula_block'] = (tokens, index) => `<p>${render(tokens, index, BLOCK)}</p>`;
}

const PAIRS = [
  { open: '$$', close: '$$', display: true },
  { open: '\\\\[', close: '\\\\]', display: true },
  { open: '\\\\(', close: '\\\\)', display: false },
  { open: '\\[', close: '\\]', display: true },
  { open: '\\(', close: '\\)', display: false },
  { open: '$', close: '$', display: false },
];

function inlineRule(state: StateInline, silent: boolean): boolean {
  const pair = PAIRS.find(({ open }) => state.src.startsWith(open, state.pos));
  if (!pair) return false;
  const start = state.pos + pair.open.length;
  const end = state.src.indexOf(pair.close, start);
  if (end <= start) return false;
  const content = state.src.slice(start, end);
  if (pair.open === '$' && !isInlineMath(content, state.src[end + 1])) return false;
  if (!silent) {
    const token = state.push('formula', 'span', 0);
    token.content = content;
    if (pair.display) token.type = 'formula_block';
  }
  state.pos = end + pair.close.length;
  return true;
}

/** "$5 and $6" is money: no space inside the signs, no digit behind them. */
function isInlineMath(content: string, next: string | undefined): boolean {
  return !/^\s|\s$|\n\s*\n/.test(content) && !/\d/.test(next ?? '');
}

function blockRule(state: StateBlock, startLine: number, endLine: number, silent: boolean): boolean {
  const first = lineOf(state, startLine);
  if (!first.startsWith('$$')) return false;
  let last = startLine;
  let text = first.slice(2);
  while (!text.trimEnd().endsWith('$$') || text.trim() === '') {
    last += 1;
    if (last >= endLine) return false;
    text += `\n${lineOf(state, last)}`;
  }
  if (silent) return true;
  const token = state.push('formula_block', 'p', 0);
  token.content = text.trimEnd().slice(0, -2).trim();
  token.map = [startLine, last + 1];
  state.line = last + 1;
  return true;
}

function lineOf(state: StateBlock, line: number): string {
  return state.src.slice((state.bMarks[line] ?? 0) + (state.tShift[line] ?? 0), state.eMarks[line] ?? 0);
}

/** A formula that would expand without end is cut off. */
const MOST_EXPANSIONS = 400;

/** Sets the formulas inside an element that `markdownToHtml` filled. What KaTeX cannot read stays as it was typed. */
export async function setFormulas(element: HTMLElement): Promise<void> {
  const formulas = [...element.querySelectorAll<HTMLElement>(`.${INLINE}, .${BLOCK}`)];
  if (formulas.length === 0) return;
  const [{ default: katex }] = await Promise.all([import('katex'), import('katex/dist/katex.min.css')]);
  for (const formula of formulas) {
    katex.render(formula.textContent ?? '', formula, {
      displayMode: formula.classList.contains(BLOCK),
      throwOnError: false,
      trust: false,
      maxExpand: MOST_EXPANSIONS,
    });
  }
}
