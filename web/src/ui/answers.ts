// What models said in a cell, as it stands in the document now.

import { NOTHING_SAID, saidIn, type Said } from '../doc/answer';
import type { Notebook } from '../doc/notebook';
import { Live } from './live.svelte';

export function answerOf(notebook: Notebook, id: string): Live<Said> {
  return new Live(
    () => {
      const cell = notebook.cell(id);
      return cell ? saidIn(cell) : NOTHING_SAID;
    },
    (changed) => {
      const stopCell = notebook.onCell(id, (part) => part === 'outputs' && changed());
      const stopStructure = notebook.onStructure(changed);
      return () => (stopCell(), stopStructure());
    },
  );
}
