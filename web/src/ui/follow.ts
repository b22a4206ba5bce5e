// A link within the page: followed here, unless whoever presses it asks for another tab or window.

import type { Route } from '../state/route';
import { page } from './page.svelte';

export function follow(event: MouseEvent, route: Route): void {
  if (event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  page.go(route);
}
