// What a key press on the board leads to.
//
// Invariant: in a text a key that writes is never a command, and whoever handled the press before is not overruled.

import { TASK_STATUSES } from '../../doc/board/schema';
import { BOARD_COMMANDS, commandOf, type BoardCommand } from '../../state/board/keys';
import { passesText, SEQUENCE_MS, strokeOf } from '../../state/keys';
import type { TaskStatus } from '../../wire/wire';
import { announcer } from '../announcer.svelte';
import { keymap } from '../keymap.svelte';
import { board as says } from '../../text/board';
import type { BoardModel } from './board.svelte';

/** Where keys write or mean something already. */
const TEXT = 'input, textarea, select, [contenteditable="true"], [role="menu"]';

export class BoardKeying {
  #pending: { typed: string; at: number } | undefined;

  constructor(
    private readonly model: BoardModel,
    /** Leads into the field of the search. */
    private readonly find: () => void,
  ) {}

  pressed(event: KeyboardEvent): void {
    const target = event.target as HTMLElement;
    const stroke = strokeOf(event, keymap.platform);
    if (stroke === undefined || event.defaultPrevented || target.closest('dialog')) return;
    // What is typed while the palette is on its way is meant for it.
    if (this.model.sheet === 'palette') return;
    if (target.closest(TEXT) && !(passesText(stroke) && !/^Mod\+(?:a|z|y|Shift\+z)$/.test(stroke))) return;
    if (/^(?:Enter|Space)$/.test(stroke) && target.closest('button, a, summary')) return;
    const typed = this.#pending && event.timeStamp - this.#pending.at <= SEQUENCE_MS ? `${this.#pending.typed} ${stroke}` : stroke;
    const { command, begins } = commandOf(typed);
    this.#pending = begins ? { typed, at: event.timeStamp } : undefined;
    if (command === undefined && !begins) return;
    if (command !== undefined && !this.run(command)) return;
    event.preventDefault();
  }

  /** False when there was nothing to do, so that the key keeps its own meaning. */
  run(command: BoardCommand): boolean {
    const { model } = this;
    if (BOARD_COMMANDS[command].changes && model.refuses()) return true;
    const status = TASK_STATUSES.find((each) => each === command);
    if (status) return this.#onChosen((ids) => model.setStatus(ids, status));
    return this.#actions[command as Exclude<BoardCommand, TaskStatus>]();
  }

  readonly #actions: { readonly [command in Exclude<BoardCommand, TaskStatus>]: () => boolean } = {
    below: () => this.#go(1),
    above: () => this.#go(-1),
    left: () => this.#across(-1),
    right: () => this.#across(1),
    first: () => this.#goTo(this.model.lane(this.model.selected ?? this.model.ids[0] ?? null)[0]),
    last: () => this.#goTo(this.model.lane(this.model.selected ?? this.model.ids[0] ?? null).at(-1)),
    extendBelow: () => this.#extend(1),
    extendAbove: () => this.#extend(-1),
    selectAll: () => (this.model.selectAll(), true),
    escape: () => this.#escape(),
    add: () => ((this.model.adding = 'pending'), true),
    open: () => this.#onSelected((id) => this.model.open(id)),
    edit: () => this.#onSelected((id) => (this.model.renaming = { id, value: this.model.task(id)?.title ?? '' })),
    priority: () => this.#onChosen((ids) => this.model.nextPriority(ids)),
    moveUp: () => this.#step(-1),
    moveDown: () => this.#step(1),
    moveLeft: () => this.#toColumn(-1),
    moveRight: () => this.#toColumn(1),
    delete: () => this.#onChosen((ids) => this.model.remove(ids)),
    undo: () => (this.model.undo(), true),
    redo: () => (this.model.redo(), true),
    find: () => (this.find(), true),
    view: () => (this.model.setView(this.model.view === 'list' ? 'columns' : 'list'), true),
    sessions: () => (this.model.showSessions(!this.model.sessionsShown), true),
    bin: () => ((this.model.sheet = 'bin'), true),
    palette: () => ((this.model.sheet = 'palette'), true),
    help: () => ((this.model.sheet = 'help'), true),
  };

  #onSelected(act: (id: string) => void): boolean {
    const { selected, ids } = this.model;
    if (selected === null || !ids.includes(selected)) return false;
    act(selected);
    return true;
  }

  #onChosen(act: (ids: string[]) => void): boolean {
    const { chosen } = this.model;
    if (chosen.length === 0) return false;
    act(chosen);
    return true;
  }

  /** With nothing selected the first key selects the first task. */
  #go(steps: number): boolean {
    const { selected, ids } = this.model;
    const lane = this.model.lane(selected);
    const at = selected === null ? -1 : lane.indexOf(selected);
    return this.#goTo(at < 0 ? ids[0] : (lane[at + steps] ?? lane[at]));
  }

  #goTo(id: string | undefined): boolean {
    this.model.select(id);
    return id !== undefined;
  }

  #extend(steps: number): boolean {
    const { selected } = this.model;
    const lane = this.model.lane(selected);
    const next = selected === null ? undefined : lane[lane.indexOf(selected) + steps];
    this.model.extendTo(next);
    return true;
  }

  /** Over empty columns to the next that has tasks, at the same height. */
  #across(way: 1 | -1): boolean {
    const { columns, selected, view } = this.model;
    if (view === 'list') return false;
    const from = columns.findIndex(({ tasks }) => tasks.some(({ id }) => id === selected));
    if (from < 0) return this.#go(1);
    const height = columns[from]?.tasks.findIndex(({ id }) => id === selected) ?? 0;
    for (let to = from + way; to >= 0 && to < columns.length; to += way) {
      const tasks = columns[to]?.tasks ?? [];
      if (tasks.length > 0) return this.#goTo(tasks[Math.min(height, tasks.length - 1)]?.id);
    }
    return true;
  }

  #step(way: 1 | -1): boolean {
    return this.#onChosen((ids) => {
      const lane = this.model.lane(ids[0] ?? null);
      const stay = lane.filter((id) => !ids.includes(id));
      const at = stay.filter((id) => lane.indexOf(id) < lane.indexOf(ids[0] as string)).length + way;
      if (at < 0 || at > stay.length) return;
      this.model.move(ids, { below: stay[at - 1], above: stay[at] });
      const status = this.model.task(ids[0])?.status;
      if (status) announcer.say(says.done.place(at + 1, lane.length, says.statuses[status]));
    });
  }

  #toColumn(way: 1 | -1): boolean {
    return this.#onChosen((ids) => {
      const status = this.model.task(ids[0])?.status;
      const next = status && TASK_STATUSES[TASK_STATUSES.indexOf(status) + way];
      if (next) this.model.move(ids, { above: this.model.columns.find((column) => column.status === next)?.tasks[0]?.id }, next);
    });
  }

  #escape(): boolean {
    const { model } = this;
    if (model.opened !== undefined) {
      const back = model.opened;
      model.open(undefined);
      model.select(back);
      return true;
    }
    return model.shrink();
  }
}
