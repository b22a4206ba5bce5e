// What each command does. One table a concern, gathered here.
//
// Invariant: every command has exactly one action; TypeScript names the one that is missing.

import type { Command } from '../state/commands';
import { ASKING_ACTIONS } from './actions/asking';
import { CELL_ACTIONS } from './actions/cells';
import { RUNNING_ACTIONS } from './actions/running';
import { SELECT_ACTIONS } from './actions/select';
import { SHOW_ACTIONS } from './actions/show';
import type { NotebookModel } from './notebook.svelte';

export type Action = (model: NotebookModel) => void;

export const ACTIONS: { readonly [command in Command]: Action } = { ...SELECT_ACTIONS, ...CELL_ACTIONS, ...RUNNING_ACTIONS, ...ASKING_ACTIONS, ...SHOW_ACTIONS };
