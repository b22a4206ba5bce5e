// Parts of the page that come when they are first wanted.

import { text } from '../text/text';
import { toasts } from './toasts.svelte';

/** What `load` brings; when it cannot be had now, `failed` is called, the person is told, and nothing ever comes. */
export async function later<Part>(load: () => Promise<Part>, failed: () => void): Promise<Part> {
  try {
    return await load();
  } catch (cause) {
    console.warn('A part of the page was not loaded.', cause);
    toasts.error(text.page.notLoaded);
    failed();
    return new Promise<Part>(() => undefined);
  }
}
