// The tour as a notebook file, made from the page's own texts and so in the reader's language. Pure.

import { text } from '../text/text';

export function tourFile(): Blob {
  const cells = text.home.tour.cells.map(({ kind, source }) => {
    if (kind === 'note') return { cell_type: 'markdown', metadata: {}, source };
    const metadata = kind === 'prompt' ? { coscribe: { kind } } : {};
    return { cell_type: 'code', metadata, source, outputs: [], execution_count: null };
  });
  return new Blob([JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells })]);
}
