// About how high a cell will be before it is drawn, so that the page is about as long as it will be. Pure.

import { drawing } from '../doc/output';
import type { JsonObject } from '../doc/schema';
import type { CellKind } from '../wire/wire';
import { estimatedHeight } from './outputHeight';

const CODE_LINE = 23.04;
const CODE_FRAME = 18;
const PROSE_LINE = 26.4;
const PROSE_FRAME = 22;
/** Characters in a line of prose of the column on a desk. */
const PROSE_WIDTH = 95;
const COLUMN = 780;
const OUTPUT_FRAME = 8;
/** More outputs than that are not drawn at first. */
export const MOST_OUTPUTS = 50;

export function sourceHeight(kind: CellKind, source: string): number {
  const lines = source.split('\n');
  if (kind === 'code' || kind === 'raw') return lines.length * CODE_LINE + CODE_FRAME;
  return lines.reduce((sum, line) => sum + Math.ceil(line.length / PROSE_WIDTH), 0) * PROSE_LINE + PROSE_FRAME;
}

export function outputsHeight(outputs: readonly JsonObject[]): number {
  if (outputs.length === 0) return 0;
  return outputs.slice(0, MOST_OUTPUTS).reduce((sum, output) => sum + estimatedHeight(drawing(output), COLUMN), OUTPUT_FRAME);
}
