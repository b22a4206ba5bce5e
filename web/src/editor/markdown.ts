// A note's Markdown as safe HTML, and its formulas.
//
// Invariant: what leaves `markdownToHtml` went through the sanitiser last: no script, handler, form, style sheet, id
// or name of foreign origin reaches the page. Formulas are set afterwards by KaTeX from plain text, without trust.

import DOMPurify, { type Config } from 'dompurify';
import MarkdownIt from 'markdown-it';

import { isObject, type JsonObject } from '../doc/schema';
import { joined } from '../doc/output';
import { mathRules } from './math';

const markdown = new MarkdownIt({ html: true, linkify: true, typographer: false }).use(mathRules);

const SAFE: Config = {
  USE_PROFILES: { html: true },
  FORBID_TAGS: ['style', 'form', 'input', 'button', 'select', 'textarea', 'option', 'dialog', 'iframe', 'object', 'embed', 'audio', 'video'],
  // `id` and `name` could stand in for the page's own; `style` could lay a note over the whole page.
  FORBID_ATTR: ['id', 'name', 'style', 'action', 'formaction', 'srcset', 'ping'],
  ALLOW_DATA_ATTR: false,
  ALLOWED_URI_REGEXP: /^(?:https?:|mailto:|#|data:image\/(?:png|jpeg|gif|webp|svg\+xml)[;,]|[^a-z]|[a-z+.-]+(?:[^a-z+.\-:]|$))/i,
};

/** `attachments` are the cell's own images, called as `attachment:name`. */
export function markdownToHtml(source: string, attachments: JsonObject): string {
  const html = markdown.render(source);
  const clean = DOMPurify.sanitize(html, { ...SAFE, RETURN_DOM_FRAGMENT: true });
  clean.querySelectorAll('a[href]').forEach(leaveThePage);
  // What may scroll sideways must be reachable without a pointer.
  clean.querySelectorAll('pre, table').forEach((wide) => wide.setAttribute('tabindex', '0'));
  clean.querySelectorAll('img').forEach((image) => showImage(image, attachments));
  const holder = document.createElement('div');
  holder.append(clean);
  return holder.innerHTML;
}

function leaveThePage(link: Element): void {
  if (link.getAttribute('href')?.startsWith('#')) return;
  link.setAttribute('target', '_blank');
  link.setAttribute('rel', 'noopener noreferrer');
}

/** A picture from elsewhere would tell its host who reads: the policy stops it, so it is shown as a link. */
function showImage(image: HTMLImageElement, attachments: JsonObject): void {
  const address = image.getAttribute('src') ?? '';
  if (address.startsWith('attachment:')) {
    image.src = attachmentAddress(decodeURI(address.slice('attachment:'.length)), attachments) ?? '';
  } else if (/^(https?:)?\/\//i.test(address)) {
    image.replaceWith(inItsPlace(image, address));
  }
}

/** A link to the picture, or only its name where it already stands in a link: links cannot hold links. */
function inItsPlace(image: HTMLImageElement, address: string): HTMLElement {
  const linked = image.closest('a') !== null;
  const place = document.createElement(linked ? 'span' : 'a');
  place.textContent = linked ? image.alt || address : `Image: ${image.alt || address}`;
  place.className = 'foreign-image';
  if (place instanceof HTMLAnchorElement) {
    place.href = address;
    leaveThePage(place);
  }
  return place;
}

function attachmentAddress(name: string, attachments: JsonObject): string | undefined {
  const bundle = attachments[name];
  if (!isObject(bundle)) return undefined;
  const mime = Object.keys(bundle).find((key) => /^image\/(png|jpeg|gif|webp|svg\+xml)$/.test(key));
  return mime === undefined ? undefined : `data:${mime};base64,${joined(bundle[mime])}`;
}
