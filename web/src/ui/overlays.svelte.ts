// What is open over the notebook for a moment, and how it was opened.

import type { FindModel } from './find.svelte';
import { MarkBoard } from './marks';
import { browserStorage } from './page.svelte';

const OUTLINE = 'coscribe:outline';
/** Below this width the outline lies over the page and goes when it has led somewhere. */
export const OVER_PX = 900;

export type SettingsPart = 'you' | 'keys' | 'notebook' | 'models' | 'tokens' | 'audit';

export class Overlays {
  /** What the palette begins with; undefined while it is closed. */
  palette = $state<string | undefined>();
  /** Which part of the settings is shown first. */
  settings = $state<SettingsPart>('you');
  /** Of which prompt cell it is shown what is, or was, sent with the question. */
  sent = $state.raw<{ cell: string; when: 'now' | 'then' } | undefined>();
  /** The cell whose tasks are shown. */
  linking = $state<string | undefined>();
  #outline = $state(browserStorage()?.getItem(OUTLINE) === 'shown' && window.innerWidth > OVER_PX);
  /** Grows when the outline is to have the focus. */
  outlineWanted = $state(0);
  /** Back from the outline to where the person was. */
  leaveOutline: () => void = () => undefined;
  /** Made when somebody first searches. */
  find = $state.raw<FindModel | undefined>();
  /** Where editors see what was found. */
  readonly marks = new MarkBoard();

  get outline(): boolean {
    return this.#outline;
  }

  /** Beside the page it is kept for the next visit. */
  setOutline(shown: boolean): void {
    this.#outline = shown;
    this.outlineWanted = 0;
    if (window.innerWidth > OVER_PX) keep(shown ? 'shown' : 'hidden');
  }
}

function keep(value: string): void {
  try {
    browserStorage()?.setItem(OUTLINE, value);
  } catch (cause) {
    console.warn('Whether the outline is shown was not kept.', cause);
  }
}
