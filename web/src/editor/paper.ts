// A long text laid out in pieces, so that a page with megabytes of it stays quick: pieces out of sight are not laid out,
// and what takes long is written a little at a time.
//
// Invariant: a piece that did not change keeps its node, and with it somebody's selection.

import { AnsiPainter } from './ansi';

interface Piece {
  text: string;
  node: HTMLElement;
  /** Its painter at its end, where the next piece begins. */
  painter: AnsiPainter;
}

/** Of each sixtieth of a second: the rest is for typing. */
const SLICE_MS = 8;
/** From so many pieces on they are laid out one by one. */
const MANY = 3;
const LINE_PX = 20.64;

export class Paper {
  #pieces: Piece[] = [];
  #unseen = '';
  #next: number | undefined;

  constructor(private readonly root: HTMLElement) {}

  /** Shows the pieces; `unseen` is the text before them, which is not shown but may have left a colour switched on. */
  write(texts: readonly string[], unseen = ''): void {
    this.stop();
    const kept = unseen === this.#unseen ? this.#alike(texts) : 0;
    this.#unseen = unseen;
    this.#pieces.splice(kept).forEach(({ node }) => node.remove());
    this.#continue(texts);
  }

  stop(): void {
    if (this.#next !== undefined) clearTimeout(this.#next);
    this.#next = undefined;
  }

  #alike(texts: readonly string[]): number {
    const different = this.#pieces.findIndex(({ text }, index) => text !== texts[index]);
    return different < 0 ? Math.min(this.#pieces.length, texts.length) : different;
  }

  #continue(texts: readonly string[]): void {
    this.#next = undefined;
    const end = performance.now() + SLICE_MS;
    while (this.#pieces.length < texts.length) {
      this.#add(texts[this.#pieces.length] as string, texts.length >= MANY);
      if (performance.now() > end) return this.#later(texts);
    }
    this.root.removeAttribute('aria-busy');
  }

  #later(texts: readonly string[]): void {
    this.root.setAttribute('aria-busy', 'true');
    this.#next = window.setTimeout(() => this.#continue(texts));
  }

  #add(text: string, one: boolean): void {
    const painter = this.#pieces.at(-1)?.painter.fork() ?? this.#first();
    const node = document.createElement('div');
    node.append(painter.paint(text));
    if (one) node.style.cssText = `content-visibility:auto;contain-intrinsic-size:auto ${Math.ceil(text.split('\n').length * LINE_PX)}px`;
    this.root.append(node);
    this.#pieces.push({ text, node, painter });
  }

  #first(): AnsiPainter {
    const painter = new AnsiPainter();
    painter.pass(this.#unseen);
    return painter;
  }
}
