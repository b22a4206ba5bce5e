// HTML that is harmless as it stands: only what Markdown itself makes, and a few elements without any attribute. Most notes
// need no sanitiser then, and it comes with the first that does.
//
// Invariant: what is given back holds nothing but the elements and attributes named here, each with a value that was
// looked at; nothing is repaired. What has anything else in it is not plain, whatever it is.

import { slug, TASK_PLACE } from './markup';

/** The anchor of a place in a note stands here and not in `id`, which could take a name of the page's own. */
export const ANCHOR = 'data-anchor';

/** Addresses that a note may call: of the page, of its attachments, of another host by a scheme that runs nothing. */
export const SAFE_ADDRESS = /^(?:https?:|mailto:|#|attachment:|data:image\/(?:png|jpeg|gif|webp|svg\+xml)[;,]|[^a-z]|[a-z+.-]+(?:[^a-z+.\-:]|$))/i;

/** Browsers read over some of these inside a scheme. */
// eslint-disable-next-line no-control-regex
const HIDDEN = /[\u0000-\u0020\u007f-\u00a0\s]/;

const ELEMENTS = new Set(
  ('p h1 h2 h3 h4 h5 h6 ul ol li blockquote pre code em strong s a img br hr table thead tbody tr th td span sup section ' +
    'b i u sub kbd mark small del ins div details summary').split(' '),
);

type Check = (value: string, element: string) => boolean;

const ATTRIBUTES: { readonly [name: string]: Check } = {
  class: (value) => knownClasses(value) === value,
  id: (value) => slug(value) !== '',
  title: isText,
  alt: (value, element) => element === 'img' && isText(value),
  href: (value, element) => element === 'a' && isSafe(value),
  src: (value, element) => element === 'img' && isSafe(value),
  align: (value, element) => /^t[hd]$/.test(element) && /^(?:left|center|right)$/.test(value),
  start: (value, element) => element === 'ol' && /^\d+$/.test(value),
};

/** The HTML as nodes that no page has yet, or nothing when there is more in it than is surely harmless. */
export function plain(html: string): DocumentFragment | undefined {
  const template = document.createElement('template');
  // Its content belongs to a document that runs and loads nothing.
  template.innerHTML = html;
  const { content } = template;
  const walker = document.createTreeWalker(content, NodeFilter.SHOW_ALL);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (node.nodeType !== Node.TEXT_NODE && !(node instanceof Element && isPlain(node))) return undefined;
  }
  content.querySelectorAll('[id]').forEach(takeAnchor);
  return content;
}

function isPlain({ namespaceURI, localName, attributes }: Element): boolean {
  if (namespaceURI !== 'http://www.w3.org/1999/xhtml' || !ELEMENTS.has(localName)) return false;
  return [...attributes].every(({ name, value }) => Object.hasOwn(ATTRIBUTES, name) && ATTRIBUTES[name]?.(value, localName));
}

/** Nothing that could be taken for markup, whoever reads it again. */
function isText(value: string): boolean {
  return !/[<>]/.test(value);
}

function isSafe(address: string): boolean {
  return isText(address) && !HIDDEN.test(address) && SAFE_ADDRESS.test(address);
}

function takeAnchor(element: Element): void {
  element.setAttribute(ANCHOR, slug(element.id));
  element.removeAttribute('id');
}

/** Classes by which notes look as their writer meant; any other could borrow the look of the page's own parts. */
const KNOWN_CLASS = /^(?:language-[\w+#.-]+|formula(?:-block)?|footnote(?:s|-ref|-item|-backref|s-list|s-sep)|task|alert(?:-(?:info|success|warning|danger))?)$/;

export function knownClasses(classes: string): string {
  return classes.split(/\s+/).filter((name) => name === TASK_PLACE || KNOWN_CLASS.test(name)).join(' ');
}
