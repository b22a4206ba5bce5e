// What models said in a cell, as it stands in the document now, and what they had said before.

import { NOTHING_SAID, saidIn, type Said } from '../doc/answer';
import { earlierAnswers, onEarlierAnswers } from '../doc/earlier';
import type { Notebook } from '../doc/notebook';
import type { EarlierAnswer } from '../wire/wire';
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

/** The last first. */
export function earlierAnswersOf({ roots }: Notebook, id: string): Live<readonly EarlierAnswer[]> {
  return new Live(
    () => earlierAnswers(roots, id),
    (changed) => onEarlierAnswers(roots, id, changed),
  );
}
