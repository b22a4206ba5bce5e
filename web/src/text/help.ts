// What the page says of commands and keys: the palette, the help sheet, the settings. Comes with the parts that say it.

import { help as en } from './en/help';
import { inLanguage } from './text';

export const helpText = inLanguage({ en });
