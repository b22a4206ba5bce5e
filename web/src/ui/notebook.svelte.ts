// The open notebook as the screen uses it: which cells are shown, which is selected, what the keys do.
//
// Invariant: only what this person does moves the focus or scrolls; a change from elsewhere never does.

import { SvelteSet } from 'svelte/reactivity';

import { kindOf, sourceOf } from '../doc/cell';
import { setTitle } from '../doc/edit';
import { visible } from '../state/cells';
import type { Command } from '../state/commands';
import { word, type Facts } from '../state/saved';
import { place } from '../sync/presence';
import type { NotebookSession } from '../sync/session';
import { ACTIONS } from './actions';
import { placeChosen } from './anchoring';
import { Colleagues } from './colleagues.svelte';
import { Follower } from './following.svelte';
import { Live } from './live.svelte';
import { Overlays } from './overlays.svelte';
import { Structure } from './structure';

/** What is open beside or over the cells. */
export type Panel = 'none' | 'bin' | 'help' | 'settings';

/** What a cell on the screen offers to the page. */
export interface CellHandle {
  /** Selects without editing: command mode. */
  focus(): void;
  edit(where?: 'start' | 'end'): void;
  /** Shows the note, closes its editor. */
  render(): void;
  /** Draws it, though it is far from what is seen. */
  draw(): void;
}

export class NotebookModel {
  selected = $state<string | null>(null);
  mode = $state<'command' | 'edit'>('command');
  panel = $state<Panel>('none');
  /** Deleted by somebody while this person was in them. */
  readonly held = new SvelteSet<string>();
  readonly structure: Structure;
  readonly colleagues: Colleagues;
  readonly follower: Follower;
  readonly overlays = new Overlays();
  readonly #ids: Live<readonly string[]>;
  readonly #title: Live<string>;
  readonly #language: Live<string>;
  readonly #facts: Live<Facts>;
  readonly #deleted: Live<ReturnType<NotebookSession['notebook']['deleted']>>;
  readonly #handles = new Map<string, CellHandle>();
  readonly #stop: (() => void)[];
  #lastIds: readonly string[];
  /** A cell just made whose handle is not there yet: edited as soon as it is. */
  #awaited: { id: string; edit: boolean } | undefined;

  constructor(readonly session: NotebookSession) {
    const { notebook, provider, offline } = session;
    this.#ids = new Live(() => this.#visible(), (changed) => notebook.onStructure(changed));
    this.#title = new Live(() => notebook.title(), (changed) => notebook.onDetails(changed));
    this.#language = new Live(() => notebook.language(), (changed) => notebook.onDetails(changed));
    this.#deleted = new Live(() => notebook.deleted(), (changed) => notebook.onStructure(changed));
    this.#facts = new Live(
      () => ({ progress: provider.progress, offline: offline.progress, readOnly: false }),
      (changed) => both(provider.onProgress(changed), offline.onProgress(changed)),
    );
    this.structure = new Structure(this);
    this.colleagues = new Colleagues(session);
    this.follower = new Follower(this);
    this.#lastIds = notebook.ids();
    this.#stop = [notebook.onStructure(() => this.#structureChanged())];
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

  get deleted(): ReturnType<NotebookSession['notebook']['deleted']> {
    return this.#deleted.value;
  }

  destroy(): void {
    this.colleagues.destroy();
    this.follower.destroy();
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
    if (id !== null && id !== undefined) this.show(id, false);
  }

  edit(id: string, where?: 'start' | 'end'): void {
    this.#handles.get(id)?.edit(where);
  }

  draw(id: string): void {
    this.#handles.get(id)?.draw();
  }

  /** Shift+Enter: on to the next cell, made if there is none. */
  advance(id: string): void {
    this.#handles.get(id)?.render();
    const next = this.ids[this.ids.indexOf(id) + 1];
    if (next !== undefined) return this.select(next);
    const cell = this.session.notebook.cell(id);
    this.structure.add(id, cell ? kindOf(cell) : 'code');
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

  run(command: Command): void {
    ACTIONS[command](this);
  }

  /** Selects a cell and brings it into view, also one that is only just being made. */
  show(id: string, edit: boolean): void {
    const handle = this.#handles.get(id);
    this.selected = id;
    if (!handle) this.#awaited = { id, edit };
    else if (edit) handle.edit();
    else handle.focus();
  }

  reveal(id: string): void {
    queueMicrotask(() => {
      document.getElementById(`cell-${id}`)?.scrollIntoView({ block: 'nearest' });
      placeChosen();
    });
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
