// What the page says of boards, and of the list of projects: apart from the rest, because it comes with the part of the
// page that says it.

import { board as en } from './en/board';
import { inLanguage } from './text';

export const board = inLanguage({ en });
