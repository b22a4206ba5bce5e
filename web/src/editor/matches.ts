// What was found, marked in an editor. Draws only; what is found is told from outside.
//
// Invariant: a mark moves with its text until new ones are told, and drawing them never changes text or selection.

import { Annotation, type Extension, RangeSetBuilder } from '@codemirror/state';
import { Decoration, EditorView, ViewPlugin, type DecorationSet, type ViewUpdate } from '@codemirror/view';

export interface Marks {
  /** Where in the text of a cell something was found, in order. */
  spans(cell: string): readonly { from: number; to: number }[];
  /** Where the one begins that the person is at; undefined when it is not in this cell. */
  current(cell: string): number | undefined;
  /** Tells when the marks of a cell are others. */
  onCell(cell: string, listener: () => void): () => void;
}

const redraw = Annotation.define<true>();
const match = Decoration.mark({ class: 'find-match' });
const currentMatch = Decoration.mark({ class: 'find-match find-current' });

export function matches(cell: string, marks: Marks): Extension {
  const plugin = ViewPlugin.define((view) => new Matches(view, cell, marks), { decorations: (drawn) => drawn.decorations });
  return [plugin, matchTheme];
}

class Matches {
  decorations: DecorationSet;
  readonly #stop: () => void;

  constructor(
    private readonly view: EditorView,
    private readonly cell: string,
    private readonly marks: Marks,
  ) {
    this.decorations = this.#drawn();
    this.#stop = marks.onCell(cell, () => view.dispatch({ annotations: redraw.of(true) }));
  }

  update(update: ViewUpdate): void {
    const told = update.transactions.some((transaction) => transaction.annotation(redraw));
    if (told) this.decorations = this.#drawn();
    else if (update.docChanged) this.decorations = this.decorations.map(update.changes);
  }

  destroy(): void {
    this.#stop();
  }

  /** What was found in a text that has grown shorter meanwhile is left out: it is searched again. */
  #drawn(): DecorationSet {
    const builder = new RangeSetBuilder<Decoration>();
    const { length } = this.view.state.doc;
    const current = this.marks.current(this.cell);
    for (const { from, to } of this.marks.spans(this.cell)) {
      if (from < to && to <= length) builder.add(from, to, from === current ? currentMatch : match);
    }
    return builder.finish();
  }
}

const matchTheme = EditorView.baseTheme({
  '.find-match': { backgroundColor: 'var(--found)', borderRadius: '2px', boxShadow: '0 0 0 1px var(--found)' },
  '.find-current': { backgroundColor: 'var(--found-now)', color: 'var(--on-found-now)', boxShadow: '0 0 0 1px var(--found-now)' },
  '.find-current *': { color: 'inherit !important' },
});
