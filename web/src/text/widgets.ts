// What the page says of widget sessions: apart from the rest, because it comes with the part of the page that says it.

import { widgets as en } from './en/widgets';
import { inLanguage } from './text';

export const widgetsText = inLanguage({ en });
