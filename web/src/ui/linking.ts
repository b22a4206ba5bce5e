// Links to cells: made, and followed when the page is opened by one or its address changes.
//
// Invariant: an address leads nowhere before the document is there; what it names is then shown, said to be in the bin,
// or said to be unknown, and never silently ignored.

import { tick } from 'svelte';

import { text } from '../text/text';
import { copyText } from './clipboard';
import { mark } from './flash';
import type { NotebookModel } from './notebook.svelte';
import { follow } from './notes';
import { page } from './page.svelte';
import { settleAt } from './settle';
import { cellElement, sideOf } from './sight';
import { toasts } from './toasts.svelte';

const CELL = /^cell-([\w-]+)$/;

export async function copyLink(model: NotebookModel, id: string): Promise<void> {
  const link = new URL(`${page.address({ kind: 'notebook', id: model.session.settings.id })}#cell-${id}`, location.href).href;
  const number = model.session.notebook.ids().indexOf(id) + 1;
  if (await copyText(link)) toasts.show(text.people.linkCopied(number));
  else toasts.error(text.people.linkNotCopied(link));
}

/** Where the address leads, as soon as the document can tell; from then on at every change of the address. */
export class Arrivals {
  #waiting: string | undefined;

  constructor(private readonly model: NotebookModel) {
    this.#waiting = fragment();
  }

  listen(): () => void {
    const changed = () => {
      this.#waiting = fragment();
      this.look();
    };
    window.addEventListener('hashchange', changed);
    return () => window.removeEventListener('hashchange', changed);
  }

  /** To be called when the document or the link to the server has changed. */
  look(): void {
    const name = this.#waiting;
    if (name === undefined) return;
    const cell = CELL.exec(name)?.[1];
    // What this browser has kept may be old: only the server's word is the last.
    const known = cell === undefined || this.model.ids.includes(cell);
    if (!known && this.model.facts.progress.link.kind !== 'synced') return;
    this.#waiting = undefined;
    if (cell === undefined) void follow(this.model, '', name);
    else if (known) void arrive(this.model, cell);
    else this.#tellOfAbsence(cell);
  }

  #tellOfAbsence(cell: string): void {
    const { structure, session } = this.model;
    const restore = () => void structure.restore([cell]).then(() => arrive(this.model, cell));
    if (session.notebook.tombstone(cell)) toasts.offer(text.people.linkInBin, { label: text.cells.restore, run: restore });
    else toasts.error(text.people.linkUnknown);
  }
}

async function arrive(model: NotebookModel, cell: string): Promise<void> {
  const seen = sideOf(cell) === 'in';
  model.select(cell);
  await tick();
  const element = cellElement(cell);
  if (element && !seen) await settleAt(element);
  mark(cell);
}

function fragment(): string | undefined {
  return location.hash.slice(1) || undefined;
}
