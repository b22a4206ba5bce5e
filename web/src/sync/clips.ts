// The cells copied last, shared by all tabs of this browser that show the same server.
//
// Invariant: nothing of it outlives the last tab; what is larger than memory likes is never copied here (doc/clip.ts).

import type { Channel } from './tabs';

/** Cells as doc/clip.ts writes them, and their texts. */
export interface Clip {
  cells: string;
  text: string;
}

type Message = { kind: 'copied'; clip: Clip } | { kind: 'wanted' };

export class SharedClip {
  #clip: Clip | undefined;

  constructor(private readonly channel: Channel) {
    channel.addEventListener('message', ({ data }) => this.#heard(data as Message));
    this.#say({ kind: 'wanted' });
  }

  get(): Clip | undefined {
    return this.#clip;
  }

  put(clip: Clip): void {
    this.#clip = clip;
    this.#say({ kind: 'copied', clip });
  }

  #heard(message: Message): void {
    if (message.kind === 'copied') this.#clip = message.clip;
    else if (this.#clip) this.#say({ kind: 'copied', clip: this.#clip });
  }

  #say(message: Message): void {
    this.channel.postMessage(message);
  }
}
