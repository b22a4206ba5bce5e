// Commands on questions and answers. What they do comes with the part of the page for prompts.

import { later } from '../later';
import type { NotebookModel } from '../notebook.svelte';
import type { Prompting } from '../prompting.svelte';
import { onCell, onCells } from './cells';

export const ASKING_ACTIONS = {
  askForMe: onPrompt((prompting, id) => prompting.askForMe(id)),
  editAnswer: onPrompt((prompting, id) => prompting.toggleEditing(id)),
  insertCode: onPrompt((prompting, id) => prompting.insertAll(id)),
  answerToNote: onPrompt((prompting, id) => prompting.toNote(id)),
  copyAnswer: onPrompt((prompting, id) => void prompting.copy(id)),
  thinkFirst: onEach((prompting, ids) => prompting.toggleThinking(ids)),
  pinForModels: onEach((prompting, ids) => prompting.toggleTelling(ids, 'always')),
  skipForModels: onEach((prompting, ids) => prompting.toggleTelling(ids, 'never')),
  whatIsSent: onCell((model, id) => (model.overlays.sent = { cell: id, when: 'now' })),
};

function onPrompt(act: (prompting: Prompting, id: string) => void) {
  return onCell((model, id) => void withPrompting(model, (prompting) => act(prompting, id)));
}

function onEach(act: (prompting: Prompting, ids: readonly string[]) => void) {
  return onCells((model, ids) => void withPrompting(model, (prompting) => act(prompting, ids)));
}

async function withPrompting(model: NotebookModel, act: (prompting: Prompting) => void): Promise<void> {
  const { promptingOf } = await later(() => import('../prompting.svelte'), () => undefined);
  act(promptingOf(model));
}
