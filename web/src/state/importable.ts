// What can be said of a file before it is sent: whether it can be a notebook, and whether it is too large.

import { homeText } from '../text/home';
import { language } from '../text/text';

/** Enough to pass the blanks that somebody's editor may have put before the first brace. */
const LOOKED_AT = 1024;

/** Why this file is not sent, as a sentence that says what to do; undefined when it may be. */
export async function problemOf(file: Blob, largest: number | undefined): Promise<string | undefined> {
  const { problems } = homeText;
  if (file.size === 0) return problems.empty;
  if (largest !== undefined && file.size > largest) return problems.tooLarge(sizeOf(file.size), sizeOf(largest));
  try {
    const beginning = await file.slice(0, LOOKED_AT).text();
    return beginning.replace(/^\uFEFF/, '').trimStart().startsWith('{') ? undefined : problems.notANotebook;
  } catch {
    return problems.unreadable;
  }
}

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const;

/** "268 MB": decimal, as the file managers of most systems count. */
export function sizeOf(bytes: number, locale: string = language): string {
  const power = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), UNITS.length - 1);
  const format = new Intl.NumberFormat(locale, { style: 'unit', unit: UNITS[power] ?? 'byte', unitDisplay: 'short', maximumSignificantDigits: 3 });
  return format.format(bytes / 1000 ** power);
}
