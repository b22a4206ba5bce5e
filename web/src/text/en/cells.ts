// Cells: their kinds, tools, selection, clipboard and bin.

import type { CellKind } from '../../wire/wire';

/** What is wrong with cells that were pasted; the clipboard's own words (doc/clip.ts). */
type Problem =
  | { kind: 'version'; version: number }
  | { kind: 'cells' }
  | { kind: 'cell'; number: number; field: string }
  | { kind: 'size'; characters: number }
  | { kind: 'count'; count: number }
  | { kind: 'depth'; number: number };

const cellCount = (count: number): string => (count === 1 ? '1 cell' : `${count} cells`);

function problem(found: Problem): string {
  switch (found.kind) {
    case 'version':
      return `This is a notebook of nbformat ${Number.isNaN(found.version) ? 'of no known version' : found.version}, and only nbformat 4 can be pasted. Import it as a file instead.`;
    case 'cells':
      return 'This looks like a notebook, but it has no list of cells. Nothing was pasted.';
    case 'cell':
      return found.field === 'cell'
        ? `Cell ${found.number} of what you paste is no cell. Nothing was pasted.`
        : `The ${found.field} of cell ${found.number} of what you paste is missing or not what nbformat has there. Nothing was pasted.`;
    case 'size':
      return `These cells are ${(found.characters / 1024 / 1024).toFixed(1)} MB of text; at most 8 MB are copied at once. Copy fewer of them.`;
    case 'count':
      return `These are ${found.count} cells; at most 2000 are pasted at once. Import them as a file instead.`;
    case 'depth':
      return `Cell ${found.number} of what you paste has values nested too deep to be kept. Nothing was pasted.`;
  }
}

const kinds: { [kind in CellKind]: string } = { code: 'Code', note: 'Note', prompt: 'Prompt', raw: 'Raw' };

export const cells = {
  kinds,
  label: (kind: CellKind, number: number, here: readonly string[], selected: boolean) =>
    `${kinds[kind]} cell ${number}${selected ? ', selected' : ''}${here.length > 0 ? `, ${here.join(', ')} here` : ''}`,
  count: cellCount,
  selected: (count: number) => `${cellCount(count)} selected`,
  inTheBin: (count: number) => (count === 1 ? 'The cell is in the bin.' : `${count} cells are in the bin.`),
  copied: (count: number) => `${cellCount(count)} copied.`,
  cut: (count: number) => `${cellCount(count)} cut. Until pasted, they are in the bin.`,
  withoutOutputs: 'Copied without the outputs, which are larger than 8 MB.',
  pasteByKeys: 'Nothing was copied here yet. What other programs copied is pasted with Ctrl+V or ⌘V.',
  problem,
  foldedAll: (what: 'source' | 'outputs', folded: boolean, alone: boolean) =>
    `${what === 'source' ? 'All sources' : 'All outputs'} ${folded ? 'are folded' : 'are shown'}, ${alone ? 'for you' : 'for everybody'}.`,
  hidden: (count: number) => `${cellCount(count)} hidden`,
  foldSection: 'Fold this section',
  openSection: 'Open this section',
  savedAlready: 'Everything is saved already: it is saved as you type.',
  savedBySelf: 'You need not save: it is done as you type. The word beside the title says how far it is.',
  rawMark: 'raw',
  notRun: 'Not run here',
  runAs: (count: number) => `Run as number ${count}`,
  promptMark: 'A prompt: a question to a language model',
  telling: { never: 'Models are not told this cell', always: 'Models are told this cell with every question' },
  drag: 'Drag to move',
  deletedBy: (name: string, merged: boolean) => ({
    who: name || 'Somebody',
    what: merged ? 'merged this cell into another. Your text is kept.' : 'deleted this cell. Your text is kept.',
  }),
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
    menu: (number: number) => `All commands for cell ${number}`,
  },
  add: {
    here: 'Add a cell here',
    atTheEnd: 'Add a cell at the end',
    kind: (kind: CellKind, last: boolean) => `Add ${kinds[kind].toLowerCase()}${last ? ' at the end' : ' here'}`,
    plus: (kind: CellKind) => `+ ${kinds[kind]}`,
  },
  bin: {
    title: 'Bin',
    close: 'Close the bin',
    empty: 'Deleted cells wait here until you want them back.',
    search: 'Search deleted cells',
    found: (count: number) => (count === 1 ? '1 deleted cell' : `${count} deleted cells`),
    nothing: (query: string) => `Nothing in the bin contains “${query}”.`,
    somebody: 'Somebody',
    deleted: (name: string, ago: string) => `${name}, ${ago}`,
    merged: (name: string, ago: string) => `${name}, ${ago}, merged into another`,
    stoodFirst: 'Stood at the beginning',
    stoodAfter: (number: number, line: string) => `Stood after cell ${number}${line === '' ? '' : `, “${line}”`}`,
    stoodAway: 'Stood after a cell that is gone, too',
    restore: (line: string) => `Restore “${line}”`,
    together: (count: number) => `Restore these ${count}`,
    restored: (count: number) => `${cellCount(count)} restored.`,
    kept: 'Cells stay here. Those that rest for 30 days leave the notebook itself; they can still be restored, but not offline.',
    away: 'Put aside by the server; restoring it needs the connection.',
    moreLines: (count: number) => (count === 1 ? 'and 1 line more' : `and ${count} lines more`),
  },
};
