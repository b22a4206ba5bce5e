// Shows a new drawing of a note where the old one stands, leaving alone all that did not change.
//
// Invariant: a part whose drawing is the same stays the same nodes: a selection in it, an open fold, a focused box and
// what was set into it later (formulas, colours, diagrams) survive what others write elsewhere in the note. What only
// grows, as an answer that streams in, keeps the selection in what was there.

/** Parts that are filled in after they were drawn: their nodes differ from the drawing, so they are replaced whole. */
const FILLED_LATER = 'pre, .formula, .formula-block';

/**
 * Blocks of code whose text changed in place, until they are coloured anew: replaced whole they would flicker while they
 * grow, and scroll back to their beginning.
 */
export const rewritten = new WeakMap<Element, string>();

/** `shown` stands as `old` was drawn; afterwards it stands as `next` is drawn. */
export function patch(shown: ParentNode & Node, old: Node, next: Node): void {
  const [before, after, live] = [[...old.childNodes], [...next.childNodes], [...shown.childNodes]];
  const start = commonStart(before, after);
  const end = commonEnd(before, after, start);
  const gone = before.length - start - end;
  const come = after.length - start - end;
  const behind = live[start + gone] ?? null;
  for (let index = start; index < start + Math.max(gone, come); index += 1) {
    const [node, from, to] = [live[index], before[index], after[index]];
    if (index >= start + come) node?.remove();
    else if (index >= start + gone) shown.insertBefore(to!.cloneNode(true), behind);
    else change(node as ChildNode, from as Node, to as Node);
  }
}

function commonStart(before: readonly Node[], after: readonly Node[]): number {
  let length = 0;
  while (length < before.length && length < after.length && before[length]?.isEqualNode(after[length] ?? null)) length += 1;
  return length;
}

function commonEnd(before: readonly Node[], after: readonly Node[], start: number): number {
  const most = Math.min(before.length, after.length) - start;
  let length = 0;
  while (length < most && before.at(-1 - length)?.isEqualNode(after.at(-1 - length) ?? null)) length += 1;
  return length;
}

function change(live: ChildNode, from: Node, to: Node): void {
  if (from.isEqualNode(to)) return;
  if (live instanceof Text && to instanceof Text) changeText(live, to.data);
  else if (rewritesCode(live, from, to)) rewritten.set(codeIn(live) as Element, to.textContent ?? '');
  else if (live instanceof Element && from instanceof Element && to instanceof Element && standsAs(live, from, to)) {
    changeAttributes(live, from, to);
    patch(live, from, to);
  } else live.replaceWith(to.cloneNode(true));
}

/** A selection stays where text is only added. */
function changeText(live: Text, text: string): void {
  if (text.startsWith(live.data)) live.appendData(text.slice(live.data.length));
  else live.data = text;
}

/** Whether a block of code is the same but for its text. Diagrams are drawn in place of theirs. */
function rewritesCode(live: Node, from: Node, to: Node): boolean {
  const [shown, before, after] = [live, from, to].map((node) => codeIn(node)?.className);
  return after !== undefined && shown === before && before === after && after !== 'language-mermaid' && to.childNodes.length === 1;
}

/** Beside the code there may be tools for it. */
function codeIn(block: Node): Element | undefined {
  return block instanceof Element && block.matches('pre') ? [...block.children].find((child) => child.matches('code')) : undefined;
}

function standsAs(live: Element, from: Element, to: Element): boolean {
  const alike = live.tagName === from.tagName && from.tagName === to.tagName && live.childNodes.length === from.childNodes.length;
  return alike && !live.matches(FILLED_LATER) && !to.matches(FILLED_LATER);
}

/** Only what differs between the drawings: what the reader did (a fold opened) is in neither. */
function changeAttributes(live: Element, from: Element, to: Element): void {
  for (const name of new Set([...from.getAttributeNames(), ...to.getAttributeNames()])) {
    const value = to.getAttribute(name);
    if (from.getAttribute(name) === value) continue;
    if (value === null) live.removeAttribute(name);
    else live.setAttribute(name, value);
    if (live instanceof HTMLInputElement && name === 'checked') live.checked = value !== null;
  }
}
