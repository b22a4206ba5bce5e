// What every kind of widget can be told of its look, as values of style properties.
//
// Invariant: a value reaches the page only as the value of one property, so that no program writes styles of its own; what
// is no size or no colour has no effect.

import type { JsonObject } from '../../doc/schema';

/** Larger ones are a mistake: nobody could scroll to their end. */
const LARGEST_PX = 20_000;

export interface Look {
  width?: string | undefined;
  height?: string | undefined;
  minWidth?: string | undefined;
  minHeight?: string | undefined;
  maxWidth?: string | undefined;
  maxHeight?: string | undefined;
  padding?: string | undefined;
  borderWidth?: string | undefined;
  borderColor?: string | undefined;
  background?: string | undefined;
  color?: string | undefined;
  fontFamily?: string | undefined;
  fontSize?: string | undefined;
  fontWeight?: string | undefined;
  fontStyle?: string | undefined;
  userSelect?: string | undefined;
}

/** A window's size and place are its own affair. */
const WINDOWS = /^(?:TopLevel|Dialog|Page)$/;

export function common(state: JsonObject, kind: string): Look {
  const [width, height] = WINDOWS.test(kind) ? [] : pair(state['size']);
  const [minWidth, minHeight] = pair(state['min_size']);
  const [maxWidth, maxHeight] = pair(state['max_size']);
  const background = color(state['bg']);
  return {
    width: pixels(width),
    height: pixels(height),
    minWidth: atMostAll(pixels(minWidth)),
    minHeight: pixels(minHeight),
    maxWidth: atMostAll(pixels(maxWidth)),
    maxHeight: pixels(maxHeight),
    padding: padding(state['padding']),
    borderWidth: pixels(state['border_width']) ?? (color(state['border_color']) ? '1px' : undefined),
    borderColor: color(state['border_color']),
    background,
    color: background && readableOn(background),
    ...font(state['font']),
    userSelect: state['allow_text_selection'] === true ? 'text' : undefined,
  };
}

/** The pair of colours of a control, as `set_color(bg, fg)` leaves it. */
export function colors(value: unknown): { background: string | undefined; color: string | undefined } {
  const [bg, fg] = Array.isArray(value) ? (value as unknown[]) : [value];
  const background = color(bg);
  return { background, color: color(fg) ?? (background && readableOn(background)) };
}

export function color(value: unknown): string | undefined {
  return typeof value === 'string' && /^[#\w(),.%/ +-]{1,60}$/.test(value) && !/url|var|attr/i.test(value) ? value : undefined;
}

/** Black or white, whichever can be read on it. */
export function readableOn(background: string): string {
  return `oklch(from ${background} clamp(0, (0.66 - l) * 1000, 1) 0 0)`;
}

export function pixels(value: unknown): string | undefined {
  return typeof value === 'number' && value >= 0 && value <= LARGEST_PX ? `${value}px` : undefined;
}

/** A narrow screen is narrower than what a program had in mind. */
function atMostAll(length: string | undefined): string | undefined {
  return length && `min(${length}, 100%)`;
}

export function pair(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** One number for all sides, or left, top, right, bottom. */
function padding(value: unknown): string | undefined {
  if (!Array.isArray(value)) return pixels(value);
  const [left, top, right, bottom] = value.map(pixels);
  return [top, right, bottom, left].map((side) => side ?? '0').join(' ');
}

/** `[family, points, weight, style]`; all but the first may be missing. */
function font(value: unknown): Pick<Look, 'fontFamily' | 'fontSize' | 'fontWeight' | 'fontStyle'> {
  const [family, size, weight, style] = Array.isArray(value) ? (value as unknown[]) : [value];
  const plain = (text: unknown) => (typeof text === 'string' && /^[\w ,'"-]{1,100}$/.test(text) ? text : undefined);
  return {
    fontFamily: plain(family),
    fontSize: typeof size === 'number' && size > 0 && size < 400 ? `${size}pt` : undefined,
    fontWeight: typeof weight === 'number' ? String(weight) : plain(weight),
    fontStyle: plain(style),
  };
}
