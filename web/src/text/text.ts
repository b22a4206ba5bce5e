// What the page says, in the language of whoever reads it. The lowest floor beside the wire.
//
// Invariant: every sentence people read comes from here. A language is a folder like `en/`; TypeScript names what a
// new one lacks, and its functions build plurals and order of words by its own grammar.

import { en } from './en/en';

export type Text = typeof en;

const LANGUAGES: { readonly en: Text; readonly [language: string]: Text } = { en };

/** The language the page is shown in: the first of `wanted` that we have, else English. */
export function chosen(wanted: readonly string[]): string {
  const base = (tag: string): string => tag.toLowerCase().split('-', 1)[0] ?? '';
  return wanted.map(base).find((language) => language in LANGUAGES) ?? 'en';
}

export const language = chosen(globalThis.navigator?.languages ?? []);
export const text: Text = inLanguage(LANGUAGES);

/** What a part of the page says that comes late, and its sentences with it: of each language that has them. */
export function inLanguage<Part>(languages: { readonly en: Part; readonly [language: string]: Part }): Part {
  return languages[language] ?? languages.en;
}
