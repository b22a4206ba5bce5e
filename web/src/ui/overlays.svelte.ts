// What is open over the notebook for a moment, and how it was opened.

import type { FindModel } from './find.svelte';
import { MarkBoard } from './marks';

export class Overlays {
  /** What the palette begins with; undefined while it is closed. */
  palette = $state<string | undefined>();
  /** Which part of the settings is shown first. */
  settings = $state<'you' | 'keys'>('you');
  /** Made when somebody first searches. */
  find = $state.raw<FindModel | undefined>();
  /** Where editors see what was found. */
  readonly marks = new MarkBoard();
}
