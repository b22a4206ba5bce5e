// Hands the notebook, as it stands in this page, to the person as a file; no server is asked.

import { fileName, notebookFile } from '../doc/file';
import type { Notebook } from '../doc/notebook';

export function download(notebook: Notebook): void {
  const file = new Blob([notebookFile(notebook)], { type: 'application/x-ipynb+json' });
  const address = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = address;
  link.download = fileName(notebook.title());
  link.click();
  // The browser has taken the file by the next turn; freed at once it would sometimes be empty.
  setTimeout(() => URL.revokeObjectURL(address), 0);
}
