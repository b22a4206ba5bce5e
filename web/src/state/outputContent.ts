// What somebody takes away from an output: to the clipboard or as a file. Pure.

import type { Drawing } from '../doc/output';
import { settled } from './terminal';

export interface Content {
  mime: string;
  extension: string;
  /** Text, or base64 where `isBase64`. */
  content: string;
  isBase64: boolean;
}

const EXTENSIONS: { readonly [mime: string]: string } = {
  'image/png': 'png',
  'image/jpeg': 'jpg',
  'image/gif': 'gif',
  'image/webp': 'webp',
  'image/bmp': 'bmp',
  'image/avif': 'avif',
  'image/svg+xml': 'svg',
  'text/html': 'html',
  'text/markdown': 'md',
  'text/latex': 'tex',
  'application/json': 'json',
  'application/pdf': 'pdf',
};

/** Absent where the content is elsewhere, or there is none. */
export function contentOf(drawing: Drawing): Content | undefined {
  switch (drawing.kind) {
    case 'text':
      return text('text/plain', settled(drawing.text));
    case 'error':
      return text('text/plain', drawing.trace || `${drawing.name}: ${drawing.value}`);
    case 'picture':
      return { ...text(drawing.mime, drawing.content), isBase64: drawing.mime !== 'image/svg+xml' };
    case 'markdown':
      return text('text/markdown', drawing.source);
    case 'json':
      return text('application/json', `${JSON.stringify(drawing.value, null, 2)}\n`);
    case 'frame':
      return text('text/html', drawing.html);
    case 'chart':
      return text('application/json', `${JSON.stringify(drawing.spec, null, 2)}\n`);
    case 'unknown':
    case 'model':
      return text('application/json', `${JSON.stringify(drawing.data, null, 2)}\n`);
    case 'widgets':
      return drawing.instead && contentOf(drawing.instead);
    case 'blob':
    case 'omitted':
    case 'nothing':
      return undefined;
  }
}

export function extensionOf(mime: string): string {
  return EXTENSIONS[mime] ?? (/[/+]json$/.test(mime) ? 'json' : mime.startsWith('text/') ? 'txt' : 'bin');
}

function text(mime: string, content: string): Content {
  return { mime, extension: extensionOf(mime), content, isBase64: false };
}
