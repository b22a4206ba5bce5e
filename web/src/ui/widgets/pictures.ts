// Where a picture or a film comes from, as far as a page may load it: from this server or out of the document.

import { blobIn } from '../../doc/widgets/schema';
import type { Rest } from '../../sync/rest';

export type Source = { kind: 'here'; address: string } | { kind: 'foreign'; host: string };

/** Undefined when there is none. */
export function pictureAddress(value: unknown, rest: Rest, otherwise = 'image/png'): Source | undefined {
  const blob = blobIn(value);
  if (blob) return { kind: 'here', address: rest.blobAddress(blob.sha256, blob.mime ?? otherwise) };
  if (typeof value !== 'string' || value === '') return undefined;
  if (/^data:(?:image|video|audio)\//i.test(value)) return { kind: 'here', address: value };
  const url = URL.canParse(value, document.baseURI) ? new URL(value, document.baseURI) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) return undefined;
  return url.origin === location.origin ? { kind: 'here', address: url.href } : { kind: 'foreign', host: url.host };
}
