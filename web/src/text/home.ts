// What the page says of the list of notebooks. Comes with the parts that say it.

import { home as en } from './en/home';
import { inLanguage } from './text';

export const homeText = inLanguage({ en });
