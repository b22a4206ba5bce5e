// Other people's carets and selections in an editor, with their names, and the telling of our own.
//
// Invariant: they are drawn over and under the text, never in it, so they move no letter, break no composition and are
// not read aloud. A caret sits on a relative position, so it stays at its character whatever is typed around it; a name
// shows while its owner moves or types and goes by itself.

import { Annotation, EditorSelection, type Extension, type Transaction } from '@codemirror/state';
import { EditorView, layer, RectangleMarker, ViewPlugin, type LayerMarker, type ViewUpdate } from '@codemirror/view';
import type { Awareness } from 'y-protocols/awareness';
import * as Y from 'yjs';

import { others, place, type Cursor, type Person } from '../sync/presence';
import { text as words } from '../text/text';
import { fromDocument, indexOf, positionOf } from './binding';
import { inkOn } from './ink';

/** How long a name stays after its owner moved last. */
const NAME_MS = 2000;

const moved = Annotation.define<true>();

/** Somebody's selection as it stands in this text. */
interface Placed {
  person: Person;
  /** It is this person in another tab. */
  own: boolean;
  anchor: number;
  head: number;
}

export function carets(cell: string, text: Y.Text, awareness: Awareness): Extension {
  const plugin = ViewPlugin.define((view) => new Carets(view, cell, text, awareness));
  const placed = (view: EditorView) => view.plugin(plugin)?.placed ?? [];
  const lit = (view: EditorView, client: number) => view.plugin(plugin)?.lit(client) ?? false;
  const update = ({ docChanged, transactions }: ViewUpdate) => docChanged || transactions.some((one) => one.annotation(moved));
  return [
    plugin,
    layer({ above: true, class: 'carets', update, markers: (view) => placed(view).flatMap((one) => caretMarkers(view, one, lit(view, one.person.client))) }),
    layer({ above: false, class: 'caret-selections', update, markers: (view) => placed(view).flatMap((one) => selectionMarkers(view, one)) }),
    caretTheme,
  ];
}

class Carets {
  placed: readonly Placed[] = [];
  #signature = '';
  readonly #names = new Map<number, ReturnType<typeof setTimeout>>();
  /** What each person's places were, to know who moved. */
  #told = new Map<number, string>();

  constructor(
    private readonly view: EditorView,
    private readonly cell: string,
    private readonly text: Y.Text,
    private readonly awareness: Awareness,
  ) {
    awareness.on('change', this.#changed);
    view.scrollDOM.addEventListener('scroll', this.#scrolled);
    this.#read(this.#here());
  }

  update(update: ViewUpdate): void {
    // What came from others is in the text already, and a caret at its very end has moved along without a word.
    if (update.transactions.some((transaction) => transaction.annotation(fromDocument))) this.#textCame(update);
    else if (update.docChanged) this.placed = this.placed.map((one) => mapped(one, update));
    if (update.selectionSet || update.docChanged || update.focusChanged) this.#tellOwn();
  }

  destroy(): void {
    this.awareness.off('change', this.#changed);
    this.view.scrollDOM.removeEventListener('scroll', this.#scrolled);
    for (const timer of this.#names.values()) clearTimeout(timer);
  }

  lit(client: number): boolean {
    return this.#names.has(client);
  }

  readonly #changed = ({ added, updated, removed }: { [what in 'added' | 'updated' | 'removed']: number[] }): void => {
    // Our own place is told from within an update of this view, in which it must not be updated again.
    if ([...added, ...updated, ...removed].every((client) => client === this.awareness.clientID)) return;
    const people = this.#here();
    const signature = JSON.stringify(people);
    if (signature === this.#signature) return;
    this.#signature = signature;
    this.#read(people);
    this.#redraw();
  };

  /** A name that shows stays in what is seen of the line. */
  readonly #scrolled = (): void => {
    if (this.#names.size > 0) this.#redraw();
  };

  /** People of whom it is known that they are in another cell are passed over cheaply. */
  #here(): Person[] {
    return others(this.awareness).filter((person) => person.cursors.length > 0 && (person.cell === null || person.cell === this.cell));
  }

  #read(people: readonly Person[]): void {
    const user = this.awareness.getLocalState()?.['user'] as { name?: unknown; color?: unknown } | undefined;
    this.placed = people.flatMap((person) => {
      const own = person.name === user?.name && person.color === user.color;
      return person.cursors.flatMap((cursor) => this.#placedAt(cursor)).map((range) => ({ person, own, ...range }));
    });
    const told = new Map(this.placed.map(({ person }) => [person.client, JSON.stringify(person.cursors)]));
    for (const [client, places] of told) if (this.#told.get(client) !== places) this.#name(client);
    this.#told = told;
  }

  /** Whoever has their caret at the end of what just came has typed it. */
  #textCame(update: ViewUpdate): void {
    const ends = endsOfChanges(update.transactions);
    this.#read(this.#here());
    for (const { head, person } of this.placed) if (ends.has(head)) this.#name(person.client);
  }

  /** Shows a name, until its owner rests. */
  #name(client: number): void {
    clearTimeout(this.#names.get(client));
    const rested = (): void => {
      this.#names.delete(client);
      this.#redraw();
    };
    this.#names.set(client, setTimeout(rested, NAME_MS));
  }

  #redraw(): void {
    this.view.dispatch({ annotations: moved.of(true) });
  }

  #placedAt(cursor: Cursor): { anchor: number; head: number }[] {
    const anchor = this.#offset(cursor.anchor);
    const head = this.#offset(cursor.head);
    return anchor === undefined || head === undefined ? [] : [{ anchor, head }];
  }

  #offset(position: unknown): number | undefined {
    const { doc } = this.text;
    if (doc === null) return undefined;
    try {
      const absolute = Y.createAbsolutePositionFromRelativePosition(Y.createRelativePositionFromJSON(position), doc);
      return absolute?.type === this.text ? positionOf(this.view, absolute.index) : undefined;
    } catch {
      // A position made by a client that means something else by it.
      return undefined;
    }
  }

  /** A window that lost the focus keeps its caret at the others, an editor that lost it to another does not. */
  #tellOwn(): void {
    if (!this.view.hasFocus) return;
    const told = (position: number) => Y.relativePositionToJSON(Y.createRelativePositionFromTypeIndex(this.text, indexOf(this.view, position)));
    const cursors = this.view.state.selection.ranges.map((range, index) => ({
      anchor: told(range.anchor),
      head: told(range.head),
      primary: index === this.view.state.selection.mainIndex,
      empty: range.empty,
    }));
    place(this.awareness, this.cell, cursors);
  }
}

function mapped(one: Placed, { changes }: ViewUpdate): Placed {
  return { ...one, anchor: changes.mapPos(one.anchor, 1), head: changes.mapPos(one.head, 1) };
}

function endsOfChanges(transactions: readonly Transaction[]): Set<number> {
  const ends = new Set<number>();
  for (const { changes } of transactions) changes.iterChanges((_fromA, _toA, _fromB, toB) => ends.add(toB));
  return ends;
}

function selectionMarkers(view: EditorView, { person, anchor, head }: Placed): LayerMarker[] {
  if (anchor === head) return [];
  const range = EditorSelection.range(anchor, head);
  return RectangleMarker.forRange(view, 'caret-selection', range).map((rectangle) => new Painted(rectangle, person.color));
}

/** A rectangle in a person's colour. */
class Painted implements LayerMarker {
  constructor(
    private readonly rectangle: RectangleMarker,
    private readonly color: string,
  ) {}

  eq(other: Painted): boolean {
    return this.color === other.color && this.rectangle.eq(other.rectangle);
  }

  draw(): HTMLElement {
    const element = this.rectangle.draw();
    element.style.setProperty('--person', this.color);
    return element;
  }

  update(element: HTMLElement, before: Painted): boolean {
    element.style.setProperty('--person', this.color);
    return this.rectangle.update(element, before.rectangle);
  }
}

function caretMarkers(view: EditorView, { person, own, head }: Placed, lit: boolean): LayerMarker[] {
  const { scrollLeft, clientWidth } = view.scrollDOM;
  const name = own ? words.editor.ownElsewhere : person.name;
  return RectangleMarker.forRange(view, 'caret', EditorSelection.cursor(head)).map(
    ({ left, top, height }) => new Caret({ name, own, lit, color: person.color, left: left - scrollLeft, top, height, from: scrollLeft, width: clientWidth }),
  );
}

interface Look {
  name: string;
  own: boolean;
  lit: boolean;
  color: string;
  /** The caret's place in the row. */
  left: number;
  top: number;
  height: number;
  /** The row is as wide as what is seen of the text. */
  from: number;
  width: number;
}

/** A row across what is seen of the line: the name stands over its caret, and slides back where it would be cut off. */
class Caret implements LayerMarker {
  constructor(private readonly look: Look) {}

  eq(other: Caret): boolean {
    const keys = Object.keys(this.look) as (keyof Look)[];
    return keys.every((key) => this.look[key] === other.look[key]);
  }

  draw(): HTMLElement {
    const row = document.createElement('div');
    const [caret, space, flag] = ['caret', 'caret-space', 'caret-flag'].map((name) => {
      const part = document.createElement('span');
      part.className = name;
      return part;
    }) as [HTMLElement, HTMLElement, HTMLElement];
    row.append(caret, space, flag);
    this.#dress(row, caret, space, flag);
    return row;
  }

  /** The same element stays, so that a name can fade. */
  update(row: HTMLElement, before: Caret): boolean {
    if (before.look.name !== this.look.name || before.look.color !== this.look.color) return false;
    const [caret, space, flag] = row.children as unknown as [HTMLElement, HTMLElement, HTMLElement];
    this.#dress(row, caret, space, flag);
    return true;
  }

  #dress(row: HTMLElement, caret: HTMLElement, space: HTMLElement, flag: HTMLElement): void {
    const { name, own, lit, color, left, top, height, from, width } = this.look;
    row.className = `caret-row${lit ? ' lit' : ''}${own ? ' own' : ''}`;
    Object.assign(row.style, { left: `${from}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` });
    row.style.setProperty('--person', color);
    row.style.setProperty('--ink-on-person', inkOn(color));
    caret.style.left = `${left - 1}px`;
    space.style.width = `${Math.max(0, left - 1)}px`;
    flag.textContent = name;
  }
}

/** A dark colour on a dark page would hardly be seen. */
const SEEN = 'light-dark(var(--person), color-mix(in oklab, var(--person), white 38%))';

const caretTheme = EditorView.baseTheme({
  '.carets, .caret-selections': { pointerEvents: 'none' },
  '.caret-row': { display: 'flex', alignItems: 'flex-start', overflow: 'visible' },
  '.caret': { position: 'absolute', top: '0', height: '100%', width: '2px', background: SEEN, borderRadius: '1px' },
  '.caret-row.own .caret': { opacity: '0.5' },
  // It gives way first: the name is whole as long as the row is wide enough.
  '.caret-space': { flex: '0 1000 auto', minWidth: '0' },
  '.caret-flag': {
    flex: '0 1 auto',
    maxWidth: '100%',
    transform: 'translateY(-100%)',
    padding: '0 5px',
    borderRadius: '4px 4px 4px 0',
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    whiteSpace: 'nowrap',
    background: 'var(--person)',
    color: 'var(--ink-on-person)',
    font: '600 11px/16px var(--font-text)',
    opacity: '0',
    transition: 'opacity 0.15s',
  },
  '.caret-row.lit .caret-flag': { opacity: '1' },
  '.caret-selection': { background: `color-mix(in srgb, ${SEEN} 26%, transparent)` },
});
