// English, one file a part of the page. What comes with parts that come late is apart from it (see text.ts).

import { cells } from './cells';
import { commands } from './commands';
import { editor } from './editor';
import { kernel } from './kernel';
import { notes } from './notes';
import { outputs } from './outputs';
import { page } from './page';
import { people } from './people';
import { runs } from './runs';
import { trust } from './trust';

export const en = { cells, commands, editor, kernel, notes, outputs, page, people, runs, trust };
