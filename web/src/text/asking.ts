// What the page says of prompts, providers and drafts: apart from the rest, because it comes with the part of the page
// that says it.

import { asking as en } from './en/asking';
import { language } from './text';

const LANGUAGES: { readonly [language: string]: typeof en } = { en };

export const asking: typeof en = LANGUAGES[language] ?? en;
