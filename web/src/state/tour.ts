// The tour as a notebook file, in the reader's language and with the keys that commands begin with. Pure.

import { homeText } from '../text/home';
import { COMMANDS, type Command } from './commands';
import { keysText } from './keynames';

const NAMED = ['edit', 'advance', 'addAbove', 'addBelow', 'toNote', 'toCode', 'toPrompt', 'delete', 'undo', 'bin', 'help'] as const satisfies readonly Command[];

export function tourFile(): Blob {
  // The same for everybody: what one of the readers remapped is not what the others press.
  const keys = Object.fromEntries(NAMED.map((command) => [command, keysText(COMMANDS[command].keys[0] ?? '', 'other')]));
  const cells = homeText.tour.cells(keys as Record<(typeof NAMED)[number], string>).map(({ kind, source }) => {
    if (kind === 'note') return { cell_type: 'markdown', metadata: {}, source };
    const metadata = kind === 'prompt' ? { coscribe: { kind } } : {};
    return { cell_type: 'code', metadata, source, outputs: [], execution_count: null };
  });
  return new Blob([JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells })]);
}
