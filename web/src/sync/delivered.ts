// Whether what was changed here is where others read it. Imports the provider's words only.
//
// Invariant: `true` is said only of changes that the server has acknowledged, so that what it does next is done to them.

import type { Provider } from './provider';

/**
 * Resolves with true once everything changed here so far is on the server's disk, with false when the connection goes
 * first: one that is replaced on purpose is there again in a moment.
 */
export function delivered(provider: Pick<Provider, 'progress' | 'onProgress'>): Promise<boolean> {
  const { version } = provider.progress;
  return new Promise((resolve) => {
    const told = (): boolean => {
      const { link, acknowledged, renewing } = provider.progress;
      const behind = link.kind === 'synced' ? acknowledged < version : renewing;
      const answer = behind ? undefined : link.kind === 'synced';
      if (answer === undefined) return false;
      resolve(answer);
      return true;
    };
    if (told()) return;
    const stop = provider.onProgress(() => told() && stop());
  });
}
