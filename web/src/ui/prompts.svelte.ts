// The part of the page for prompts, which comes when a notebook has one.

type View = typeof import('./Prompt.svelte').default;

class PromptPart {
  view = $state.raw<View | undefined>();
  #loading: Promise<void> | undefined;

  /** What cannot be had now is asked for again by the next cell that wants it. */
  want(): void {
    this.#loading ??= import('./Prompt.svelte').then(
      ({ default: view }) => void (this.view = view),
      (cause: unknown) => {
        console.warn('The part of the page for prompts was not loaded.', cause);
        this.#loading = undefined;
      },
    );
  }
}

export const promptPart = new PromptPart();
