// Which parts of the page come by themselves, each when a notebook first has something for it.

import { Part } from './part.svelte';

/** What cells have put out. */
export const outputPart = new Part(() => import('./Output.svelte'));
/** Questions and answers. */
export const promptPart = new Part(() => import('./Prompt.svelte'));
/** Windows that programs draw in outputs. */
export const widgetsPart = new Part(() => import('./widgets/EmbeddedSession.svelte'));
/** For notes that are more than plain. */
export const sanitiserPart = new Part(() => import('../editor/sanitise'));
/** What others did while this person was away. */
export const awayPart = new Part(() => import('./Away.svelte'));
/** A kernel that is being made ready, or died. */
export const noticePart = new Part(() => import('./KernelNotice.svelte'));
