// The open notebook for what is drawn deep inside it.

import { getContext, setContext } from 'svelte';

import type { NotebookModel } from './notebook.svelte';

const KEY = Symbol('coscribe:notebook');

export function provideNotebook(model: NotebookModel): void {
  setContext(KEY, model);
}

/** Nothing where an output is drawn outside a notebook. */
export function openNotebook(): NotebookModel | undefined {
  return getContext<NotebookModel | undefined>(KEY);
}
