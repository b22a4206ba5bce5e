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
  /** A description that a library draws, in the frame; `instead` is shown when it cannot. */
  | { kind: 'chart'; library: Library; mime: string; spec: JsonObject; instead?: Drawing }
  /** A session of widgets, drawn in place; `instead` is shown when it cannot be had. */
  | { kind: 'widgets'; session: string; instead?: Drawing }
  /** A widget of the kernel, drawn in the frame; `instead` is shown when it cannot be. */
  | { kind: 'model'; model: string; data: JsonObject; instead?: Drawing }
  /** A large value the server keeps outside the document. */
  | { kind: 'blob'; sha256: string; mime: string; bytes: number; fallback: string; alt: string; size?: Size }
  /** What was left out of the document, for its length. `sha256` is there once all of it is kept beside it. */
  | { kind: 'omitted'; sentence: string; sha256?: string }
  /** Forms that this page cannot draw; `instead` is the poorer one that came along. */
  | { kind: 'unknown'; mimes: string[]; data: JsonObject; instead?: Drawing }
  | { kind: 'nothing' };

export type Tone = 'plain' | 'stderr';

/** What draws a chart; Vega-Lite is drawn by Vega. */
export type Library = 'vega' | 'plotly' | 'models';

/** In the order in which they are preferred. */
const CHARTS: readonly { form: RegExp; library: Library }[] = [
  { form: /^application\/vnd\.plotly\.v1\+json$/, library: 'plotly' },
  { form: /^application\/vnd\.vegalite\.v\d+(?:\.\d+)*\+json$/, library: 'vega' },
  { form: /^application\/vnd\.vega\.v\d+(?:\.\d+)*\+json$/, library: 'vega' },
];
/** Drawn by libraries that the page does not have; their HTML would be an empty box waiting for a script. */
const INTERACTIVE = /^application\/vnd\.(?:bokehjs_(?:exec|load)\.v0|holoviews_(?:exec|load)\.v0)\+json$/;
const WIDGETS = 'application/vnd.coscribe.widgets+json';
/** A widget of the kernel, by its name. */
export const WIDGET = 'application/vnd.jupyter.widget-view+json';
/** What the server has moved out of an output. */
export const BLOB = 'application/vnd.coscribe.blob-ref+json';
const PICTURES = ['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/bmp', 'image/avif'];
/** Of a bundle whose large parts are kept elsewhere, the richest is fetched; plain text only when nothing else is there. */
const RICH = [...CHARTS.map(({ form }) => form), /[/+]json$/, /^text\/html$/, /^text\/(?:markdown|latex)$/, /^image\/svg/, /^image\//, /./];

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
  const { [BLOB]: references, ...there } = data;
  const part = objectOf(metadata[NAMESPACE])['part'];
  if (part === 'middle' || part === 'leftOut') return omitted(there, referencesOf(references)[0]);
  const kept = richestKept(references, there, metadata);
  if (kept) return kept;
  const mimes = Object.keys(there);
  const drawn = widgets(data) ?? widget(data, metadata) ?? chart(data, metadata);
  if (drawn) return drawn;
  const interactive = mimes.filter((mime) => INTERACTIVE.test(mime));
  if (interactive.length > 0) return undrawn(interactive, data, metadata);
  return richest(data, metadata) ?? (mimes.length > 0 ? { kind: 'unknown', mimes, data } : { kind: 'nothing' });
}

/** A widget is named; what it is stands in the document's root `models`. */
function widget(data: JsonObject, metadata: JsonObject): Drawing | undefined {
  const { model_id: model } = objectOf(data[WIDGET]);
  if (typeof model !== 'string') return undefined;
  const instead = picture(data, metadata) ?? scriptOrPlain(data);
  return { kind: 'model', model, data, ...(instead ? { instead } : {}) };
}

/** A description that the page has a library for. */
function chart(data: JsonObject, metadata: JsonObject): Drawing | undefined {
  for (const { form, library } of CHARTS) {
    const mime = Object.keys(data).find((one) => form.test(one) && isObject(data[one]));
    if (mime === undefined) continue;
    const instead = picture(data, metadata) ?? scriptOrPlain(data);
    return { kind: 'chart', library, mime, spec: objectOf(data[mime]), ...(instead ? { instead } : {}) };
  }
  return undefined;
}

/** A session that a program in the cell, or anywhere, drives. */
function widgets(data: JsonObject): Drawing | undefined {
  const session = objectOf(data[WIDGETS])['session'];
  if (typeof session !== 'string' || session === '') return undefined;
  const instead = scriptOrPlain(data);
  return { kind: 'widgets', session, ...(instead ? { instead } : {}) };
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

interface Reference {
  sha256: string;
  mime: string;
  size: number;
}

/** What the server has moved out of a bundle: one reference, or a list of them. */
function referencesOf(value: unknown): Reference[] {
  const listed = Array.isArray(value) ? value : [value];
  return listed.filter(isObject).flatMap(({ sha256, mime, size }) =>
    typeof sha256 === 'string' ? [{ sha256, mime: typeof mime === 'string' ? mime : 'application/octet-stream', size: positive(size) ?? 0 }] : [],
  );
}

function omitted(there: JsonObject, all: Reference | undefined): Drawing {
  return { kind: 'omitted', sentence: joined(there['text/plain']), ...(all ? { sha256: all.sha256 } : {}) };
}

/** A part that was moved out, unless something richer has stayed. */
function richestKept(references: unknown, there: JsonObject, metadata: JsonObject): Drawing | undefined {
  const kept = referencesOf(references);
  const rank = (mime: string) => (mime === 'text/plain' ? RICH.length : RICH.findIndex((form) => form.test(mime)));
  const best = kept.sort((one, other) => rank(one.mime) - rank(other.mime))[0];
  const stayed = Object.keys(there).some((mime) => best && mime !== 'text/plain' && rank(mime) < rank(best.mime));
  if (!best || stayed) return undefined;
  const { sha256, mime, size: bytes } = best;
  const fallback = joined(there['text/plain']);
  return { kind: 'blob', sha256, mime, bytes, fallback, ...described(mime, there, metadata, undefined) };
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
