// The open notebook as the screen uses it: which cells are shown, which is selected, what the keys do.
//
// Invariant: only what this person does moves the focus or scrolls; a change from elsewhere never does.

import { SvelteSet } from 'svelte/reactivity';

import { fold, setTitle } from '../doc/edit';
import { kindOf, foldingOf, sourceOf } from '../doc/cell';
import type { Deed, Undone } from '../doc/undo';
import { WordIndex } from '../doc/words';
import { behindAfterStep, neighbour, visible } from '../state/cells';
import type { Command } from '../state/keys';
import { word, type Facts } from '../state/saved';
import { others, place } from '../sync/presence';
import type { NotebookSession } from '../sync/session';
import type { CellKind } from '../wire/wire';
import { idle } from './idle';
import { Live } from './live.svelte';
import { page } from './page.svelte';
import { toasts } from './toasts.svelte';

const UNDONE: { [deed in Deed]: string } = {
  typing: 'your typing',
  add: 'adding a cell',
  move: 'moving a cell',
  delete: 'deleting a cell',
  restore: 'restoring a cell',
  kind: 'changing the kind of a cell',
  split: 'splitting a cell',
  merge: 'merging two cells',
};

/** What a cell on the screen offers to the page. */
export interface CellHandle {
  /** Selects without editing: command mode. */
  focus(): void;
  edit(where?: 'start' | 'end'): void;
  /** Shows the note, closes its editor. */
  render(): void;
}

export class NotebookModel {
  selected = $state<string | null>(null);
  mode = $state<'command' | 'edit'>('command');
  panel = $state<'none' | 'bin' | 'help'>('none');
  /** Deleted by somebody while this person was in them. */
  readonly held = new SvelteSet<string>();
  /** Of the code, for completion. */
  readonly words: WordIndex;
  readonly #ids: Live<readonly string[]>;
  readonly #title: Live<string>;
  readonly #language: Live<string>;
  readonly #facts: Live<Facts>;
  readonly #people: Live<ReturnType<typeof others>>;
  readonly #deleted: Live<ReturnType<NotebookSession['notebook']['deleted']>>;
  readonly #handles = new Map<string, CellHandle>();
  readonly #stop: (() => void)[];
  #lastIds: readonly string[];
  /** A cell just made whose handle is not there yet: edited as soon as it is. */
  #awaited: { id: string; edit: boolean } | undefined;

  constructor(readonly session: NotebookSession) {
    const { notebook, provider, offline, awareness } = session;
    this.#ids = new Live(() => this.#visible(), (changed) => notebook.onStructure(changed));
    this.#title = new Live(() => notebook.title(), (changed) => notebook.onDetails(changed));
    this.#language = new Live(() => notebook.language(), (changed) => notebook.onDetails(changed));
    this.#deleted = new Live(() => notebook.deleted(), (changed) => notebook.onStructure(changed));
    this.#facts = new Live(
      () => ({ progress: provider.progress, offline: offline.progress, readOnly: false }),
      (changed) => both(provider.onProgress(changed), offline.onProgress(changed)),
    );
    this.#people = new Live(
      () => others(awareness),
      (changed) => {
        awareness.on('change', changed);
        return () => awareness.off('change', changed);
      },
    );
    this.#lastIds = notebook.ids();
    this.words = new WordIndex(notebook, idle);
    this.#stop = [() => this.words.destroy(), notebook.onStructure(() => this.#structureChanged())];
  }

  get ids(): readonly string[] {
    return this.#ids.value;
  }

  get title(): string {
    return this.#title.value;
  }

  get language(): string {
    return this.#language.value;
  }

  get facts(): Facts {
    return this.#facts.value;
  }

  get people(): ReturnType<typeof others> {
    return this.#people.value;
  }

  get deleted(): ReturnType<NotebookSession['notebook']['deleted']> {
    return this.#deleted.value;
  }

  destroy(): void {
    this.#stop.forEach((stop) => stop());
  }

  attach(id: string, handle: CellHandle): () => void {
    this.#handles.set(id, handle);
    if (this.#awaited?.id === id) {
      const { edit } = this.#awaited;
      this.#awaited = undefined;
      queueMicrotask(() => (edit ? handle.edit() : handle.focus()));
    }
    return () => {
      if (this.#handles.get(id) === handle) this.#handles.delete(id);
    };
  }

  rename(title: string): void {
    setTitle(this.session.notebook, title.trim());
  }

  /** The focus came into a cell. */
  entered(id: string, mode: 'command' | 'edit'): void {
    this.selected = id;
    this.mode = mode;
    if (mode === 'command') place(this.session.awareness, id, []);
  }

  select(id: string | null | undefined): void {
    if (id !== null && id !== undefined) this.#show(id, false);
  }

  edit(id: string, where?: 'start' | 'end'): void {
    this.#handles.get(id)?.edit(where);
  }

  add(after: string | null, kind: CellKind, edit = true): string {
    const id = this.session.history.add(after, { kind });
    this.#show(id, edit);
    return id;
  }

  addBeside(id: string, side: 'above' | 'below', kind: CellKind, edit = true): string {
    const { ids } = this;
    const after = side === 'below' ? id : (ids[ids.indexOf(id) - 1] ?? null);
    return this.add(after, kind, edit);
  }

  step(id: string, way: 'up' | 'down'): void {
    const after = behindAfterStep(this.session.notebook.ids(), id, way);
    if (after !== undefined) this.move(id, after);
  }

  move(id: string, after: string | null): void {
    this.session.history.move(id, after);
    this.#reveal(id);
  }

  remove(id: string): void {
    const next = neighbour(this.ids, [id]);
    this.held.delete(id);
    // Before the cell goes: one's own deleting is nothing to be told of.
    this.selected = null;
    this.mode = 'command';
    this.session.history.remove([id]);
    this.select(next);
    toasts.show('The cell is in the bin.', { label: 'Undo', run: () => this.#restoreHere(id) });
  }

  async restore(id: string): Promise<void> {
    this.held.delete(id);
    if (this.session.notebook.cell(id)) return this.#restoreHere(id);
    try {
      await page.rest.restoreCell(this.session.settings.id, id);
    } catch (cause) {
      toasts.error(cause instanceof Error ? cause.message : String(cause));
    }
  }

  dismiss(id: string): void {
    const next = neighbour(this.ids, [id]);
    this.held.delete(id);
    this.select(next);
  }

  changeKind(id: string, kind: CellKind): void {
    this.session.history.changeKind(id, kind);
  }

  toggle(id: string, what: 'source' | 'outputs'): void {
    const cell = this.session.notebook.cell(id);
    if (cell) fold(this.session.notebook, id, { [what]: !foldingOf(cell)[what] });
  }

  undo(): void {
    this.#told('Undid', this.session.history.undo());
  }

  redo(): void {
    this.#told('Redid', this.session.history.redo());
  }

  /** Shift+Enter: on to the next cell, made if there is none. */
  advance(id: string): void {
    this.#handles.get(id)?.render();
    const next = this.ids[this.ids.indexOf(id) + 1];
    if (next !== undefined) return this.select(next);
    const cell = this.session.notebook.cell(id);
    this.add(id, cell ? kindOf(cell) : 'code');
  }

  /** Into the cell above or below, editing, as an arrow key at the edge of an editor does. */
  cross(id: string, way: 'above' | 'below'): boolean {
    const target = this.ids[this.ids.indexOf(id) + (way === 'above' ? -1 : 1)];
    const cell = target === undefined ? undefined : this.session.notebook.cell(target);
    if (target === undefined || !cell) return false;
    if (kindOf(cell) === 'note') this.select(target);
    else this.edit(target, way === 'above' ? 'end' : 'start');
    return true;
  }

  split(id: string, offset: number): void {
    const made = this.session.history.split(id, offset);
    if (made !== undefined) this.#show(made, true);
  }

  jumpTo(cell: string | null): void {
    if (cell !== null) this.#reveal(cell);
  }

  run(command: Command): void {
    const { selected, ids } = this;
    if (this.#anywhere(command)) return;
    if (selected === null || !ids.includes(selected)) {
      if (command === 'addBelow' || command === 'addAbove') this.add(ids.at(-1) ?? null, 'code', false);
      else this.select(ids[0]);
      return;
    }
    this.#onCell(command, selected, ids);
  }

  #anywhere(command: Command): boolean {
    switch (command) {
      case 'undo':
        return (this.undo(), true);
      case 'redo':
        return (this.redo(), true);
      case 'help':
      case 'bin':
        return ((this.panel = this.panel === command ? 'none' : command), true);
      default:
        return false;
    }
  }

  #onCell(command: Command, id: string, ids: readonly string[]): void {
    const actions: Partial<{ [command in Command]: () => void }> = {
      edit: () => this.edit(id),
      advance: () => this.advance(id),
      selectAbove: () => this.select(ids[ids.indexOf(id) - 1]),
      selectBelow: () => this.select(ids[ids.indexOf(id) + 1]),
      first: () => this.select(ids[0]),
      last: () => this.select(ids.at(-1)),
      addAbove: () => this.addBeside(id, 'above', 'code', false),
      addBelow: () => this.addBeside(id, 'below', 'code', false),
      delete: () => this.remove(id),
      toCode: () => this.changeKind(id, 'code'),
      toNote: () => this.changeKind(id, 'note'),
      toPrompt: () => this.changeKind(id, 'prompt'),
      toRaw: () => this.changeKind(id, 'raw'),
      moveUp: () => this.step(id, 'up'),
      moveDown: () => this.step(id, 'down'),
      mergeBelow: () => this.session.history.mergeBelow(id),
      foldSource: () => this.toggle(id, 'source'),
      foldOutputs: () => this.toggle(id, 'outputs'),
    };
    actions[command]?.();
  }

  #restoreHere(id: string): void {
    this.session.history.restore(id);
    this.#show(id, false);
  }

  #told(verb: string, undone: Undone | undefined): void {
    if (!undone) return toasts.show(verb === 'Undid' ? 'Nothing of yours to undo.' : 'Nothing to redo.');
    const { cell } = undone;
    const number = cell === undefined ? 0 : this.session.notebook.ids().indexOf(cell) + 1;
    if (cell !== undefined && number > 0 && (cell !== this.selected || this.mode === 'command')) this.#show(cell, false);
    // In the cell one types in, the text itself tells.
    if (undone.deed !== 'typing' || cell !== this.selected || this.mode === 'command') {
      toasts.show(`${verb} ${UNDONE[undone.deed]}${number > 0 ? ` in cell ${number}` : ''}.`);
    }
  }

  #show(id: string, edit: boolean): void {
    const handle = this.#handles.get(id);
    this.selected = id;
    if (!handle) this.#awaited = { id, edit };
    else if (edit) handle.edit();
    else handle.focus();
  }

  #reveal(id: string): void {
    queueMicrotask(() => document.getElementById(`cell-${id}`)?.scrollIntoView({ block: 'nearest' }));
  }

  #visible(): readonly string[] {
    // The same array as long as nothing changed: hundreds of cells ask.
    if (this.held.size === 0) return this.session.notebook.ids();
    const placed = this.session.notebook.placed().map((cell) => cell.id);
    const gone = [...this.held].filter((id) => !placed.includes(id));
    return [...visible(placed, new Set(this.session.notebook.ids()), this.held), ...gone];
  }

  /** A cell that vanished from under this person's caret stays on the screen. */
  #structureChanged(): void {
    const now = new Set(this.session.notebook.ids());
    const { selected } = this;
    if (selected !== null && this.mode === 'edit' && this.#lastIds.includes(selected) && !now.has(selected)) {
      if (document.activeElement?.closest(`[data-cell="${CSS.escape(selected)}"]`)) this.held.add(selected);
    }
    for (const id of [...this.held]) if (now.has(id)) this.held.delete(id);
    this.#lastIds = [...now];
  }
}

export function stateWord(model: NotebookModel): ReturnType<typeof word> {
  return word(model.facts);
}

export function textOf(model: NotebookModel, id: string): ReturnType<typeof sourceOf> {
  const cell = model.session.notebook.cell(id);
  return cell && sourceOf(cell);
}

function both(first: () => void, second: () => void): () => void {
  return () => (first(), second());
}
