// The server's log of a project behind the REST door. Imports the wire's types, the follower's view of a log and the door.

import { createParser } from 'eventsource-parser';

import type { EventBody } from '../wire/wire';
import type { EventLog } from './events';
import type { Rest } from './rest';

/** A socket, because a browser opens only a few plain requests to one server. */
export function projectLog(rest: Rest, project: string): EventLog {
  const path = (more: { [name: string]: string }): string => `api/events?${new URLSearchParams({ project, ...more })}`;
  return {
    newest: async () => placeIn(await (await rest.call('GET', path({ follow: 'false' }))).text()),
    after: async (since) => eventsIn(await (await rest.call('GET', path({ follow: 'false', since: String(since) }))).text()),
    follow: (since, told, closed) => {
      const address = new URL(rest.address(path(since === undefined ? {} : { since: String(since) })));
      address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
      const socket = new WebSocket(address);
      socket.onmessage = ({ data }) => told(JSON.parse(String(data)) as EventBody);
      socket.onclose = closed;
      return () => {
        socket.onclose = null;
        socket.close();
      };
    },
  };
}

/** Up to which event nothing is missing in a stream: it says so at its beginning, also when there is no event in it. */
export function placeIn(stream: string): number | undefined {
  const last = [...stream.matchAll(/^id: ?(\d+)$/gm)].at(-1)?.[1];
  return last === undefined ? undefined : Number(last);
}

/** The events of a stream that has ended. */
export function eventsIn(stream: string): EventBody[] {
  const events: EventBody[] = [];
  const parser = createParser({ onEvent: ({ data }: { data: string }) => events.push(JSON.parse(data) as EventBody) });
  parser.feed(stream);
  return events;
}
