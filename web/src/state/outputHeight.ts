// About how high an output will be, for the place it is given before it is drawn. Pure.

import type { Drawing, Library } from '../doc/output';
import { isObject, type JsonObject } from '../doc/schema';
import { HIGHEST_FRAME } from './frame';

const LINE = 20.64;
const TABLE_ROW = 27;
const SPACING = 8;
const MOST_LINES = 92;
/** Frames of which nothing is known, such as a chart. */
const SOME_FRAME = 120;
/** A session of widgets of which nothing is known. */
const SOME_WINDOW = 180;
const CHARACTERS_A_LINE = 100;

export function estimatedHeight(drawing: Drawing, width: number): number {
  switch (drawing.kind) {
    case 'text':
      return textHeight(drawing.text) + SPACING;
    case 'error':
      return Math.min(textHeight(drawing.trace), 12 * LINE) + LINE + 2 * SPACING;
    case 'picture':
    case 'blob':
      return (drawing.size ? drawing.size.height * Math.min(1, width / drawing.size.width) : 3 * LINE) + SPACING;
    case 'chart':
      return chartHeight(drawing.spec, drawing.library);
    case 'model':
      return CHART_HEIGHTS.models;
    case 'frame':
      return frameHeight(drawing.html);
    case 'widgets':
      return SOME_WINDOW;
    case 'markdown':
      return textHeight(drawing.source) + SPACING;
    case 'json':
      return 6 * LINE;
    case 'unknown':
      return LINE + SPACING + (drawing.instead ? estimatedHeight(drawing.instead, width) : 0);
    case 'omitted':
      return LINE + SPACING;
    case 'nothing':
      return 0;
  }
}

/** Looks no further than what would be shown. */
function textHeight(text: string): number {
  let lines = 0;
  for (let start = 0; start < text.length && lines < MOST_LINES; ) {
    const end = text.indexOf('\n', start);
    const stop = end < 0 ? text.length : end;
    lines += Math.max(1, Math.ceil((stop - start) / CHARACTERS_A_LINE));
    start = stop + 1;
  }
  return Math.min(lines, MOST_LINES) * LINE;
}

function frameHeight(html: string): number {
  const rows = html.slice(0, 200_000).match(/<tr\b/gi)?.length ?? 0;
  return Math.min(HIGHEST_FRAME, rows > 0 ? rows * TABLE_ROW + 2 * SPACING : SOME_FRAME);
}

/** What Plotly draws unless it is told otherwise, and about what Vega-Lite does. */
const CHART_HEIGHTS = { plotly: 450, vega: 360, models: 36 };

function chartHeight(spec: JsonObject, library: Library): number {
  const layout = library === 'plotly' ? spec['layout'] : spec;
  const told = isObject(layout) ? layout['height'] : undefined;
  return Math.min(HIGHEST_FRAME, typeof told === 'number' && told > 0 ? told : CHART_HEIGHTS[library]);
}
