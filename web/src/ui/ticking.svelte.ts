// The seconds that pass, for what counts them: as long as somebody looks.

import { createSubscriber } from 'svelte/reactivity';

import { page } from './page.svelte';

const SECOND_MS = 1000;

const subscribe = createSubscriber((changed) => {
  const timer = setInterval(changed, SECOND_MS);
  return () => clearInterval(timer);
});

/** The server's time; whoever reads it in an effect is told anew each second. */
export function now(): number {
  subscribe();
  return page.rest.time.now();
}
