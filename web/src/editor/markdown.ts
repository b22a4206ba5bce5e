// A note's Markdown as something safe to show.
//
// Invariant: what leaves `drawNote` is plain (plain.ts) or went through the sanitiser (sanitise.ts): no script, handler,
// form, style sheet, id or name of foreign origin reaches the page. What is put on afterwards (boxes, anchors, pictures) is
// made here from checked parts.

import { pictureNamed } from '../doc/attachments';
import type { JsonObject } from '../doc/schema';
import { isTicked, type Task } from '../doc/tasks';
import { text } from '../text/text';
import { markup, slug, TASK_PLACE } from './markup';
import { ANCHOR, plain } from './plain';

/** What a note may show that is not in its text. */
export interface Pictures {
  attachments: JsonObject;
  blobAddress: (sha256: string, mime?: string) => string;
}

export interface Drawing {
  content: DocumentFragment;
  /** Those of its boxes, by the number in `data-task`. */
  tasks: readonly Task[];
}

/** Where a link inside the notebook leads. */
export const FRAGMENT = 'data-fragment';

export type Sanitise = (html: string) => DocumentFragment;

/** Nothing when the note needs the sanitiser and that is not here yet; `sanitiser` is asked only then. */
export function drawNote(source: string, pictures: Pictures, sanitiser: () => Sanitise | undefined): Drawing | undefined {
  const { html, tasks } = markup(source);
  const content = plain(html) ?? sanitiser()?.(html);
  if (!content) return undefined;
  content.querySelectorAll(`.${TASK_PLACE}`).forEach((place) => place.replaceWith(box(place, tasks)));
  content.querySelectorAll('h1, h2, h3, h4, h5, h6').forEach(anchor(new Map()));
  content.querySelectorAll('a[href]').forEach(lead);
  content.querySelectorAll('img').forEach((image) => showPicture(image, pictures));
  content.querySelectorAll('table').forEach(scrollInItself);
  return { content, tasks };
}

/** Named by the text of its item, without that of the items below it. */
function box(place: Element, tasks: readonly Task[]): HTMLElement {
  const number = Number(place.textContent);
  const input = document.createElement('input');
  const item = (place.closest('li') ?? place).cloneNode(true) as Element;
  item.querySelectorAll(`ul, ol, .${TASK_PLACE}`).forEach((below) => below.remove());
  input.type = 'checkbox';
  input.className = 'box';
  input.dataset['task'] = String(number);
  input.setAttribute('aria-label', item.textContent?.trim() || text.notes.task);
  const task = tasks[number];
  input.toggleAttribute('checked', task !== undefined && isTicked(task));
  return input;
}

/** Of several headings of one name the later ones are numbered, as GitHub does it. */
function anchor(seen: Map<string, number>): (heading: Element) => void {
  return (heading) => {
    const name = slug(heading.textContent ?? '');
    const before = seen.get(name) ?? 0;
    seen.set(name, before + 1);
    if (name !== '' && !heading.hasAttribute(ANCHOR)) heading.setAttribute(ANCHOR, before === 0 ? name : `${name}-${before}`);
  };
}

/** A link into the notebook stays in it, whatever the base of the page is; any other opens a page of its own. */
function lead(link: Element): void {
  const address = link.getAttribute('href') ?? '';
  if (address.startsWith('#')) {
    link.setAttribute(FRAGMENT, address.slice(1));
    link.setAttribute('href', location.pathname + address);
    if (link.matches('.footnote-backref')) link.setAttribute('aria-label', text.notes.backToText);
    return;
  }
  link.setAttribute('target', '_blank');
  link.setAttribute('rel', 'noopener noreferrer');
}

function scrollInItself(table: Element): void {
  const frame = document.createElement('div');
  frame.className = 'wide';
  frame.setAttribute('role', 'group');
  frame.setAttribute('aria-label', text.notes.table);
  table.replaceWith(frame);
  frame.append(table);
}

const BLOB = /^(?:\.?\/)?api\/blobs\/([0-9a-f]{64})(?:\?type=(image\/(?:png|jpeg|gif|webp|svg\+xml)))?$/;

function showPicture(image: HTMLImageElement, { attachments, blobAddress }: Pictures): void {
  const address = image.getAttribute('src') ?? '';
  const [, sha256, type] = BLOB.exec(address) ?? [];
  const name = address.startsWith('attachment:') ? address.slice('attachment:'.length) : undefined;
  if (name !== undefined) showAttachment(image, name, attachments);
  else if (sha256 !== undefined) image.src = blobAddress(sha256, type);
  else if (/^(https?:)?\/\//i.test(address)) image.replaceWith(asLink(image, address));
  else if (!address.startsWith('data:')) image.replaceWith(missing(image.alt || address));
  image.loading = 'lazy';
}

function showAttachment(image: HTMLImageElement, name: string, attachments: JsonObject): void {
  const shown = pictureNamed(attachments, name);
  if (!shown) return image.replaceWith(missing(image.alt || name));
  image.src = shown.address;
  // Its place is kept before it is decoded; a size that the writer gave counts more.
  if (!shown.size || image.hasAttribute('width') || image.hasAttribute('height')) return;
  image.width = Math.round(shown.size.width);
  image.height = Math.round(shown.size.height);
}

function missing(name: string): HTMLElement {
  const place = document.createElement('span');
  place.className = 'foreign-image';
  place.textContent = text.notes.pictureMissing(name);
  return place;
}

/**
 * A picture from elsewhere would tell its host who reads: the policy stops it, so it is shown as a link, or only by
 * its name where it already stands in a link: links cannot hold links.
 */
function asLink(image: HTMLImageElement, address: string): HTMLElement {
  const linked = image.closest('a') !== null;
  const place = document.createElement(linked ? 'span' : 'a');
  const name = image.alt || address;
  place.textContent = linked ? name : text.notes.pictureElsewhere(name);
  place.title = text.notes.notLoaded;
  place.className = 'foreign-image';
  if (place instanceof HTMLAnchorElement) {
    place.href = address;
    lead(place);
  }
  return place;
}
