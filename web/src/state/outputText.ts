// The text of an output as people read it, for whoever searches it. Pure.

import type { Drawing } from '../doc/output';
import { withoutAnsi } from '../editor/ansi';
import { settled } from './terminal';

/** Empty where there is nothing to read: pictures, and pages of their own, which nobody looks into from here. */
export function readableText(drawing: Drawing): string {
  switch (drawing.kind) {
    case 'text':
      return withoutAnsi(settled(drawing.text));
    case 'error':
      return withoutAnsi(`${drawing.name}${drawing.name && drawing.value ? ': ' : ''}${drawing.value}\n${settled(drawing.trace)}`);
    case 'markdown':
      return drawing.source;
    case 'json':
      return JSON.stringify(drawing.value, null, 2) ?? '';
    default:
      return '';
  }
}
