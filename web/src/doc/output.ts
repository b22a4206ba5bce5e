// An nbformat output as something to draw. Pure.
//
// Invariant: every output, also of an unknown kind or with broken values, becomes exactly one Drawing; text of foreign
// origin is marked by how it must be shown, and only `frame` may run scripts.

import { rasterSize, svgSize, type Size } from './picture';
import { isObject, NAMESPACE, type JsonObject } from './schema';

export type Drawing =
  | { kind: 'text'; text: string; tone: Tone }
  | { kind: 'error'; name: string; value: string; trace: string }
  /** `content` is base64, with line ends in it perhaps; of an SVG its text. */
  | { kind: 'picture'; mime: string; content: string; alt: string; size?: Size }
  | { kind: 'markdown'; source: string }
  | { kind: 'json'; value: unknown }
  /** HTML for the sandboxed frame. */
  | { kind: 'frame'; html: string; fallback: string }
  /** A large value the server keeps outside the document. */
  | { kind: 'blob'; sha256: string; mime: string; bytes: number; fallback: string; alt: string; size?: Size }
  /** What was left out of the document, for its length. `sha256` is there once all of it is kept beside it. */
  | { kind: 'omitted'; sentence: string; sha256?: string }
  /** Forms that this page cannot draw; `instead` is the poorer one that came along. */
  | { kind: 'unknown'; mimes: string[]; data: JsonObject; instead?: Drawing }
  | { kind: 'nothing' };

export type Tone = 'plain' | 'stderr';

/** Drawn by libraries that the page does not have yet; their HTML would be an empty box waiting for a script. */
const INTERACTIVE = /^application\/vnd\.(?:vega(?:lite)?\.v\d+|plotly\.v1|jupyter\.widget-view|bokehjs_(?:exec|load)\.v0|holoviews_(?:exec|load)\.v0)\+json$/;
const BLOB = 'application/vnd.coscribe.blob-ref+json';
const PICTURES = ['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/bmp', 'image/avif'];

export function drawing(output: JsonObject): Drawing {
  switch (output['output_type']) {
    case 'stream':
      return { kind: 'text', text: joined(output['text']), tone: output['name'] === 'stderr' ? 'stderr' : 'plain' };
    case 'error':
      return failure(output);
    case 'display_data':
    case 'execute_result':
      return bundle(objectOf(output['data']), objectOf(output['metadata']));
    default:
      return { kind: 'unknown', mimes: [String(output['output_type'] ?? '')].filter(Boolean), data: output };
  }
}

/** nbformat allows a text to be a list of lines. */
export function joined(value: unknown): string {
  if (typeof value === 'string') return value;
  return Array.isArray(value) ? value.filter((line) => typeof line === 'string').join('') : '';
}

function failure(output: JsonObject): Drawing {
  const lines = Array.isArray(output['traceback']) ? output['traceback'].filter((line) => typeof line === 'string') : [];
  return { kind: 'error', name: joined(output['ename']), value: joined(output['evalue']), trace: lines.join('\n') };
}

/** The richest form that the page can show. */
function bundle(data: JsonObject, metadata: JsonObject): Drawing {
  const blob = bestBlob(data);
  const part = objectOf(metadata[NAMESPACE])['part'];
  if (part === 'middle' || part === 'leftOut') return omitted(data, blob);
  if (blob && !hasBetter(data, mimeOf(blob))) return kept(blob, String(blob['sha256']), data, metadata);
  const mimes = Object.keys(data).filter((mime) => mime !== BLOB);
  const interactive = mimes.filter((mime) => INTERACTIVE.test(mime));
  if (interactive.length > 0) return undrawn(interactive, data, metadata);
  return richest(data, metadata) ?? (mimes.length > 0 ? { kind: 'unknown', mimes, data } : { kind: 'nothing' });
}

/** In the order in which Jupyter prefers one form to another. */
function richest(data: JsonObject, metadata: JsonObject): Drawing | undefined {
  const json = Object.keys(data).find((mime) => mime === 'application/json' || mime === 'application/geo+json');
  if (json !== undefined && data[json] !== undefined) return { kind: 'json', value: data[json] };
  const html = joined(data['text/html']);
  if (html !== '') return { kind: 'frame', html, fallback: joined(data['text/plain']) };
  return written(data) ?? picture(data, metadata) ?? scriptOrPlain(data);
}

function written(data: JsonObject): Drawing | undefined {
  const markdown = joined(data['text/markdown']);
  if (markdown !== '') return { kind: 'markdown', source: markdown };
  const latex = joined(data['text/latex']);
  return latex === '' ? undefined : { kind: 'markdown', source: displayed(latex) };
}

function picture(data: JsonObject, metadata: JsonObject): Drawing | undefined {
  const svg = joined(data['image/svg+xml']);
  if (svg !== '') return { kind: 'picture', mime: 'image/svg+xml', content: svg, ...described('image/svg+xml', data, metadata, svgSize(svg)) };
  const mime = PICTURES.find((one) => joined(data[one]) !== '');
  if (mime === undefined) return undefined;
  const content = joined(data[mime]);
  return { kind: 'picture', mime, content, ...described(mime, data, metadata, rasterSize(content)) };
}

/** Scripts of outputs run nowhere but in a frame with their page: alone there is nothing for them to draw on. */
function scriptOrPlain(data: JsonObject): Drawing | undefined {
  const plain = joined(data['text/plain']);
  return plain === '' ? undefined : { kind: 'text', text: plain, tone: 'plain' };
}

function undrawn(mimes: string[], data: JsonObject, metadata: JsonObject): Drawing {
  const instead = picture(data, metadata) ?? scriptOrPlain(data);
  return { kind: 'unknown', mimes, data, ...(instead ? { instead } : {}) };
}

/** LaTeX beside the formula signs it may lack. */
function displayed(latex: string): string {
  return /\$|\\\(|\\\[/.test(latex) ? latex : `$$\n${latex.trim()}\n$$`;
}

function described(mime: string, data: JsonObject, metadata: JsonObject, natural: Size | undefined): { alt: string; size?: Size } {
  const told = objectOf(metadata[mime]);
  const size = scaled(told, natural);
  const alt = joined(told['alt']) || joined(data['text/plain']).trim().replace(/^<([^]*)>$/, '$1');
  return { alt, ...(size ? { size } : {}) };
}

/** What the metadata say counts; one side alone keeps the picture's own proportion. */
function scaled(told: JsonObject, natural: Size | undefined): Size | undefined {
  const width = positive(told['width']);
  const height = positive(told['height']);
  if (width !== undefined && height !== undefined) return { width, height };
  if (!natural) return undefined;
  if (width !== undefined) return { width, height: (width * natural.height) / natural.width };
  if (height !== undefined) return { width: (height * natural.width) / natural.height, height };
  return natural;
}

function omitted(data: JsonObject, blob: JsonObject | undefined): Drawing {
  return { kind: 'omitted', sentence: joined(data['text/plain']), ...(blob ? { sha256: String(blob['sha256']) } : {}) };
}

/** Jupyter's order of preference; what stands nowhere here comes before what can be read as text only. */
const PREFERRED: readonly RegExp[] = [/[/+]json$/, /^text\/html$/, /^text\/markdown$/, /^text\/latex$/, /^image\/svg/, /^image\//, /./, /^text\/plain$/];

function rank(mime: string): number {
  const plain = PREFERRED.length - 1;
  return mime === 'text/plain' ? plain : PREFERRED.findIndex((pattern) => pattern.test(mime));
}

/** Of the values kept outside the document the one that shows most; notebooks of before have one, not a list. */
function bestBlob(data: JsonObject): JsonObject | undefined {
  const listed = data[BLOB];
  const blobs = (Array.isArray(listed) ? listed : [listed]).filter(isObject).filter((blob) => typeof blob['sha256'] === 'string');
  return blobs.sort((left, right) => rank(mimeOf(left)) - rank(mimeOf(right)))[0];
}

/** Whether something richer than this stands in the document itself; plain text may only tell of what is kept. */
function hasBetter(data: JsonObject, mime: string): boolean {
  const inline = Object.keys(data).filter((one) => one !== BLOB && one !== 'text/plain');
  return inline.some((one) => rank(one) < rank(mime));
}

function mimeOf(blob: JsonObject): string {
  return typeof blob['mime'] === 'string' ? blob['mime'] : 'application/octet-stream';
}

function kept(blob: JsonObject, sha256: string, data: JsonObject, metadata: JsonObject): Drawing {
  const mime = mimeOf(blob);
  return {
    kind: 'blob',
    sha256,
    mime,
    bytes: positive(blob['size']) ?? 0,
    fallback: joined(data['text/plain']),
    ...described(mime, data, metadata, undefined),
  };
}

/** A value that was kept outside the document, once it is here. */
export function drawingOf(mime: string, content: string, fallback: string): Drawing {
  if (mime === 'text/plain') return { kind: 'text', text: content, tone: 'plain' };
  return bundle({ [mime]: /[/+]json$/.test(mime) ? parsed(content) : content, 'text/plain': fallback }, {});
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function positive(value: unknown): number | undefined {
  const number = typeof value === 'string' ? Number(value) : value;
  return typeof number === 'number' && number > 0 && Number.isFinite(number) ? number : undefined;
}

function objectOf(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}
