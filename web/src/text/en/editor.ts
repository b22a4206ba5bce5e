// The editor of one cell.

const KINDS = { code: 'Code', note: 'Note', prompt: 'Prompt', raw: 'Raw text' };

export const editor = {
  label: (kind: keyof typeof KINDS, cell: number) => `${KINDS[kind]} of cell ${cell}`,
  hints: { note: 'Write Markdown', prompt: 'Ask a question' },
  /** Tab writes in an editor: how to get out of it is said to those who cannot see. */
  keys: 'Tab indents. Escape leaves the editor, then Tab goes on to the next control.',
  keysInVim: 'Vim keys. Escape in normal mode leaves the editor, then Tab goes on to the next control.',
  readOnly: 'Read-only. The text can be selected and copied.',
  /** At the caret of one’s own in another tab. */
  ownElsewhere: 'You, in another tab',
  vimSaves: 'Everything is saved as you type.',
};
