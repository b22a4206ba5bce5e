// Copying, cutting and pasting cells: by keys, by menus, and by the browser's own commands, between all that pastes.
//
// Invariant: in a text, and while text is selected, the clipboard is the browser's; cells are copied only where keys
// are commands.

import { CELLS_TYPE, clip, MOST_CHARACTERS, plainText, read, type Read } from '../doc/clip';
import { SharedClip, type Clip } from '../sync/clips';
import { text } from '../text/text';
import type { NotebookModel } from './notebook.svelte';
import { toasts } from './toasts.svelte';

/** Where the browser's own copying and pasting means something already. */
const TEXT = 'input, textarea, select, [contenteditable="true"], dialog, [popover]';
/** How the type is called where pages write it themselves. */
const WEB_TYPE = `web ${CELLS_TYPE}`;

const TOPIC = 'clipboard';

const shared = new SharedClip(new BroadcastChannel('coscribe:clip'));

export class CellClipboard {
  /** A command asked the browser to copy: what it copies are cells, whatever is selected. */
  #asked: { clip: Clip; done: boolean } | undefined;

  constructor(private readonly model: NotebookModel) {}

  /** Hears of the browser's commands until the function returned is called. */
  listen(): () => void {
    const on = { beforecopy: this.#willCopy, copy: this.#copied, cut: this.#copied, paste: this.#pasted };
    for (const [kind, heard] of Object.entries(on)) document.addEventListener(kind, heard as EventListener);
    return () => Object.entries(on).forEach(([kind, heard]) => document.removeEventListener(kind, heard as EventListener));
  }

  copy(ids: readonly string[]): void {
    if (this.#write(ids, false)) toasts.update(TOPIC, text.cells.copied(ids.length));
  }

  cut(ids: readonly string[]): void {
    if (!this.#write(ids, true)) return;
    this.model.structure.remove(ids, 'cut');
    toasts.update(TOPIC, text.cells.cut(ids.length));
  }

  /** What was copied last here; with nothing of that, what another program copied, if the browser lets us see it. */
  async paste(side: 'above' | 'below'): Promise<void> {
    const kept = shared.get();
    if (kept) return this.#place(read(kept.cells), kept.text, side);
    try {
      this.#place(...(await ofSystem()), side);
    } catch {
      toasts.show(text.cells.pasteByKeys);
    }
  }

  /** Chromium copies by command only what is selected, unless somebody answers this. */
  readonly #willCopy = (event: Event): void => {
    if (this.#asked) event.preventDefault();
  };

  readonly #copied = (event: ClipboardEvent): void => {
    if (this.#asked) {
      fill(event, this.#asked.clip);
      this.#asked.done = true;
      return;
    }
    if (!this.#concerns(event) || getSelection()?.isCollapsed === false) return;
    const ids = this.model.chosen;
    const cut = event.type === 'cut';
    if (cut && this.model.reading.refuses()) return;
    const made = this.#clipOf(ids, cut);
    if (!made) return;
    fill(event, made);
    shared.put(made);
    if (cut) this.model.structure.remove(ids, 'cut');
    toasts.update(TOPIC, cut ? text.cells.cut(ids.length) : text.cells.copied(ids.length));
  };

  readonly #pasted = (event: ClipboardEvent): void => {
    if (!this.#concerns(event) || !event.clipboardData) return;
    const plain = event.clipboardData.getData('text/plain');
    const cells = event.clipboardData.getData(CELLS_TYPE);
    if (cells === '' && plain === '') return;
    event.preventDefault();
    this.#place(cells === '' ? readText(plain) : read(cells), plain, 'below');
  };

  /** Whether keys are commands where the event comes from. */
  #concerns(event: Event): boolean {
    const at = event.target instanceof Element ? event.target : document.activeElement;
    const inCell = at === document.body || at?.closest('[data-cell]') !== null;
    return !event.defaultPrevented && inCell && at?.closest(TEXT) === null && this.model.mode === 'command';
  }

  /** In the event of the browser's own command, which every page may answer; else through the newer door. */
  #write(ids: readonly string[], cut: boolean): boolean {
    const made = this.#clipOf(ids, cut);
    if (!made) return false;
    shared.put(made);
    const asked = (this.#asked = { clip: made, done: false });
    document.execCommand('copy');
    this.#asked = undefined;
    if (!asked.done) void toSystem(made);
    return true;
  }

  #clipOf(ids: readonly string[], cut: boolean): Clip | undefined {
    const { notebook, settings } = this.model.session;
    if (ids.length === 0) return undefined;
    const origin = { notebook: settings.base + settings.id, cells: [...ids], cut };
    const whole = clip(notebook, origin);
    const cells = whole.length > MOST_CHARACTERS ? clip(notebook, origin, false) : whole;
    if (cells.length > MOST_CHARACTERS) return void toasts.error(text.cells.problem({ kind: 'size', characters: cells.length }));
    if (cells !== whole) toasts.show(text.cells.withoutOutputs);
    return { cells, text: plainText(notebook, ids) };
  }

  #place(found: Read, plain: string, side: 'above' | 'below'): void {
    if (found.kind === 'problem') return toasts.error(text.cells.problem(found.problem));
    const after = this.#after(side);
    if (found.kind === 'text') {
      if (plain !== '') this.model.structure.insert([{ kind: 'code', source: plain.replace(/\r\n?/g, '\n') }], after);
      return;
    }
    const again = this.#cutHere(found);
    if (again) this.model.structure.insertAgain(again, after);
    else this.model.structure.insert(found.cells, after);
  }

  /** Cells that were cut in this notebook and still lie in its bin: they come back as themselves. */
  #cutHere({ origin }: Read & { kind: 'cells' }): string[] | undefined {
    const { notebook, settings } = this.model.session;
    if (!origin?.cut || origin.notebook !== settings.base + settings.id) return undefined;
    const waiting = origin.cells.every((id) => notebook.tombstone(id) !== undefined && notebook.cell(id) !== undefined);
    return waiting ? origin.cells : undefined;
  }

  #after(side: 'above' | 'below'): string | null {
    const { ids, chosen } = this.model;
    const [first] = chosen;
    if (first === undefined) return ids.at(-1) ?? null;
    return side === 'below' ? (chosen.at(-1) ?? null) : (ids[ids.indexOf(first) - 1] ?? null);
  }
}

function fill(event: ClipboardEvent, made: Clip): void {
  event.clipboardData?.setData(CELLS_TYPE, made.cells);
  event.clipboardData?.setData('text/plain', made.text);
  event.preventDefault();
}

/** Our own cells that went through a program that keeps only text are told by their text. */
function readText(plain: string): Read {
  const kept = shared.get();
  return kept && kept.text === plain ? read(kept.cells) : read(plain);
}

async function toSystem(made: Clip): Promise<void> {
  const plain = new Blob([made.text], { type: 'text/plain' });
  try {
    await navigator.clipboard.write([new ClipboardItem({ 'text/plain': plain, [WEB_TYPE]: new Blob([made.cells], { type: WEB_TYPE }) })]);
  } catch (cause) {
    // Pasting in this browser works all the same.
    console.warn('The cells did not reach the clipboard of the system.', cause);
  }
}

async function ofSystem(): Promise<[Read, string]> {
  const [item] = await navigator.clipboard.read();
  const typed = async (type: string): Promise<string> => (item?.types.includes(type) ? (await item.getType(type)).text() : '');
  const plain = await typed('text/plain');
  const cells = await typed(WEB_TYPE);
  return [cells === '' ? readText(plain) : read(cells), plain];
}
