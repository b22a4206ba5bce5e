// Tabs of one browser that have the same notebook open tell each other what is typed while the server cannot.
//
// Invariant: a tab tells only changes that did not come from another tab, so nothing circles. Imports yjs only.

import * as Y from 'yjs';

/** What BroadcastChannel offers; another in tests. */
export interface Channel {
  postMessage(message: unknown): void;
  addEventListener(kind: 'message', listener: (event: { data: unknown }) => void): void;
  close(): void;
}

export class Tabs {
  readonly origin = Symbol('coscribe:tabs');

  /** `online` tells whether the server carries changes to the other tabs anyway; `received` is the server's origin. */
  constructor(
    private readonly doc: Y.Doc,
    private readonly channel: Channel,
    private readonly links: { online: () => boolean; received: unknown; stored: unknown },
  ) {
    channel.addEventListener('message', ({ data }) => {
      if (data instanceof Uint8Array) Y.applyUpdate(doc, data, this.origin);
    });
    doc.on('update', this.#updated);
  }

  destroy(): void {
    this.doc.off('update', this.#updated);
    this.channel.close();
  }

  readonly #updated = (update: Uint8Array, origin: unknown): void => {
    const foreign = origin === this.origin || origin === this.links.received || origin === this.links.stored;
    if (!foreign && !this.links.online()) this.channel.postMessage(update);
  };
}
