import { expect, test } from 'vitest';

import { SharedClip } from '../../src/sync/clips';
import type { Channel } from '../../src/sync/tabs';

/** Channels of one name: what one says the others hear. */
function channels(): () => Channel {
  const listeners = new Map<Channel, (event: { data: unknown }) => void>();
  return () => {
    const channel: Channel = {
      postMessage: (data) => listeners.forEach((listener, other) => other !== channel && listener({ data: structuredClone(data) })),
      addEventListener: (_, listener) => void listeners.set(channel, listener),
      close: () => void listeners.delete(channel),
    };
    return channel;
  };
}

test('what is copied in one tab is there in the others, also in those opened later', () => {
  const open = channels();
  const [first, second] = [new SharedClip(open()), new SharedClip(open())];
  expect(second.get()).toBeUndefined();
  first.put({ cells: '[1]', text: 'one' });
  expect(second.get()).toEqual({ cells: '[1]', text: 'one' });
  const later = new SharedClip(open());
  expect(later.get()).toEqual({ cells: '[1]', text: 'one' });
  later.put({ cells: '[2]', text: 'two' });
  expect([first.get(), second.get()]).toEqual([{ cells: '[2]', text: 'two' }, { cells: '[2]', text: 'two' }]);
});
