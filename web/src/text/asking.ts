// What the page says of prompts, providers and drafts. Comes with the parts that say it.

import { asking as en } from './en/asking';
import { inLanguage } from './text';

export const asking = inLanguage({ en });
