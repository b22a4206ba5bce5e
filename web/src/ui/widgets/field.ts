// A native text field and a text that others write in too.
//
// Invariant: what is typed here becomes the smallest edit of the text at once; what others write moves neither caret nor
// selection nor the part that is in sight, and waits while a word is being composed. Undo takes back what was typed here
// and nothing else.

import type { Attachment } from 'svelte/attachments';
import * as Y from 'yjs';

import { isReadOnly } from '../../doc/guard';
import { carried, smallestEdit, type Edit, type Step } from '../../doc/widgets/typing';

type Field = HTMLInputElement | HTMLTextAreaElement;

/** Keys that follow each other faster are taken back together. */
const ONE_STEP_MS = 600;

export function boundTo(text: Y.Text): Attachment<Field> {
  return (element) => {
    const bound = new BoundField(element, text);
    return () => bound.destroy();
  };
}

/** A word that is being composed: what others write meanwhile is not shown, or the browser would lose the word. */
interface Composition {
  /** Its ends in the text, whatever others write. */
  start: Y.RelativePosition;
  end: Y.RelativePosition;
  /** How many letters the field shows before and after it. */
  before: number;
  after: number;
  /** Others have written: field and text differ by that. */
  behind: boolean;
}

class BoundField {
  /** What the element showed when it was last in step with what is typed here. */
  #shown: string;
  #composition: Composition | undefined;
  readonly #origin = Symbol('typed in a field');
  readonly #history: Y.UndoManager;

  constructor(
    private readonly element: Field,
    private readonly text: Y.Text,
  ) {
    this.#shown = text.toString();
    element.value = this.#shown;
    this.#history = new Y.UndoManager(text, { trackedOrigins: new Set([this.#origin]), captureTimeout: ONE_STEP_MS });
    text.observe(this.#written);
    element.addEventListener('input', this.#typed);
    element.addEventListener('compositionstart', this.#composes);
    element.addEventListener('compositionend', this.#composed);
    element.addEventListener('beforeinput', this.#beforeInput as EventListener);
    element.addEventListener('keydown', this.#keyed as EventListener);
  }

  destroy(): void {
    const { element, text } = this;
    text.unobserve(this.#written);
    element.removeEventListener('input', this.#typed);
    element.removeEventListener('compositionstart', this.#composes);
    element.removeEventListener('compositionend', this.#composed);
    element.removeEventListener('beforeinput', this.#beforeInput as EventListener);
    element.removeEventListener('keydown', this.#keyed as EventListener);
    this.#history.destroy();
  }

  readonly #typed = (): void => {
    const { element, text } = this;
    const before = this.#shown;
    const edit = smallestEdit(before, element.value, element.selectionEnd ?? element.value.length);
    this.#shown = element.value;
    if (!edit) return;
    const { at, remove } = this.#composition?.behind ? this.#inText(edit, before, this.#composition) : edit;
    text.doc?.transact(() => {
      if (remove > 0) text.delete(at, remove);
      if (edit.insert !== '') text.insert(at, edit.insert);
    }, this.#origin);
  };

  /** Where an edit in a composed word belongs in a text that has moved on. What is not sure to be one's own is not deleted. */
  #inText({ at, remove }: Pick<Edit, 'at' | 'remove'>, before: string, { start, end, ...around }: Composition): { at: number; remove: number } {
    const word = before.slice(around.before, before.length - around.after);
    const [from, to] = [this.#place(start), this.#place(end)];
    const found = this.text.toString().slice(from, to).indexOf(word);
    const inside = at >= around.before && at + remove <= before.length - around.after;
    return found < 0 || !inside ? { at: to, remove: 0 } : { at: from + found + at - around.before, remove };
  }

  #place(position: Y.RelativePosition): number {
    const { doc } = this.text;
    return (doc && Y.createAbsolutePositionFromRelativePosition(position, doc)?.index) ?? this.text.length;
  }

  readonly #written = (event: Y.YTextEvent): void => {
    if (event.transaction.origin === this.#origin) return;
    if (this.#composition) this.#composition.behind = true;
    else this.#show((at) => carried(at, event.delta as Step[]));
  };

  readonly #composes = (): void => {
    const { element, text } = this;
    const [start, end] = [element.selectionStart ?? 0, element.selectionEnd ?? 0];
    this.#composition = {
      start: Y.createRelativePositionFromTypeIndex(text, start, -1),
      end: Y.createRelativePositionFromTypeIndex(text, end),
      before: start,
      after: this.#shown.length - end,
      behind: false,
    };
  };

  readonly #composed = (): void => {
    this.#typed();
    const composition = this.#composition;
    this.#composition = undefined;
    if (composition?.behind) this.#show((at) => this.#inText({ at, remove: 0 }, this.#shown, composition).at);
  };

  readonly #beforeInput = (event: InputEvent): void => {
    if (event.inputType === 'historyUndo') this.#replay(event, 'undo');
    if (event.inputType === 'historyRedo') this.#replay(event, 'redo');
  };

  readonly #keyed = (event: KeyboardEvent): void => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
    const key = event.key.toLowerCase();
    if (key === 'z') this.#replay(event, event.shiftKey ? 'redo' : 'undo');
    if (key === 'y') this.#replay(event, 'redo');
  };

  #replay(event: Event, way: 'undo' | 'redo'): void {
    event.preventDefault();
    const { doc } = this.text;
    if (this.element.readOnly || this.#composition || !doc || isReadOnly(doc)) return;
    this.#history[way]();
  }

  /** The text as it is now, the caret between the same letters as before. */
  #show(moved: (at: number) => number): void {
    const { element, text } = this;
    const { selectionStart, selectionEnd, selectionDirection, scrollTop, scrollLeft } = element;
    const [start, end] = [moved(selectionStart ?? 0), moved(selectionEnd ?? 0)];
    const now = text.toString();
    this.#shown = now;
    if (element.value === now) return;
    element.value = now;
    element.setSelectionRange(start, end, selectionDirection ?? 'none');
    element.scrollTop = scrollTop;
    element.scrollLeft = scrollLeft;
  }
}
