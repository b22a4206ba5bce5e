// Keeps the text of an editor and a cell's Y.Text the same, both ways. Of our own making because no library has this:
//
// While an input method puts signs together, the browser owns the piece of text they stand in; whoever redraws it ends
// the composition and leaves its halves behind. What others write inside that very piece is held until the composition
// is done. Everything else is shown at once, and what is typed here always reaches the document at once.
//
// Invariant: the editor's text, changed by what is held, is the Y.Text; nothing is held but during a composition.

import { Annotation, Facet, type ChangeSet, type Extension } from '@codemirror/state';
import { ViewPlugin, type EditorView, type ViewUpdate } from '@codemirror/view';
import type * as Y from 'yjs';

import { Held, type Range } from './held';
import { Typing } from './typing';

interface Bound {
  text: Y.Text;
  origin: Typing;
}

const bound = Facet.define<Bound, Bound | undefined>({ combine: (all) => all[0] });

/** Marks what came from the document. */
export const fromDocument = Annotation.define<true>();

/** Browsers still change the text a moment after they said that the composition ended. */
const SETTLED_MS = 60;

export function binding(text: Y.Text): Extension {
  return [bound.of({ text, origin: new Typing() }), plugin];
}

/** Where a position of the editor is in the Y.Text. */
export function indexOf(view: EditorView, position: number): number {
  return view.plugin(plugin)?.held.indexOf(position) ?? position;
}

/** Where an index of the Y.Text is in the editor. */
export function positionOf(view: EditorView, index: number): number {
  const position = view.plugin(plugin)?.held.positionOf(index) ?? index;
  return Math.min(position, view.state.doc.length);
}

class Binding {
  readonly held = new Held();
  readonly #bound: Bound;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly view: EditorView) {
    const found = view.state.facet(bound);
    if (!found) throw new Error('An editor is bound to a text.');
    this.#bound = found;
    this.#bound.text.observe(this.#came);
    view.contentDOM.addEventListener('compositionend', this.#showSoon);
    view.contentDOM.addEventListener('blur', this.#showSoon);
  }

  update(update: ViewUpdate): void {
    const typed = update.transactions.filter((transaction) => transaction.docChanged && !transaction.annotation(fromDocument));
    for (const { changes } of typed) this.#write(changes);
    if (!this.held.empty && !this.view.compositionStarted) this.#showSoon();
  }

  destroy(): void {
    clearTimeout(this.#timer);
    this.#bound.text.unobserve(this.#came);
    this.view.contentDOM.removeEventListener('compositionend', this.#showSoon);
    this.view.contentDOM.removeEventListener('blur', this.#showSoon);
  }

  #write(changes: ChangeSet): void {
    const { text, origin } = this.#bound;
    const there = this.held.typed(changes);
    text.doc?.transact(() => {
      let shift = 0;
      there.iterChanges((from, to, _from, _to, inserted) => {
        const insert = inserted.toString();
        if (to > from) text.delete(from + shift, to - from);
        if (insert !== '') text.insert(from + shift, insert);
        shift += insert.length - (to - from);
      });
    }, origin);
  }

  readonly #came = (event: Y.YTextEvent, { origin }: Y.Transaction): void => {
    if (origin === this.#bound.origin) return;
    this.held.take(specOf(event.delta), this.view.state.doc.length);
    this.#show();
  };

  readonly #showSoon = (): void => {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#show(), SETTLED_MS);
  };

  /** Shows what is held, but for what lies in the piece of text that is being composed. */
  #show(): void {
    const changes = this.held.release(composed(this.view));
    if (changes) this.view.dispatch({ changes, annotations: fromDocument.of(true) });
  }
}

const plugin = ViewPlugin.fromClass(Binding);

/** The piece of text that belongs to the browser now. An EditContext keeps its own copy and needs none. */
function composed(view: EditorView): Range | undefined {
  if (!view.compositionStarted || ('editContext' in view.contentDOM && view.contentDOM.editContext)) return undefined;
  const node = (view.root as Document).getSelection()?.focusNode;
  if (!node || node.nodeType !== Node.TEXT_NODE || !view.contentDOM.contains(node)) return undefined;
  const from = view.posAtDOM(node, 0);
  return { from, to: from + (node.nodeValue?.length ?? 0) };
}

function specOf(delta: Y.YTextEvent['delta']): (Range & { insert: string })[] {
  const specs: (Range & { insert: string })[] = [];
  let position = 0;
  for (const { retain, delete: deleted, insert } of delta) {
    if (typeof insert === 'string') specs.push({ from: position, to: position, insert });
    else if (deleted !== undefined) specs.push({ from: position, to: (position += deleted), insert: '' });
    else position += retain ?? 0;
  }
  return specs;
}
