// Commands on questions and answers. What they do comes with the part of the page for prompts.

import { setTelling, setThinking, tellingOf, thinksFirst, type Telling } from '../../doc/asking';
import { text } from '../../text/text';
import { later } from '../later';
import type { NotebookModel } from '../notebook.svelte';
import type { Prompting } from '../prompting.svelte';
import { toasts } from '../toasts.svelte';
import { onCell, onCells } from './cells';

export const ASKING_ACTIONS = {
  askForMe: onPrompt((prompting, id) => prompting.askForMe(id)),
  editAnswer: onPrompt((prompting, id) => prompting.toggleEditing(id)),
  insertCode: onPrompt((prompting, id) => prompting.insertAll(id)),
  answerToNote: onPrompt((prompting, id) => prompting.toNote(id)),
  copyAnswer: onPrompt((prompting, id) => void prompting.copy(id)),
  thinkFirst: onCells(toggleThinking),
  pinForModels: onCells((model, ids) => toggleTelling(model, ids, 'always')),
  skipForModels: onCells((model, ids) => toggleTelling(model, ids, 'never')),
  whatIsSent: onCell((model, id) => (model.overlays.sent = { cell: id, when: 'now' })),
};

function onPrompt(act: (prompting: Prompting, id: string) => void) {
  return onCell((model, id) => void withPrompting(model, (prompting) => act(prompting, id)));
}

async function withPrompting(model: NotebookModel, act: (prompting: Prompting) => void): Promise<void> {
  const { promptingOf } = await later(() => import('../prompting.svelte'), () => undefined);
  act(promptingOf(model));
}

/** All as the first of them becomes. */
function toggleTelling(model: NotebookModel, ids: readonly string[], telling: Telling): void {
  const { notebook } = model.session;
  const first = notebook.cell(ids[0] ?? '');
  if (!first) return;
  const wanted = tellingOf(first) === telling ? 'above' : telling;
  setTelling(notebook, ids, wanted);
  toasts.update('telling', text.asking.telling.set[wanted]);
}

function toggleThinking(model: NotebookModel, ids: readonly string[]): void {
  const { notebook } = model.session;
  const first = notebook.cell(ids[0] ?? '');
  if (first) setThinking(notebook, ids, !thinksFirst(first));
}
