// Hands the notebook, as it stands in this page, to the person as a file; no server is asked.

import { fileName, notebookFile } from '../doc/file';
import type { Notebook } from '../doc/notebook';
import { handOver } from './handOver';

export function download(notebook: Notebook): void {
  handOver(new Blob([notebookFile(notebook)], { type: 'application/x-ipynb+json' }), fileName(notebook.title()));
}
