// What is open over the notebook for a moment, and how it was opened.

export class Overlays {
  /** What the palette begins with; undefined while it is closed. */
  palette = $state<string | undefined>();
  /** Which part of the settings is shown first. */
  settings = $state<'you' | 'keys'>('you');
}
