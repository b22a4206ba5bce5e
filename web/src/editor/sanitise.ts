// HTML of foreign origin as something safe to show. Comes with the first note that is more than plain.
//
// Invariant: no script, handler, form, style sheet, id or name leaves here.

import createSanitiser, { type Config } from 'dompurify';

import { slug } from './markup';
import { ANCHOR, knownClasses, SAFE_ADDRESS } from './plain';

const SAFE: Config & { RETURN_DOM_FRAGMENT: true } = {
  USE_PROFILES: { html: true },
  FORBID_TAGS: ['style', 'form', 'input', 'button', 'select', 'textarea', 'option', 'dialog', 'iframe', 'object', 'embed', 'audio', 'video'],
  // `id` and `name` could stand in for the page's own; `style` could lay a note over the whole page.
  FORBID_ATTR: ['id', 'name', 'style', 'action', 'formaction', 'srcset', 'ping', 'tabindex', 'accesskey', 'autofocus', 'background', 'inert', 'popover'],
  ALLOW_DATA_ATTR: false,
  ALLOWED_URI_REGEXP: SAFE_ADDRESS,
  RETURN_DOM_FRAGMENT: true,
};

/** One of our own: its hooks must not reach other users of the library. */
const sanitiser = createSanitiser(window);
/** An id that its writer links to goes on as an anchor of ours. */
const anchors = new WeakMap<Element, string>();

sanitiser.addHook('uponSanitizeAttribute', (element, attribute) => {
  const { attrName, attrValue } = attribute;
  if ((attrName === 'id' || attrName === 'name') && slug(attrValue) !== '') anchors.set(element, slug(attrValue));
  if (attrName === 'class') attribute.attrValue = knownClasses(attrValue);
});

sanitiser.addHook('afterSanitizeAttributes', (element) => {
  const place = anchors.get(element);
  if (place !== undefined) element.setAttribute(ANCHOR, place);
});

export function sanitise(html: string): DocumentFragment {
  return sanitiser.sanitize(html, SAFE);
}
