// The text of a part of the page as it stands there, and the way from a place in it to the nodes.
//
// Invariant: nothing of the page is changed.

import type { Span } from '../state/find';

/** Each begins a line of its own. */
const BLOCKS = 'p, li, h1, h2, h3, h4, h5, h6, pre, td, th, blockquote, dt, dd, div, summary, section';
/** Not read as text: formulas, icons, what only others hear. */
const PASSED_OVER = '.katex, svg, .sr-only, [aria-hidden="true"], button, iframe, script, style';

export class ShownText {
  readonly text: string;
  readonly #nodes: { node: Text; from: number }[] = [];

  constructor(root: Element) {
    let text = '';
    let block: Element | null = null;
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode() as Text | null; node; node = walker.nextNode() as Text | null) {
      const parent = node.parentElement;
      if (!parent || node.data === '' || parent.closest(PASSED_OVER)) continue;
      const own = parent.closest(BLOCKS);
      if (text !== '' && own !== block) text += '\n';
      block = own;
      this.#nodes.push({ node, from: text.length });
      text += node.data;
    }
    this.text = text;
  }

  /** Undefined when the page has changed meanwhile. */
  range({ from, to }: Span): Range | undefined {
    const start = this.#at(from, 'start');
    const end = this.#at(to, 'end');
    if (!start?.node.isConnected || !end?.node.isConnected) return undefined;
    const range = document.createRange();
    range.setStart(start.node, Math.min(start.offset, start.node.length));
    range.setEnd(end.node, Math.min(end.offset, end.node.length));
    return range;
  }

  /** An end belongs to the node before it, a start to the one behind. */
  #at(place: number, side: 'start' | 'end'): { node: Text; offset: number } | undefined {
    const found = this.#nodes.findLast(({ from }) => (side === 'start' ? from <= place : from < place)) ?? this.#nodes[0];
    return found && { node: found.node, offset: Math.max(0, place - found.from) };
  }
}
