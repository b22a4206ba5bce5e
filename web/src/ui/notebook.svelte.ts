// The open notebook as the screen uses it: which cells are shown, which are selected, what the keys do.
//
// Invariant: only what this person does moves the focus or scrolls; a change from elsewhere never does, except that the
// focus of a cell that others delete goes on to its neighbour.

import { flushSync } from 'svelte';
import { SvelteSet } from 'svelte/reactivity';

import { kindOfAuthor } from '../doc/authors';
import { cellOfSource, kindOf, sourceOf } from '../doc/cell';
import { setTitle } from '../doc/edit';
import { WordIndex } from '../doc/words';
import { visible } from '../state/cells';
import { changes, type Command } from '../state/commands';
import { mayOnlyRead, word, type Facts } from '../state/saved';
import { block, carried, everything, extended, inOrder, NOTHING, only, toggled, type Selection } from '../state/selection';
import { place } from '../sync/presence';
import type { NotebookSession } from '../sync/session';
import { text } from '../text/text';
import { Absences } from './absences';
import { ACTIONS } from './actions';
import { placeChosen } from './anchoring';
import { announcer } from './announcer.svelte';
import { CellClipboard } from './cellClipboard';
import { Colleagues } from './colleagues.svelte';
import { Dragging } from './dragging.svelte';
import { Folding } from './folding.svelte';
import { Follower } from './following.svelte';
import { idle } from './idle';
import { KernelModel } from './kernel.svelte';
import { Live } from './live.svelte';
import { Overlays } from './overlays.svelte';
import { Reading } from './reading.svelte';
import { Running } from './running.svelte';
import { Structure } from './structure';

/** What is open beside or over the cells. */
export type Panel = 'none' | 'bin' | 'help' | 'settings' | 'packages' | 'variables' | 'files';

/** What a cell on the screen offers to the page. */
export interface CellHandle {
  /** Selects without editing: command mode. */
  focus(): void;
  /** Takes the focus without scrolling: the cell that had it is gone. */
  inherit(): void;
  edit(where?: 'start' | 'end'): void;
  /** Shows the note, closes its editor. */
  render(): void;
  /** Opens the menu of all commands. */
  menu(): void;
  /** Draws it, though it is far from what is seen. */
  draw(): void;
}

export class NotebookModel {
  #selection = $state.raw<Selection>(NOTHING);
  mode = $state<'command' | 'edit'>('command');
  panel = $state<Panel>('none');
  /** Deleted by somebody while this person was in them. */
  readonly held = new SvelteSet<string>();
  /** Changed by others while this person was away, and not seen since. */
  readonly fresh = new SvelteSet<string>();
  readonly absences: Absences;
  /** Of the code, for completion. */
  readonly words: WordIndex;
  readonly structure: Structure;
  readonly colleagues: Colleagues;
  readonly follower: Follower;
  readonly clipboard: CellClipboard;
  readonly dragging: Dragging;
  readonly folding: Folding;
  readonly overlays = new Overlays();
  readonly running: Running;
  readonly kernel: KernelModel;
  /** What readers do for themselves. */
  readonly reading = new Reading(this);
  readonly #ids: Live<readonly string[]>;
  readonly #title: Live<string>;
  readonly #language: Live<string>;
  readonly #kernelspec: Live<string | undefined>;
  readonly #facts: Live<Facts>;
  #numbers: { ids: readonly string[]; of: ReadonlyMap<string, number> } = { ids: [], of: new Map() };
  readonly #deleted: Live<ReturnType<NotebookSession['notebook']['deleted']>>;
  readonly #handles = new Map<string, CellHandle>();
  #finish: (id: string) => void = () => undefined;
  readonly #stop: (() => void)[];
  #lastIds: readonly string[];
  /** A cell just made whose handle is not there yet: edited as soon as it is. */
  #awaited: { id: string; edit: boolean } | undefined;
  /** What changes now is this person's own doing, of which nobody needs to tell them. */
  #own = false;

  constructor(readonly session: NotebookSession) {
    const { notebook, provider, offline } = session;
    this.#ids = new Live(() => this.#visible(), (changed) => notebook.onStructure(changed));
    this.#title = new Live(() => notebook.title(), (changed) => notebook.onDetails(changed));
    this.#language = new Live(() => notebook.language(), (changed) => notebook.onDetails(changed));
    this.#kernelspec = new Live(() => notebook.kernelspec(), (changed) => notebook.onDetails(changed));
    this.#deleted = new Live(() => notebook.deleted(), (changed) => notebook.onStructure(changed));
    this.#facts = new Live(
      () => ({ progress: provider.progress, offline: offline.progress }),
      (changed) => both(provider.onProgress(changed), offline.onProgress(changed)),
    );
    this.structure = new Structure(this);
    this.colleagues = new Colleagues(session, { placeOf: cellOfSource, kindOf: (client) => kindOfAuthor(notebook.roots.authors, client) });
    this.follower = new Follower(this);
    this.absences = new Absences(session);
    this.clipboard = new CellClipboard(this);
    this.dragging = new Dragging(this);
    this.running = new Running(this);
    this.kernel = new KernelModel(this);
    this.folding = new Folding(notebook, session.settings.base + session.settings.id);
    this.#lastIds = notebook.ids();
    this.words = new WordIndex(notebook, idle);
    this.#stop = [notebook.onStructure(() => this.#structureChanged()), this.clipboard.listen(), () => this.folding.destroy(), () => this.dragging.end(), () => this.words.destroy()];
  }

  get ids(): readonly string[] {
    return this.#ids.value;
  }

  /** Where a cell stands, beginning at 1; 0 for one that is not shown. */
  numberOf(id: string): number {
    const { ids } = this;
    if (this.#numbers.ids !== ids) this.#numbers = { ids, of: new Map(ids.map((one, index) => [one, index + 1])) };
    return this.#numbers.of.get(id) ?? 0;
  }

  /** Those that no folded heading hides: what arrow keys and pointers go over. */
  get open(): readonly string[] {
    return this.ids.filter((id) => !this.folding.hides(id));
  }

  /** The cell with the focus. */
  get selected(): string | null {
    return this.#selection.head;
  }

  isSelected(id: string): boolean {
    return this.#selection.chosen.has(id);
  }

  /** Whether more than one cell is. */
  get several(): boolean {
    return this.#selection.chosen.size > 1;
  }

  /** The selected cells in their order, with what the folded headings among them hide. */
  get chosen(): string[] {
    return this.folding.withSections(inOrder(this.ids, this.#selection));
  }

  get title(): string {
    return this.#title.value;
  }

  get language(): string {
    return this.#language.value;
  }

  /** The kernelspec the notebook asks for. */
  get kernelspec(): string | undefined {
    return this.#kernelspec.value;
  }

  get facts(): Facts {
    return this.#facts.value;
  }

  /** Whether this person may change nothing here. */
  get readOnly(): boolean {
    return mayOnlyRead(this.facts);
  }

  get deleted(): ReturnType<NotebookSession['notebook']['deleted']> {
    return this.#deleted.value;
  }

  destroy(): void {
    this.colleagues.destroy();
    this.follower.destroy();
    this.running.destroy();
    this.absences.destroy();
    this.#stop.forEach((stop) => stop());
  }

  /** For parts that come later: what is to be done when the notebook is left. */
  atEnd(stop: () => void): void {
    this.#stop.push(stop);
  }

  /** `finish` makes the view of a cell that is only sketched. Returns how to stop. */
  onWanted(finish: (id: string) => void): () => void {
    this.#finish = finish;
    return () => (this.#finish = () => undefined);
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
    if (this.reading.refuses()) return;
    setTitle(this.session.notebook, title.trim());
  }

  /** The focus came into a cell. One of several selected keeps the others: they are let go on purpose only. */
  entered(id: string, mode: 'command' | 'edit'): void {
    if (mode === 'edit' || !this.isSelected(id)) this.#choose(only(id));
    else if (this.selected !== id) this.#selection = { ...this.#selection, head: id };
    this.mode = mode;
    if (mode === 'command') place(this.session.awareness, id, []);
  }

  select(id: string | null | undefined): void {
    if (id !== null && id !== undefined) this.show(id, false);
  }

  /** As a pointer does, under which a cell is seen already. */
  point(id: string): void {
    this.#choose(only(id));
    this.#handle(id)?.inherit();
  }

  /** From where the selection began to this cell; scrolling only where it is not a pointer that does it. */
  extendTo(id: string | null | undefined, by: 'keys' | 'pointer' = 'keys'): void {
    if (id === null || id === undefined) return;
    this.#choose(extended(this.open, this.#selection, id));
    const handle = this.#handle(id);
    if (by === 'keys') handle?.focus();
    else handle?.inherit();
  }

  toggle(id: string): void {
    this.#choose(toggled(this.ids, this.#selection, id));
    this.#focusHead();
  }

  /** Nobody is taken anywhere by it. */
  selectAll(): void {
    this.#choose(everything(this.open, this.#selection));
    this.#focusHead();
  }

  /** Exactly these, with what the folded headings among them hide; the last gets the focus. */
  selectBlock(ids: readonly string[]): void {
    const seen = ids.filter((id) => !this.folding.hides(id));
    const chosen = seen.length > 0 ? seen : ids;
    const last = chosen.at(-1);
    if (last === undefined) return;
    this.show(last, false);
    this.#choose(block(chosen));
  }

  /** Only this cell, the one with the focus. */
  shrink(id = this.selected): void {
    this.#choose(only(id));
  }

  edit(id: string, where?: 'start' | 'end'): void {
    this.#handle(id)?.edit(where);
  }

  /** Shows notes as they are read, closes their editors. */
  render(ids: readonly string[]): void {
    for (const id of ids) this.#handles.get(id)?.render();
  }

  openMenu(): void {
    if (this.selected !== null) this.#handles.get(this.selected)?.menu();
  }

  /** Changes the notebook as this person does: a cell that goes by it is not held for them. */
  own<Result>(change: () => Result): Result {
    this.#own = true;
    try {
      return change();
    } finally {
      this.#own = false;
    }
  }

  draw(id: string): void {
    this.#handle(id)?.draw();
  }

  /** On to the next cell, made if there is none, at once: nothing is waited for (LN-85). */
  advance(id: string): void {
    this.#handle(id)?.render();
    const next = this.beside(id, 1);
    if (next !== undefined) return this.select(next);
    const cell = this.session.notebook.cell(id);
    if (this.readOnly) return;
    this.structure.add(id, cell ? kindOf(cell) : 'code');
  }

  /** The cell so many steps further down, of those that are open. */
  beside(id: string, steps: number): string | undefined {
    const { open } = this;
    return open[open.indexOf(id) + steps];
  }

  /** Into the cell above or below, editing, as an arrow key at the edge of an editor does. */
  cross(id: string, way: 'above' | 'below'): boolean {
    const target = this.beside(id, way === 'above' ? -1 : 1);
    const cell = target === undefined ? undefined : this.session.notebook.cell(target);
    if (target === undefined || !cell) return false;
    if (kindOf(cell) === 'note') this.select(target);
    else this.edit(target, way === 'above' ? 'end' : 'start');
    return true;
  }

  run(command: Command): void {
    if (changes(command) && this.reading.refuses()) return;
    ACTIONS[command](this);
  }

  /** Selects a cell and brings it into view, also one that is only just being made. */
  show(id: string, edit: boolean): void {
    const handle = this.#handle(id);
    this.uncover(id);
    this.#choose(only(id));
    if (!handle) this.#awaited = { id, edit };
    else if (edit) handle.edit();
    else handle.focus();
  }

  reveal(id: string): void {
    this.uncover(id);
    queueMicrotask(() => {
      document.getElementById(`cell-${id}`)?.scrollIntoView({ block: 'nearest' });
      placeChosen();
    });
  }

  #handle(id: string): CellHandle | undefined {
    if (!this.#handles.has(id)) this.#finish(id);
    return this.#handles.get(id);
  }

  #visible(): readonly string[] {
    // The same array as long as nothing changed: hundreds of cells ask.
    if (this.held.size === 0) return this.session.notebook.ids();
    const placed = this.session.notebook.placed().map((cell) => cell.id);
    const gone = [...this.held].filter((id) => !placed.includes(id));
    return [...visible(placed, new Set(this.session.notebook.ids()), this.held), ...gone];
  }

  /** Opens the folded sections that hide the cell; it can have the focus at once. */
  uncover(id: string): void {
    if (this.folding.hides(id) && this.folding.reveal([id])) flushSync();
  }

  #choose(selection: Selection): void {
    const before = this.#selection.chosen.size;
    this.#selection = selection;
    if (selection.chosen.size > 1) announcer.say(text.cells.selected(this.chosen.length));
    else if (before > 1 && this.selected !== null) announcer.say(text.cells.selected(1));
  }

  #focusHead(): void {
    if (this.selected !== null) this.#handle(this.selected)?.inherit();
  }

  /** A cell that vanished from under this person's caret stays on the screen. */
  #structureChanged(): void {
    const now = new Set(this.session.notebook.ids());
    const { selected } = this;
    const focused = selected !== null && document.activeElement?.closest(`[data-cell="${CSS.escape(selected)}"]`) !== null;
    if (selected !== null && focused && !this.#own && this.mode === 'edit' && this.#lastIds.includes(selected) && !now.has(selected)) this.held.add(selected);
    for (const id of [...this.held]) if (now.has(id)) this.held.delete(id);
    this.#carrySelection(focused);
    this.#lastIds = [...this.#visible()];
  }

  #carrySelection(focused: boolean): void {
    const { selected } = this;
    const selection = carried(this.#lastIds, this.#visible(), this.#selection);
    if (selection === this.#selection) return;
    this.#selection = selection;
    if (selection.head === selected || selection.head === null || !focused) return;
    this.mode = 'command';
    this.#handle(selection.head)?.inherit();
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
