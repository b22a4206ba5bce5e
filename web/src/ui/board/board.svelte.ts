// The open board as the screen uses it: what is shown, what is selected, what is open, and all that this person does to it.
//
// Invariant: every change goes through the history, so that it can be taken back; what others change moves no focus and
// ends no typing. Only what this person does scrolls.

import { tick } from 'svelte';
import * as Y from 'yjs';

import type { Snapshot, Task } from '../../doc/board/board';
import * as deeds from '../../doc/board/deeds';
import type { Deed, TaskPlace } from '../../doc/board/deeds';
import { PRIORITIES } from '../../doc/board/schema';
import { ALL, columns, filtered, type Column, type Filters } from '../../state/board/filters';
import type { Colleague } from '../../state/people';
import { mayOnlyRead, type Facts } from '../../state/saved';
import { carried, everything, extended, inOrder, NOTHING, only, toggled, type Selection } from '../../state/selection';
import type { BoardSession } from '../../sync/board';
import { place } from '../../sync/presence';
import { board as says } from '../../text/board';
import type { Priority, Reference, SessionStatus, TaskStatus } from '../../wire/wire';
import { announcer } from '../announcer.svelte';
import { Colleagues } from '../colleagues.svelte';
import { Live } from '../live.svelte';
import { page } from '../page.svelte';
import { toasts } from '../toasts.svelte';
import { BoardDragging } from './dragging.svelte';
import { BoardEvents } from './events.svelte';

export type View = 'columns' | 'list';

/** What lies over the board, if anything. */
export type Sheet = 'none' | 'help' | 'bin' | 'palette';

/** A menu of one choice among a few, at the button that opened it. */
export interface Choice {
  anchor: HTMLElement;
  label: string;
  options: readonly { value: string; label: string; badge: string; key?: string }[];
  current: string;
  choose: (value: string) => void;
}

/** A title that is being written, wherever its row goes meanwhile. */
interface Renaming {
  id: string;
  value: string;
}

const VIEW = 'coscribe:board:view';
const SESSIONS = 'coscribe:board:sessions';
/** Below this width columns would be too many. */
const NARROW_PX = 640;

export class BoardModel {
  view = $state<View>(keptView());
  filters = $state.raw<Filters>(ALL);
  /** The task whose panel is open. */
  opened = $state<string | undefined>(taskInAddress());
  sessionsShown = $state(page.storage?.getItem(SESSIONS) === 'shown' && innerWidth > NARROW_PX);
  sheet = $state<Sheet>('none');
  /** In which column a new task is being written. */
  adding = $state<TaskStatus | undefined>();
  renaming = $state<Renaming | undefined>();
  choice = $state.raw<Choice | undefined>();
  readonly colleagues: Colleagues;
  readonly dragging: BoardDragging;
  readonly events: BoardEvents;
  readonly #snapshot: Live<Snapshot>;
  readonly #facts: Live<Facts>;
  #selection = $state.raw<Selection>(NOTHING);
  /** The focus is in a row, or was when its row went elsewhere. */
  #focused = false;
  #lastIds: readonly string[] = [];

  readonly tasks = $derived.by(() => this.snapshot.tasks);
  readonly shown = $derived.by(() => filtered(this.tasks, this.filters));
  readonly columns = $derived.by((): readonly Column[] => columns(this.shown, this.filters.status));
  /** In the order in which they stand on the screen. */
  readonly ids = $derived.by(() => (this.view === 'list' ? this.shown : this.columns.flatMap(({ tasks }) => tasks)).map(({ id }) => id));
  readonly #peopleByTask = $derived.by(() => peopleByTask(this.colleagues.list));

  constructor(readonly session: BoardSession) {
    const { board, provider, offline } = session;
    this.#snapshot = new Live(() => board.snapshot(), (changed) => board.onChange(changed));
    this.#facts = new Live(
      () => ({ progress: provider.progress, offline: offline.progress }),
      (changed) => {
        const stops = [provider.onProgress(changed), offline.onProgress(changed)];
        return () => stops.forEach((stop) => stop());
      },
    );
    this.colleagues = new Colleagues(session, { placeOf: taskTextPlace, kindOf: () => undefined });
    this.dragging = new BoardDragging(this);
    this.events = new BoardEvents(session);
  }

  get id(): string {
    return this.session.settings.id;
  }

  get snapshot(): Snapshot {
    return this.#snapshot.value;
  }

  get name(): string {
    return this.snapshot.name;
  }

  get facts(): Facts {
    return this.#facts.value;
  }

  get readOnly(): boolean {
    return mayOnlyRead(this.facts);
  }

  get selected(): string | null {
    return this.#selection.head;
  }

  /** The selected tasks in their order. */
  get chosen(): string[] {
    return inOrder(this.ids, this.#selection);
  }

  isSelected(id: string): boolean {
    return this.#selection.chosen.has(id);
  }

  /** The one row that Tab leads to. */
  isStop(id: string): boolean {
    const { selected, ids } = this;
    return id === (selected !== null && ids.includes(selected) ? selected : ids[0]);
  }

  peopleAt(task: string): readonly Colleague[] {
    return this.#peopleByTask.get(task) ?? [];
  }

  task(id: string | undefined): Task | undefined {
    const { tasks } = this.snapshot;
    return id === undefined ? undefined : tasks.find((task) => task.id === id);
  }

  sessionName(id: string): string | undefined {
    void this.snapshot;
    const session = this.session.board.session(id);
    return session && (session.name || says.sessions.unnamed);
  }

  titleOf(id: string): string {
    void this.snapshot;
    return this.session.board.task(id)?.title || says.noTitle;
  }

  destroy(): void {
    this.colleagues.destroy();
    this.dragging.end();
    this.events.destroy();
  }

  // What this person looks at.

  setView(view: View): void {
    this.view = view;
    keep(VIEW, view);
  }

  showSessions(shown: boolean): void {
    this.sessionsShown = shown;
    keep(SESSIONS, shown ? 'shown' : 'hidden');
  }

  filter(change: Partial<Filters>): void {
    this.filters = { ...this.filters, ...change };
  }

  open(id: string | undefined): void {
    this.opened = id;
    history.replaceState(history.state, '', page.address({ kind: 'project', id: this.id }) + (id === undefined ? '' : `#task-${id}`));
    place(this.session.awareness, id ?? this.selected, []);
  }

  /** The address led to a task, or to the board alone. */
  arrive(): void {
    this.opened = taskInAddress();
  }

  /** The focus came into a row. */
  entered(id: string): void {
    this.#focused = true;
    if (!this.isSelected(id)) this.#selection = only(id);
    else if (this.selected !== id) this.#selection = { ...this.#selection, head: id };
    place(this.session.awareness, id, []);
  }

  /** The focus went to something else than a row. */
  left(): void {
    this.#focused = false;
  }

  select(id: string | undefined): void {
    if (id === undefined) return;
    this.#selection = only(id);
    this.focus(id);
  }

  extendTo(id: string | undefined): void {
    if (id === undefined) return;
    this.#choose(extended(this.ids, this.#selection, id));
  }

  toggle(id: string): void {
    this.#choose(toggled(this.ids, this.#selection, id));
  }

  selectAll(): void {
    this.#choose(everything(this.ids, this.#selection));
  }

  /** False when there was only one anyway. */
  shrink(): boolean {
    if (this.#selection.chosen.size < 2) return false;
    this.#selection = only(this.selected);
    return true;
  }

  focus(id: string): void {
    this.#focused = true;
    void tick().then(() => document.getElementById(`task-${id}`)?.focus());
  }

  /** After rows came, went or moved: the focus stays with its task, or goes to a neighbour of one that is gone. */
  carry(ids: readonly string[]): void {
    this.#selection = carried(this.#lastIds, ids, this.#selection);
    this.#lastIds = ids;
    const { selected } = this;
    if (!this.#focused || selected === null || this.renaming) return;
    void tick().then(() => {
      if (document.activeElement === document.body) document.getElementById(`task-${selected}`)?.focus({ preventScroll: true });
    });
  }

  /** The column of the selected task, as a list of ids; all tasks in the list view. */
  lane(id: string | null): readonly string[] {
    if (this.view === 'list') return this.ids;
    return (this.columns.find(({ tasks }) => tasks.some((task) => task.id === id))?.tasks ?? []).map((task) => task.id);
  }

  // What this person does.

  /** Tells a reader that this cannot be done; false for whoever may do it. */
  refuses(): boolean {
    if (!this.readOnly) return false;
    toasts.show(says.state.mayOnlyRead);
    return true;
  }

  /** Returns the id of the new task; undefined when it was refused. */
  create(title: string, status: TaskStatus): string | undefined {
    const id = deeds.newId('task');
    const done = this.#do((board, doer) => deeds.creating(board, doer, { id, title, status, ...this.#filterPriority() }));
    return done && id;
  }

  rename(id: string, title: string): void {
    this.#do((board) => deeds.settingTasks(board, 'title', [id], title));
  }

  setStatus(ids: readonly string[], status: TaskStatus): void {
    const done = this.#do((board) => deeds.settingTasks(board, 'status', ids, status));
    if (done) this.#tellMoved(done, ids, status);
  }

  setPriority(ids: readonly string[], priority: Priority): void {
    this.#do((board) => deeds.settingTasks(board, 'priority', ids, priority));
  }

  /** High after low, and round again. */
  nextPriority(ids: readonly string[]): void {
    const first = this.task(ids[0]);
    const at = first ? PRIORITIES.indexOf(first.priority) : 0;
    const next = PRIORITIES[(at - 1 + PRIORITIES.length) % PRIORITIES.length] as Priority;
    this.setPriority(ids, next);
  }

  /** To a place of the board, and into a column if it is another. */
  move(ids: readonly string[], to: TaskPlace, status?: TaskStatus): void {
    const changesColumn = status !== undefined && ids.some((id) => this.task(id)?.status !== status);
    const done = this.#do((board) => deeds.moving(board, ids, to, status));
    if (done && changesColumn) this.#tellMoved(done, ids, status);
    if (done && this.selected !== null) this.focus(this.selected);
  }

  remove(ids: readonly string[]): void {
    const [first] = ids;
    if (first === undefined) return;
    const sentence = ids.length === 1 ? says.done.deleted(this.titleOf(first)) : says.done.deletedSome(ids.length);
    const done = this.#do((board, doer) => deeds.deleting(board, doer, ids));
    if (!done) return;
    if (this.opened !== undefined && ids.includes(this.opened)) this.open(undefined);
    this.#offerUndo(sentence, done);
  }

  restore(ids: readonly string[]): void {
    this.#do((board) => deeds.restoring(board, ids));
  }

  refer(id: string, reference: Reference, about: boolean): void {
    this.#do((board) => deeds.referring(board, id, reference, about));
  }

  openSession(name: string, tasks: readonly string[]): void {
    this.#do((board, doer) => deeds.opening(board, doer, { id: deeds.newId('sess'), name, tasks }));
  }

  closeSession(id: string): void {
    const name = this.sessionName(id) ?? says.sessions.unnamed;
    const done = this.#do((board, doer) => deeds.closing(board, doer, id));
    if (!done) return;
    if (this.filters.session === id) this.filter({ session: undefined });
    this.#offerUndo(says.done.closed(name), done);
  }

  setSession(id: string, change: { name?: string; status?: SessionStatus }): void {
    this.#do((board) => deeds.settingSession(board, id, change));
  }

  join(session: string, tasks: readonly string[]): void {
    this.#do((board, doer) => deeds.joining(board, doer, session, tasks));
  }

  part(session: string, task: string): void {
    const sentence = says.done.unlinked(this.titleOf(task), this.sessionName(session) ?? says.sessions.unnamed);
    const done = this.#do((board) => deeds.parting(board, session, task));
    if (done) this.#offerUndo(sentence, done);
  }

  renameProject(name: string): void {
    this.#do((board) => deeds.naming(board, name));
  }

  undo(): void {
    this.#replay('undo');
  }

  redo(): void {
    this.#replay('redo');
  }

  #replay(way: 'undo' | 'redo'): void {
    if (this.refuses()) return;
    const deed = this.session.history[way]();
    const { undid, redid, nothingToUndo, nothingToRedo } = says.done;
    if (!deed) return toasts.update('undo', way === 'undo' ? nothingToUndo : nothingToRedo);
    toasts.update('undo', (way === 'undo' ? undid : redid)(says.deeds[deed.name]));
    const [first] = deed.tasks;
    if (first !== undefined && this.task(first)) this.select(first);
  }

  #do(deed: (board: BoardSession['board'], doer: deeds.Doer) => Deed): Deed | undefined {
    if (this.refuses()) return undefined;
    const doer = { name: () => page.person.name, now: () => page.rest.time.now() };
    return this.session.history.perform(() => deed(this.session.board, doer));
  }

  /** A task made while only one priority is shown has it, or it would not be seen. */
  #filterPriority(): { priority?: Priority } {
    const { priority } = this.filters;
    return priority === undefined ? {} : { priority };
  }

  #tellMoved(done: Deed, ids: readonly string[], status: TaskStatus): void {
    const name = says.statuses[status];
    const [first = ''] = ids;
    this.#offerUndo(ids.length === 1 ? says.done.moved(this.titleOf(first), name) : says.done.movedSome(ids.length, name), done);
  }

  #offerUndo(sentence: string, deed: Deed): void {
    toasts.show(sentence, {
      label: says.done.undo,
      run: () => {
        if (!this.refuses() && !this.session.history.takeBack(deed)) toasts.show(says.done.changedMeanwhile);
      },
    });
  }

  #choose(selection: Selection): void {
    this.#selection = selection;
    if (selection.head !== null) this.focus(selection.head);
    announcer.say(says.done.selected(this.chosen.length));
  }
}

/** Carets in a task's texts say that somebody is at the task. */
function peopleByTask(people: readonly Colleague[]): ReadonlyMap<string, readonly Colleague[]> {
  const found = new Map<string, Colleague[]>();
  for (const person of people) {
    const task = taskOfPlace(person.at?.cell);
    if (task !== undefined) found.set(task, [...(found.get(task) ?? []), person]);
  }
  return found;
}

/** The task of a place as people tell it: a task, or one of its texts. */
export function taskOfPlace(place: string | undefined): string | undefined {
  return place?.split('/', 1)[0];
}

/** `{task}/{text}`, of a text of a task. */
function taskTextPlace(text: unknown): string | undefined {
  if (!(text instanceof Y.Text) || !(text.parent instanceof Y.Map)) return undefined;
  const [task, key] = [text.parent._item?.parentSub, text._item?.parentSub];
  return task && key ? `${task}/${key}` : undefined;
}

function taskInAddress(): string | undefined {
  return /^#task-([\w-]+)$/.exec(location.hash)?.[1];
}

function keptView(): View {
  const kept = page.storage?.getItem(VIEW);
  if (kept === 'columns' || kept === 'list') return kept;
  return innerWidth > NARROW_PX ? 'columns' : 'list';
}

function keep(key: string, value: string): void {
  try {
    page.storage?.setItem(key, value);
  } catch (cause) {
    console.warn('How the board is shown was not kept.', cause);
  }
}
