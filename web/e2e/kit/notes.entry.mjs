// What draws notes, by itself in a page.

import { markup } from '../../src/editor/markup.ts';
import { plain } from '../../src/editor/plain.ts';
import { sanitise } from '../../src/editor/sanitise.ts';

window.notes = { markup, plain, sanitise };
