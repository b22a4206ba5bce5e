// English, one file a part of the page.

import { cells } from './cells';
import { commands } from './commands';
import { editor } from './editor';
import { find } from './find';
import { home } from './home';
import { kernel } from './kernel';
import { notes } from './notes';
import { outputs } from './outputs';
import { page } from './page';
import { people } from './people';
import { runs } from './runs';
import { trust } from './trust';

export const en = { cells, commands, editor, find, home, kernel, notes, outputs, page, people, runs, trust };
