// What the page says of the kernel in its menu and panels. Comes with the parts that say it.

import { kernelPanels as en } from './en/kernelPanels';
import { inLanguage } from './text';

export const kernelText = inLanguage({ en });
