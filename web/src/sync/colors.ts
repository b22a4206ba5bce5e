// The colours of people. Imports nothing.
//
// Invariant: white letters can be read on every colour that leaves here (contrast 4.5 and more), whoever chose it.

/** Any two differ, also for those who do not see red, green or blue as others do: the test measures it. */
export const COLORS = ['#286edc', '#c83c00', '#507850', '#822882', '#463cb4', '#a0140a', '#a05a96', '#505046'] as const;

export type Color = (typeof COLORS)[number];

const LEAST_CONTRAST = 4.5;
const ANY_COLOR = /^#[0-9a-f]{6}$/i;

/** The colour a client says to have, darkened if need be; one by its name when it says none that we know. */
export function colorOf(said: unknown, name: string): string {
  return typeof said === 'string' && ANY_COLOR.test(said) ? darkened(said) : (COLORS[hash(name) % COLORS.length] as string);
}

/** Whether white letters can be read on it. */
export function isColor(value: unknown): value is string {
  return typeof value === 'string' && ANY_COLOR.test(value) && contrastWithWhite(channels(value)) >= LEAST_CONTRAST;
}

/** WCAG's contrast ratio with white. */
export function contrastWithWhite([red, green, blue]: readonly [number, number, number]): number {
  return 1.05 / (0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue) + 0.05);
}

/** Red, green and blue from 0 to 255. */
export function channels(color: string): [number, number, number] {
  const at = (index: number) => Number.parseInt(color.slice(index, index + 2), 16);
  return [at(1), at(3), at(5)];
}

function darkened(color: string): string {
  let [red, green, blue] = channels(color);
  if (contrastWithWhite([red, green, blue]) >= LEAST_CONTRAST) return color.toLowerCase();
  while (contrastWithWhite([red, green, blue]) < LEAST_CONTRAST) [red, green, blue] = [red, green, blue].map((channel) => Math.floor(channel * 0.95)) as [number, number, number];
  return `#${[red, green, blue].map((channel) => channel.toString(16).padStart(2, '0')).join('')}`;
}

function linear(channel: number): number {
  const share = channel / 255;
  return share <= 0.040_45 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
}

function hash(text: string): number {
  return [...text].reduce((sum, sign) => (sum * 31 + (sign.codePointAt(0) ?? 0)) % 1_000_003, 7);
}
