// What the page says of finding and replacing, and in the outline. Comes with the parts that say it.

import { find as en } from './en/find';
import { inLanguage } from './text';

export const findText = inLanguage({ en });
