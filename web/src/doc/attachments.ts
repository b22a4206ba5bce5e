// The pictures that a note carries with it, as nbformat has them: name to MIME bundle, plain JSON, in the cell itself.
//
// Invariant: writing adds; a picture that a text may still call is never taken away, so that undo and the people who
// type meanwhile find it. Pictures that no text calls any more stay in the cell.

import { joined } from './output';
import { isObject, type JsonObject } from './schema';

const PICTURE = /^image\/(png|jpeg|gif|webp|svg\+xml)$/;

/** A picture as an address that starts with `data:image/`; `name` as it stands in the Markdown, perhaps escaped. */
export function pictureNamed(attachments: JsonObject, name: string): string | undefined {
  const bundle = attachments[name] ?? attachments[unescaped(name)];
  if (!isObject(bundle)) return undefined;
  const mime = Object.keys(bundle).find((key) => PICTURE.test(key));
  if (mime === undefined) return undefined;
  const content = joined(bundle[mime]).trim();
  // Some write an SVG as it is.
  return content.startsWith('<') ? `data:${mime};charset=utf-8,${encodeURIComponent(content)}` : `data:${mime};base64,${content.replace(/\s+/g, '')}`;
}

function unescaped(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
