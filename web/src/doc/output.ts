// An nbformat output as something to draw. Pure.
//
// Invariant: every output, also of an unknown kind or with broken values, becomes exactly one Drawing; text of foreign
// origin is marked by how it must be shown, and only `frame` may run scripts.

import { isObject, type JsonObject } from './schema';

export type Drawing =
  /** Text with ANSI colours; `error` for stderr and tracebacks. */
  | { kind: 'text'; text: string; tone: 'plain' | 'error' }
  /** An address that starts with `data:image/`. */
  | { kind: 'image'; url: string; alt: string; width?: number; height?: number }
  | { kind: 'markdown'; source: string }
  | { kind: 'latex'; source: string }
  /** HTML for the sandboxed frame. */
  | { kind: 'frame'; html: string; fallback: string }
  /** A large value the server keeps outside the document. */
  | { kind: 'blob'; sha256: string; mime: string; size: number; fallback: string };

const IMAGES = ['image/png', 'image/jpeg', 'image/gif', 'image/webp'];
const BLOB = 'application/vnd.coscribe.blob-ref+json';

export function drawing(output: JsonObject): Drawing {
  switch (output['output_type']) {
    case 'stream':
      return { kind: 'text', text: joined(output['text']), tone: output['name'] === 'stderr' ? 'error' : 'plain' };
    case 'error':
      return { kind: 'text', text: traceback(output), tone: 'error' };
    case 'display_data':
    case 'execute_result':
      return bundle(isObject(output['data']) ? output['data'] : {}, isObject(output['metadata']) ? output['metadata'] : {});
    default:
      return { kind: 'text', text: `An output of an unknown kind: ${JSON.stringify(output['output_type'] ?? null)}`, tone: 'plain' };
  }
}

/** nbformat allows a text to be a list of lines. */
export function joined(value: unknown): string {
  if (typeof value === 'string') return value;
  return Array.isArray(value) ? value.filter((line) => typeof line === 'string').join('') : '';
}

function traceback(output: JsonObject): string {
  const lines = Array.isArray(output['traceback']) ? output['traceback'].filter((line) => typeof line === 'string') : [];
  return lines.length > 0 ? lines.join('\n') : `${joined(output['ename'])}: ${joined(output['evalue'])}`;
}

/** The richest form that the page can show. */
function bundle(data: JsonObject, metadata: JsonObject): Drawing {
  const plain = joined(data['text/plain']);
  const blob = data[BLOB];
  if (isObject(blob) && typeof blob['sha256'] === 'string') return blobDrawing(blob, plain);
  const html = joined(data['text/html']);
  if (html !== '') return { kind: 'frame', html, fallback: plain };
  const image = IMAGES.find((mime) => joined(data[mime]) !== '');
  if (image) return rasterImage(image, joined(data[image]), plain, metadata);
  const svg = joined(data['image/svg+xml']);
  if (svg !== '') return { kind: 'image', url: `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`, alt: plain };
  const markdown = joined(data['text/markdown']);
  if (markdown !== '') return { kind: 'markdown', source: markdown };
  const latex = joined(data['text/latex']);
  if (latex !== '') return { kind: 'latex', source: latex };
  if (plain === '') return { kind: 'text', text: unknownBundle(data), tone: 'plain' };
  return { kind: 'text', text: plain, tone: 'plain' };
}

function rasterImage(mime: string, base64: string, alt: string, metadata: JsonObject): Drawing {
  const size = isObject(metadata[mime]) ? metadata[mime] : {};
  const { width, height } = size;
  return {
    kind: 'image',
    url: `data:${mime};base64,${base64.replace(/\s+/g, '')}`,
    alt,
    ...(typeof width === 'number' ? { width } : {}),
    ...(typeof height === 'number' ? { height } : {}),
  };
}

function blobDrawing(blob: JsonObject, fallback: string): Drawing {
  return {
    kind: 'blob',
    sha256: String(blob['sha256']),
    mime: typeof blob['mime'] === 'string' ? blob['mime'] : 'application/octet-stream',
    size: typeof blob['size'] === 'number' ? blob['size'] : 0,
    fallback,
  };
}

function unknownBundle(data: JsonObject): string {
  const mimes = Object.keys(data);
  return mimes.length > 0 ? `This page cannot show ${mimes.join(', ')}.` : '';
}
