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

/** Environments that are formulas of their own, as MathJax takes them in Jupyter. */
const ENVIRONMENT = /\\begin\{((?:equation|align|alignat|gather|CD)\*?)\}/y;

function inlineRule(state: StateInline, silent: boolean): boolean {
  return environment(state, silent) || pair(state, silent);
}

function pair(state: StateInline, silent: boolean): boolean {
  const found = PAIRS.find(({ open }) => state.src.startsWith(open, state.pos));
  if (!found) return false;
  const start = state.pos + found.open.length;
  const end = closing(state, found.close, start);
  if (end <= start) return false;
  const content = state.src.slice(start, end);
  if (found.open === '$' && !isInlineMath(content, state.src[end + 1])) return false;
  if (!silent) push(state, content, found.display);
  state.pos = end + found.close.length;
  return true;
}

function environment(state: StateInline, silent: boolean): boolean {
  ENVIRONMENT.lastIndex = state.pos;
  const found = ENVIRONMENT.exec(state.src);
  if (!found) return false;
  const last = `\\end{${found[1] ?? ''}}`;
  const end = closing(state, last, ENVIRONMENT.lastIndex);
  if (end < 0) return false;
  if (!silent) push(state, state.src.slice(state.pos, end + last.length), true);
  state.pos = end + last.length;
  return true;
}

function push(state: StateInline, content: string, display: boolean): void {
  state.push(display ? 'formula_block' : 'formula', 'span', 0).content = content;
}

/** Texts in which a close was looked for and is not: looking again from each open would take the square of the time. */
const without = new WeakMap<StateInline, Set<string>>();

/** Where a formula ends; `\$` is a sign in it. -1 if it does not. */
function closing(state: StateInline, close: string, from: number): number {
  if (without.get(state)?.has(close)) return -1;
  let end = state.src.indexOf(close, from);
  while (end > 0 && close.startsWith('$') && isEscaped(state.src, end)) end = state.src.indexOf(close, end + 1);
  if (end < 0) without.set(state, (without.get(state) ?? new Set()).add(close));
  return end;
}

function isEscaped(text: string, position: number): boolean {
  let backslashes = 0;
  while (text[position - 1 - backslashes] === '\\') backslashes += 1;
  return backslashes % 2 === 1;
}

/** "$5 and $6" is money: no space inside the signs, no digit behind them. */
function isInlineMath(content: string, next: string | undefined): boolean {
  return !/^\s|\s$|\n\s*\n/.test(content) && !/\d/.test(next ?? '');
}

const BLOCKS = [
  { open: /^\$\$/, close: () => '$$', outside: true },
  { open: /^\\{1,2}\[\s*$/, close: (open: string) => open.trimEnd().replace('[', ']'), outside: true },
  { open: new RegExp(`^${ENVIRONMENT.source}`), close: (open: string) => open.replace('\\begin', '\\end'), outside: false },
];

/** A formula of one or more lines of its own, empty ones included, which would otherwise end the paragraph. */
function blockRule(state: StateBlock, startLine: number, endLine: number, silent: boolean): boolean {
  const first = lineOf(state, startLine);
  const block = BLOCKS.find(({ open }) => open.test(first));
  const open = block?.open.exec(first)?.[0];
  if (!block || open === undefined) return false;
  const close = block.close(open);
  const lines = linesUntil(state, [first.slice(open.length)], close, startLine, endLine);
  const content = lines?.join('\n').trimEnd().slice(0, -close.length).trim() ?? '';
  if (!lines || content === '') return false;
  if (silent) return true;
  const token = state.push('formula_block', 'p', 0);
  token.content = block.outside ? content : `${open}${content}${close}`;
  token.map = [startLine, startLine + lines.length];
  state.line = startLine + lines.length;
  return true;
}

/** Closes that no line up to the end of a block has: as for `without`. */
const unclosed = new WeakMap<StateBlock, Set<string>>();

/** `lines` and those that follow, up to the one that ends with `close`. */
function linesUntil(state: StateBlock, lines: string[], close: string, startLine: number, endLine: number): string[] | undefined {
  const [first = ''] = lines;
  const at = first.indexOf(close);
  // With text behind it the formula is one in a paragraph.
  if (at >= 0) return first.trimEnd().length === at + close.length ? lines : undefined;
  const missing = `${close} ${endLine}`;
  if (unclosed.get(state)?.has(missing)) return undefined;
  for (let line = startLine + 1; line < endLine; line += 1) {
    if ((state.sCount[line] ?? 0) < state.blkIndent) return undefined;
    lines.push(lineOf(state, line));
    if (lines.at(-1)?.trimEnd().endsWith(close)) return lines;
  }
  unclosed.set(state, (unclosed.get(state) ?? new Set()).add(missing));
  return undefined;
}

function lineOf(state: StateBlock, line: number): string {
  return state.src.slice((state.bMarks[line] ?? 0) + (state.tShift[line] ?? 0), state.eMarks[line] ?? 0);
}

/** A formula that would expand without end is cut off. */
const MOST_EXPANSIONS = 400;

const set = new WeakSet<Element>();

/** Sets the formulas inside an element that shows a note. What KaTeX cannot read stays as it was typed. */
export async function setFormulas(root: ParentNode): Promise<void> {
  const formulas = [...root.querySelectorAll<HTMLElement>(`.${INLINE}, .${BLOCK}`)].filter((formula) => !set.has(formula));
  if (formulas.length === 0) return;
  const [{ default: katex }] = await Promise.all([import('katex'), import('katex/dist/katex.min.css')]);
  // What one formula of a note defines holds in those below it.
  const macros = {};
  for (const formula of formulas) {
    if (set.has(formula)) continue;
    set.add(formula);
    setOne(katex, formula, macros);
  }
}

/** Numbered where MathJax in Jupyter numbers them: nowhere, unless the writer gives a number. */
const NUMBERED = /\\(begin|end)\{(equation|align|alignat|gather)\}/g;

function setOne(katex: typeof import('katex').default, formula: HTMLElement, macros: { [name: string]: string }): void {
  const source = formula.textContent ?? '';
  try {
    const displayMode = formula.classList.contains(BLOCK);
    katex.render(source.replace(NUMBERED, '\\$1{$2*}'), formula, { displayMode, macros, globalGroup: true, throwOnError: false, errorColor: 'var(--danger)', strict: 'ignore', trust: false, maxExpand: MOST_EXPANSIONS });
  } catch (cause) {
    // Nested too deeply for it.
    formula.textContent = source;
    console.warn('A formula was not set.', cause);
  }
}
