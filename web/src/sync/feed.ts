// The server's events as they happen, as the list of notebooks needs them, and the browser's way to them.
//
// Invariant: a feed ends once, and says so also when it never opened. Whoever wants another opens it: the browser's own
// reconnecting has neither a growing pause nor chance in it. Imports the wire's types only.

import type { EventBody } from '../wire/wire';

export interface FeedEvents {
  opened(): void;
  told(event: EventBody): void;
  closed(): void;
}

export interface Feed {
  close(): void;
}

export type OpenFeed = (events: FeedEvents) => Feed;

export function eventSource(address: string): OpenFeed {
  return (events) => {
    const source = new EventSource(address);
    source.onopen = () => events.opened();
    source.onmessage = ({ data }) => events.told(JSON.parse(String(data)) as EventBody);
    source.onerror = () => {
      source.close();
      events.closed();
    };
    return { close: () => source.close() };
  };
}
