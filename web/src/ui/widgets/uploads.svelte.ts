// Files on their way from this person to the program: first to the server, which keeps them under their hash, then a
// callback that names them.
//
// Invariant: the program hears of files only when the server has all of them; what is called off leaves nothing behind that
// the program knows of.

import { reasonOf } from '../../state/reason';
import { Refusal } from '../../sync/rest';
import { page } from '../page.svelte';
import { toasts } from '../toasts.svelte';
import type { WidgetModel } from './widget.svelte';

export interface SentFile {
  name: string;
  size: number;
  type: string;
  /** The hash under which the server has it. */
  blob: string;
}

export interface Underway {
  name: string;
  /** From 0 to 1. */
  share: number;
  cancel: () => void;
}

export class Uploads {
  list = $state<Underway[]>([]);

  constructor(
    private readonly model: WidgetModel,
    /** The action that tells a program that listens how far it is. */
    private readonly progress: string,
  ) {}

  /** One after the other; undefined when one could not be sent. */
  async send(files: readonly File[]): Promise<SentFile[] | undefined> {
    const sent: SentFile[] = [];
    for (const [index, file] of files.entries()) {
      const kept = await this.#one(file, index, files.length);
      if (kept === undefined) return undefined;
      sent.push({ name: file.name, size: file.size, type: file.type || 'application/octet-stream', blob: kept });
    }
    return sent;
  }

  async #one(file: File, index: number, count: number): Promise<string | undefined> {
    const stop = new AbortController();
    this.list.push({ name: file.name, share: 0, cancel: () => stop.abort() });
    const underway = this.list.at(-1);
    const told = (share: number): void => {
      if (underway) underway.share = share;
      this.#tell({ transferred_bytes: Math.round(share * file.size), total_bytes: file.size, file_name: file.name, file_index: index, file_count: count });
    };
    try {
      return (await page.rest.keep(file, { signal: stop.signal, sent: told })).sha256;
    } catch (cause) {
      if (!(cause instanceof Refusal && cause.code === 'called_off')) toasts.error(reasonOf(cause));
      return undefined;
    } finally {
      this.list = this.list.filter((other) => other !== underway);
    }
  }

  #tell(progress: { [field: string]: unknown }): void {
    if (this.model.listens(this.progress)) void this.model.act(this.progress, [progress], { joins: true });
  }
}
