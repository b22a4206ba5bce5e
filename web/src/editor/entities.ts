// The names of characters in Markdown (`&copy;`), read by the browser, which knows them all: stands for the package
// `entities` in the pages that are built (vite.config.ts), whose table weighs as much as half of the reader of Markdown.
//
// Invariant: as with the package, only a whole name that ends with its semicolon is taken; anything else stays.

/** Without a window: nothing in it is loaded or run. */
let inert: Document | undefined;

/** `text` is one reference, as markdown-it's rules find it. */
export function decodeHTMLStrict(text: string): string {
  const { body } = (inert ??= document.implementation.createHTMLDocument(''));
  body.innerHTML = text;
  const decoded = body.textContent ?? '';
  // Browsers take `&notit;` for `&not` and three letters.
  return decoded.endsWith(';') && text !== '&semi;' ? text : decoded;
}
