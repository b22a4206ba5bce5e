// Other people's carets and selections in an editor, with their names, and the telling of our own.
//
// Invariant: a caret sits on a relative position, so it stays at its character whatever is typed around it; a name
// flag appears when its owner moves or types and goes by itself.

import { Annotation, RangeSet, type Extension, type Range } from '@codemirror/state';
import { Decoration, EditorView, ViewPlugin, WidgetType, type DecorationSet, type ViewUpdate } from '@codemirror/view';
import { ySyncAnnotation } from 'y-codemirror.next';
import type { Awareness } from 'y-protocols/awareness';
import * as Y from 'yjs';

import { others, place, type Cursor, type Person } from '../sync/presence';

const moved = Annotation.define<true>();

class CaretWidget extends WidgetType {
  constructor(
    private readonly name: string,
    private readonly color: string,
    /** Changes when the owner moves: only then the flag shows again. */
    private readonly place: string,
  ) {
    super();
  }

  override eq(other: CaretWidget): boolean {
    return other.name === this.name && other.color === this.color && other.place === this.place;
  }

  override toDOM(): HTMLElement {
    const caret = document.createElement('span');
    caret.className = 'caret';
    caret.style.setProperty('--person', this.color);
    caret.setAttribute('aria-hidden', 'true');
    const flag = document.createElement('span');
    flag.className = 'caret-flag';
    flag.textContent = this.name;
    // Word joiners keep the line from breaking around the caret.
    caret.append('\u2060', flag, '\u2060');
    return caret;
  }

  override ignoreEvent(): boolean {
    return true;
  }
}

export function carets(cell: string, text: Y.Text, awareness: Awareness): Extension {
  const plugin = ViewPlugin.define((view) => new Carets(view, cell, text, awareness), {
    decorations: (carets) => carets.decorations,
  });
  return [plugin, caretTheme];
}

class Carets {
  decorations: DecorationSet = Decoration.none;
  #signature = '';

  constructor(
    private readonly view: EditorView,
    private readonly cell: string,
    private readonly text: Y.Text,
    private readonly awareness: Awareness,
  ) {
    awareness.on('change', this.#changed);
    this.#signature = JSON.stringify(this.#here());
    this.#draw();
  }

  update(update: ViewUpdate): void {
    // What came from others is in the text already, and a caret at its very end has moved along without a word.
    const fromText = ({ transactions }: ViewUpdate) =>
      transactions.some((transaction) => transaction.annotation(moved) ?? transaction.annotation(ySyncAnnotation));
    if (fromText(update)) this.#draw();
    else if (update.docChanged) this.decorations = this.decorations.map(update.changes);
    if (update.selectionSet || update.docChanged || update.focusChanged) this.#tellOwn();
  }

  destroy(): void {
    this.awareness.off('change', this.#changed);
  }

  readonly #changed = ({ added, updated, removed }: { [what in 'added' | 'updated' | 'removed']: number[] }): void => {
    // Our own place is told from within an update of this view, in which it must not be updated again.
    if ([...added, ...updated, ...removed].every((client) => client === this.awareness.clientID)) return;
    const people = this.#here();
    const signature = JSON.stringify(people);
    if (signature === this.#signature) return;
    this.#signature = signature;
    this.view.dispatch({ annotations: moved.of(true) });
  };

  /** People of whom it is known that they are in another cell are passed over cheaply. */
  #here(): Person[] {
    return others(this.awareness).filter((person) => person.cursors.length > 0 && (person.cell === null || person.cell === this.cell));
  }

  #draw(): void {
    const ranges = this.#here().flatMap((person) => person.cursors.flatMap((cursor) => this.#ranges(person, cursor)));
    this.decorations = RangeSet.of(ranges, true);
  }

  #ranges(person: Person, cursor: Cursor): Range<Decoration>[] {
    const anchor = this.#offset(cursor.anchor);
    const head = this.#offset(cursor.head);
    if (anchor === undefined || head === undefined) return [];
    const ranges: Range<Decoration>[] = [];
    if (anchor !== head) {
      const mark = Decoration.mark({ class: 'caret-selection', attributes: { style: `--person: ${person.color}` } });
      ranges.push(mark.range(Math.min(anchor, head), Math.max(anchor, head)));
    }
    const widget = new CaretWidget(person.name, person.color, `${person.client}:${JSON.stringify(cursor)}`);
    ranges.push(Decoration.widget({ widget, side: head >= anchor ? -1 : 1 }).range(head));
    return ranges;
  }

  #offset(position: unknown): number | undefined {
    const { doc } = this.text;
    if (doc === null) return undefined;
    try {
      const absolute = Y.createAbsolutePositionFromRelativePosition(Y.createRelativePositionFromJSON(position), doc);
      return absolute?.type === this.text ? Math.min(absolute.index, this.view.state.doc.length) : undefined;
    } catch {
      // A position made by a client that means something else by it.
      return undefined;
    }
  }

  /** A window that lost the focus keeps its caret at the others, an editor that lost it to another does not. */
  #tellOwn(): void {
    if (!this.view.hasFocus) return;
    const cursors = this.view.state.selection.ranges.map((range, index) => ({
      anchor: Y.relativePositionToJSON(Y.createRelativePositionFromTypeIndex(this.text, range.anchor)),
      head: Y.relativePositionToJSON(Y.createRelativePositionFromTypeIndex(this.text, range.head)),
      primary: index === this.view.state.selection.mainIndex,
      empty: range.empty,
    }));
    place(this.awareness, this.cell, cursors);
  }
}

const caretTheme = EditorView.baseTheme({
  '.caret': {
    position: 'relative',
    borderLeft: '2px solid var(--person)',
    marginLeft: '-1px',
    marginRight: '-1px',
    pointerEvents: 'none',
  },
  '.caret-flag': {
    position: 'absolute',
    left: '-2px',
    bottom: '100%',
    padding: '0 5px',
    borderRadius: '4px 4px 4px 0',
    background: 'var(--person)',
    color: '#fff',
    font: '600 11px/16px var(--font-text)',
    whiteSpace: 'nowrap',
    zIndex: '3',
    opacity: '0',
    animation: 'caret-flag 2.2s linear',
  },
  '.caret-selection': { backgroundColor: 'color-mix(in srgb, var(--person) 26%, transparent)' },
});
