// What the page says of named tokens: apart from the rest, because it comes with the part of the page that says it.

import { tokens as en } from './en/tokens';
import { language } from './text';

const LANGUAGES: { readonly [language: string]: typeof en } = { en };

export const tokens: typeof en = LANGUAGES[language] ?? en;
