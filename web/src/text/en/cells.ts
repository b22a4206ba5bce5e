// Cells: their kinds, tools, selection, clipboard and bin.

import type { CellKind } from '../../wire/wire';

const kinds: { [kind in CellKind]: string } = { code: 'Code', note: 'Note', prompt: 'Prompt', raw: 'Raw' };

export const cells = {
  kinds,
  label: (kind: CellKind, number: number, here: readonly string[]) =>
    `${kinds[kind]} cell ${number}${here.length > 0 ? `, ${here.join(', ')} here` : ''}`,
  inTheBin: 'The cell is in the bin.',
  notRun: 'Not run here',
  runAs: (count: number) => `Run as number ${count}`,
  promptMark: 'A prompt. Asking a model comes in a later version.',
  drag: 'Drag to move',
  deletedBy: (name: string) => ({ who: name || 'Somebody', what: 'deleted this cell. Your text is kept.' }),
  restore: 'Restore',
  leaveInBin: 'Leave it in the bin',
  textInBin: 'The text is in the bin.',
  empty: 'Empty',
  outputHidden: 'Output hidden',
  tools: {
    label: (number: number) => `Cell ${number}`,
    kind: (number: number) => `Kind of cell ${number}`,
    up: (number: number) => `Move cell ${number} up`,
    down: (number: number) => `Move cell ${number} down`,
    fold: (number: number) => `Fold cell ${number}`,
    show: (number: number) => `Show cell ${number}`,
    delete: (number: number) => `Delete cell ${number}`,
  },
};
