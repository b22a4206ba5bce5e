// The bar at the edge of a cell in the colours of those who are in it.

import type { Colleague } from '../state/people';

/** A background with a band for each; a little of the ink in it, so that it is seen on dark paper too. */
export function edgeOf(people: readonly Pick<Colleague, 'color'>[]): string | undefined {
  const share = 100 / people.length;
  const bands = people.map(({ color }, index) => `color-mix(in oklab, ${color} 72%, var(--ink)) ${index * share}% ${(index + 1) * share}%`);
  return bands.length > 0 ? `linear-gradient(${bands.join(', ')})` : undefined;
}
