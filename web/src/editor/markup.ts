// Markdown as HTML that nobody has checked yet, and what the page must know of it: the tasks that can be ticked and the
// places that links can lead to. Needs no page.
//
// Invariant: what leaves here is of foreign origin; markdown.ts alone makes it safe to show.

import MarkdownIt, { type Env, type StateCore, type Token } from 'markdown-it';
import footnotes from 'markdown-it-footnote';

import { columnOf, lineStarts, TASK, type Task } from '../doc/tasks';
import { mathRules } from './math';

/**
 * The class of the places where checkboxes go. Nobody who writes a note knows it, so no note can make a checkbox that
 * stands for another line than its own.
 */
export const TASK_PLACE = `task-${[...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16)).join('')}`;

const parser = new MarkdownIt({ html: true, linkify: true, typographer: false }).use(mathRules).use(footnotes);
// `x^[2]` is mathematics far more often than a footnote, and GitHub reads it so.
parser.inline.ruler.disable('footnote_inline');
parser.linkify.add('www.', {
  validate: (text, position, self) => {
    const domain = self.re.get_relative_proto_validator();
    domain.lastIndex = position;
    return domain.exec(text)?.[0].length ?? 0;
  },
  normalize: (match) => {
    match.url = `http://${match.url}`;
  },
});
parser.core.ruler.after('inline', 'tasks', takeTasks);
parser.core.ruler.push('alignment', alignByAttribute);
parser.renderer.rules['task'] = (tokens, index) => `<span class="${TASK_PLACE}">${String(tokens[index]?.meta?.['task'])}</span> `;

export interface Markup {
  html: string;
  /** In the order in which their places stand in the HTML. */
  tasks: readonly Task[];
}

export function markup(source: string): Markup {
  const tasks: Task[] = [];
  return { html: parser.render(source, { source, tasks }), tasks };
}

/** What links of the kind `#fragment` can lead to in a note. */
export function anchorsIn(source: string): string[] {
  const tokens = parser.parse(source, {});
  const headings = tokens.filter((_, index) => tokens[index - 1]?.type === 'heading_open').map(plainText);
  const marked = [...source.matchAll(/<\w[^>]*?\s(?:id|name)\s*=\s*["']?([^"'\s>]+)/gi)].map((match) => match[1] ?? '');
  return [...headings, ...marked].map(slug);
}

/** How a place is called in links: as GitHub does it, so that links work there too. */
export function slug(text: string): string {
  return text.trim().toLowerCase().replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '').replaceAll(' ', '-');
}

function plainText(inline: Token): string {
  return (inline.children ?? []).map(({ type, content }) => (/^(text|code_inline|formula|image)$/.test(type) ? content : '')).join('');
}

/** List items that begin with `[ ]` or `[x]` get a place for a checkbox instead. */
function takeTasks({ tokens, env, Token }: StateCore): void {
  const { source, tasks } = env as Env & { source?: string; tasks?: Task[] };
  if (source === undefined || tasks === undefined) return;
  let starts: number[] | undefined;
  tokens.forEach((token, index) => {
    const first = token.children?.[0];
    if (token.type !== 'inline' || tokens[index - 2]?.type !== 'list_item_open' || first?.type !== 'text') return;
    const mark = TASK.exec(token.content)?.[0];
    if (mark === undefined || !first.content.startsWith(mark)) return;
    starts ??= lineStarts(source);
    const offset = columnOf(source, starts, token.map?.[0] ?? -1, token.content);
    if (offset === undefined) return;
    first.content = first.content.slice(mark.length);
    const place = new Token('task', 'span', 0);
    place.meta = { task: tasks.length };
    token.children?.unshift(place);
    tokens[index - 2]?.attrJoin('class', 'task');
    tasks.push({ offset, mark: mark.trimEnd() });
  });
}

/** The sanitiser takes styles away. */
function alignByAttribute({ tokens }: StateCore): void {
  for (const token of tokens) {
    if (token.type !== 'th_open' && token.type !== 'td_open') continue;
    const align = /^text-align:(\w+)$/.exec(String(token.attrGet('style')))?.[1];
    if (align !== undefined) token.attrs = [['align', align]];
  }
}

/** The blocks of code of a text, in their order, each without its last line end. */
export function codeIn(source: string): { language: string; text: string }[] {
  return parser
    .parse(source, {})
    .filter(({ type }) => type === 'fence' || type === 'code_block')
    .map(({ info, content }) => ({ language: (info.trim().split(/\s+/, 1)[0] ?? '').toLowerCase(), text: content.replace(/\n$/, '') }));
}
