// Offers a later version of the page when the server has one; until then this one goes on, whole.

import { Upgrade } from '../sync/upgrade';
import { text } from '../text/text';
import { page } from './page.svelte';
import { toasts } from './toasts.svelte';

export function watchVersions(): void {
  const version = document.querySelector<HTMLMetaElement>('meta[name=version]')?.content ?? '';
  const around = { workers: navigator.serviceWorker as ServiceWorkerContainer | undefined, locks: navigator.locks as LockManager | undefined, now: Date.now };
  const upgrade = new Upgrade(version, around, () => {
    // Whatever exists nowhere else, the browser asks about before it reloads.
    toasts.offer(text.trust.newVersion.ready, { label: text.trust.newVersion.reload, run: () => location.reload() });
  });
  window.addEventListener('vite:preloadError', () => upgrade.missed());
  page.onReturn(() => upgrade.ask());
  void upgrade.register(new URL('service-worker.js', document.baseURI));
}
