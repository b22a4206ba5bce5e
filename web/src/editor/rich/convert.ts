// HTML from a clipboard as Markdown. Loaded when it is first needed.
//
// Invariant: the HTML is read as text: nothing in it runs, and nothing it names is fetched.

import Turndown from 'turndown';

const service = new Turndown({ headingStyle: 'atx', codeBlockStyle: 'fenced', bulletListMarker: '-', emDelimiter: '*', strongDelimiter: '**', hr: '---' });

service.addRule('struck', { filter: ['del', 's'], replacement: (content) => (content.trim() === '' ? content : `~~${content}~~`) });
service.addRule('item', { filter: 'li', replacement: (content, node) => item(content, node as HTMLElement) });
service.addRule('table', { filter: 'table', replacement: (_, node) => table(node as HTMLTableElement) });
service.addRule('formula', { filter: (node) => node.classList.contains('katex'), replacement: (_, node) => formula(node as HTMLElement) });
// A picture inside the HTML would be megabytes of text; one from elsewhere is shown as a link.
service.addRule('picture', { filter: 'img', replacement: (_, node) => picture(node as HTMLImageElement) });

export function toMarkdown(html: string): string {
  const { body } = new DOMParser().parseFromString(html, 'text/html');
  body.querySelectorAll('style, script, meta, link, title, template, noscript').forEach((part) => part.remove());
  body.querySelectorAll<HTMLElement>('[style]').forEach(sayByElement);
  return service.turndown(body).trim();
}

/** Word processors say bold and slanted by style, and put all of a document into one `b` that is not bold. */
function sayByElement(element: HTMLElement): void {
  const { fontWeight, fontStyle, textDecoration } = element.style;
  if (/^(?:b|strong)$/i.test(element.tagName) && /^(?:normal|[1-4]00)$/.test(fontWeight)) return element.replaceWith(...element.childNodes);
  if (element.tagName !== 'SPAN' || element.textContent?.trim() === '') return;
  if (/^(?:bold|[6-9]00)$/.test(fontWeight)) wrapIn(element, 'strong');
  if (fontStyle === 'italic') wrapIn(element, 'em');
  if (textDecoration.includes('line-through')) wrapIn(element, 'del');
}

function wrapIn(element: HTMLElement, name: string): void {
  const wrapper = element.ownerDocument.createElement(name);
  wrapper.append(...element.childNodes);
  element.append(wrapper);
}

function item(content: string, node: HTMLElement): string {
  const list = node.parentElement;
  const number = list instanceof HTMLOListElement || list?.tagName === 'OL' ? (list as HTMLOListElement).start + [...list.children].indexOf(node) : undefined;
  const box = node.querySelector<HTMLInputElement>(':scope > input[type="checkbox"], :scope > p > input[type="checkbox"], :scope > label > input[type="checkbox"]');
  const mark = `${number === undefined ? '-' : `${number}.`} `;
  const text = content.replace(/^\n+/, '').replace(/\n+$/, '').replace(/\n/g, `\n${' '.repeat(mark.length)}`);
  return `${mark}${box ? (box.checked ? '[x] ' : '[ ] ') : ''}${text}${node.nextElementSibling ? '\n' : ''}`;
}

/** The first row is the head: Markdown has no table without one, and spreadsheets do not say. */
function table(node: HTMLTableElement): string {
  const rows = [...node.rows].map((row) => [...row.cells].flatMap(cells)).filter((row) => row.some((cell) => cell !== ''));
  const width = Math.max(0, ...rows.map((row) => row.length));
  if (width === 0) return '';
  if (width === 1 && rows.length === 1) return `\n\n${rows[0]?.[0] ?? ''}\n\n`;
  const line = (row: readonly string[]) => `| ${Array.from({ length: width }, (_, index) => row[index] ?? '').join(' | ')} |`;
  const [head = [], ...body] = rows;
  return `\n\n${[line(head), line(Array.from({ length: width }, () => '---')), ...body.map(line)].join('\n')}\n\n`;
}

/** As wide as it spans: what stands below must stay in its column. */
function cells(cell: HTMLTableCellElement): string[] {
  const text = service.turndown(cell.innerHTML).trim().replace(/\s*\n+\s*/g, ' ').replace(/(?<!\\)\|/g, '\\|');
  return [text, ...Array.from({ length: Math.min(cell.colSpan, 50) - 1 }, () => '')];
}

function formula(node: HTMLElement): string {
  const source = node.querySelector('annotation[encoding="application/x-tex"]')?.textContent?.trim() ?? '';
  if (source === '') return node.textContent ?? '';
  return node.closest('.katex-display') ? `\n\n$$\n${source}\n$$\n\n` : `$${source}$`;
}

function picture(node: HTMLImageElement): string {
  const address = node.getAttribute('src') ?? '';
  return /^https?:/i.test(address) ? `![${node.alt.replace(/[[\]\n]/g, ' ')}](${address.replace(/[()\s]/g, encodeURIComponent)})` : node.alt;
}
