// What is offered while one types code: the words of this cell and of the others, what the grammar knows, and what
// further sources (a kernel, which also knows what stands in strings) tell.
//
// Invariant: no key waits for it; nothing is offered unasked inside strings and comments; Enter at the end of a word that is
// already whole makes a new line.

import {
  acceptCompletion,
  autocompletion,
  closeCompletion,
  completeAnyWord,
  completeFromList,
  completionKeymap,
  completionStatus,
  currentCompletions,
  selectedCompletionIndex,
  type Completion,
  type CompletionContext,
  type CompletionResult,
  type CompletionSource,
} from '@codemirror/autocomplete';
import { syntaxTree } from '@codemirror/language';
import { Prec, type EditorState, type Extension } from '@codemirror/state';
import { keymap, ViewPlugin, type EditorView, type KeyBinding, type ViewUpdate } from '@codemirror/view';
import type { SyntaxNode } from '@lezer/common';

/** The words of other cells that begin with a letter, with how far away they stand. */
export type NearWords = (initial: string) => readonly { word: string; distance: number }[];

/** So many letters are typed before anything is offered unasked. */
const LETTERS = 2;
/** Who presses Enter or an arrow sooner after a list appeared has not seen it and means the text. */
const SEEN_MS = 100;
/** However far a cell is, its words come before nothing. */
const FARTHEST = 60;

export function completion(words: NearWords, sources: readonly CompletionSource[], whileTyping: boolean): Extension {
  const listed = new Listed();
  const given = completionKeymap.filter(({ key }) => key !== 'Enter' && key !== 'Escape').map(onceSeen);
  return [
    Prec.highest(keymap.of([...given, onceSeen({ key: 'Enter', run: accept }), { key: 'Tab', run: acceptCompletion }])),
    autocompletion({
      override: [inCode(listed.noting(known(words))), ...sources.map((source) => listed.without(source))],
      activateOnTyping: whileTyping,
      defaultKeymap: false,
      icons: false,
      maxRenderedOptions: 60,
      interactionDelay: 0,
    }),
    list,
  ];
}

/** What is offered at once, so that what is told later does not offer it again. */
class Listed {
  #labels: ReadonlySet<string> = new Set();

  noting(source: CompletionSource): CompletionSource {
    return async (context) => {
      const result = await source(context);
      this.#labels = new Set(result?.options.map(({ label }) => label));
      return result;
    };
  }

  without(source: CompletionSource): CompletionSource {
    return async (context) => {
      const result = await source(context);
      return result && { ...result, options: result.options.filter(({ label }) => !this.#labels.has(label)) };
    };
  }
}

/** Only where the grammar sees code; in the code inside a string too. */
function inCode(source: CompletionSource): CompletionSource {
  return (context) => (isCode(context.state, context.pos) ? source(context) : null);
}

export function isCode(state: EditorState, position: number): boolean {
  for (let node: SyntaxNode | null = syntaxTree(state).resolveInner(position, -1); node !== null; node = node.parent) {
    if (/interpolation|replacement|substitution/i.test(node.name)) return true;
    if (/comment|string|regexp?$|quote/i.test(node.name)) return false;
  }
  return true;
}

function known(words: NearWords): CompletionSource {
  return async (context) => {
    const typed = context.matchBefore(wordBefore(context));
    const letters = typed?.text.length ?? 0;
    if (!context.explicit && (letters < LETTERS || afterDigit(context, typed?.from ?? context.pos))) return null;
    const from = typed?.from ?? context.pos;
    const told = await Promise.all([...grammarSources(context), completeAnyWord].map((source) => source(context)));
    const results = told.filter((result) => result !== null);
    const here = results.filter((result) => result.from === from);
    // What begins elsewhere, as a tag does, stands alone.
    if (here.length === 0 && results[0]) return results[0];
    const near = letters > 0 ? words(context.state.sliceDoc(from, from + 1)) : [];
    return { from, options: merged(here, near), validFor: wholeWord(context) };
  };
}

function grammarSources({ state, pos }: CompletionContext): CompletionSource[] {
  const given = state.languageDataAt<CompletionSource | readonly (string | Completion)[]>('autocomplete', pos);
  return given.map((one) => (typeof one === 'function' ? one : completeFromList(one)));
}

/** Each word once: as the grammar tells it if it does, else as the nearest cell has it. */
function merged(results: readonly CompletionResult[], near: readonly { word: string; distance: number }[]): Completion[] {
  const options = new Map<string, Completion>();
  const several: Completion[] = [];
  for (const option of results.flatMap((result) => result.options)) {
    // Snippets of one name differ by what they say of themselves.
    if (!options.has(option.label)) options.set(option.label, option);
    else if (option.detail !== undefined) several.push(option);
  }
  for (const { word, distance } of near) if (!options.has(word)) options.set(word, { label: word, boost: -Math.min(distance, FARTHEST) });
  return [...options.values(), ...several];
}

/** The signs of a word in this language: R's have dots, Lisp's have dashes. */
function signs({ state, pos }: CompletionContext): string {
  const further = state.languageDataAt<string>('wordChars', pos).join('').replace(/[\]\\^-]/g, '\\$&');
  return `[\\p{L}\\p{M}\\p{N}_$${further}]`;
}

function wordBefore(context: CompletionContext): RegExp {
  return new RegExp(`[\\p{L}_$]${signs(context)}*`, 'u');
}

function wholeWord(context: CompletionContext): RegExp {
  return new RegExp(`^${signs(context)}*$`, 'u');
}

/** In `1e5` no word begins. */
function afterDigit({ state }: CompletionContext, from: number): boolean {
  return /\p{N}/u.test(state.sliceDoc(Math.max(0, from - 1), from));
}

/** The option that is nothing but what stands there already. */
function isWhole(state: EditorState, option: Completion | undefined): boolean {
  const { head } = state.selection.main;
  return option !== undefined && state.sliceDoc(Math.max(0, head - option.label.length), head) === option.label;
}

function accept(view: EditorView): boolean {
  if (completionStatus(view.state) !== 'active') return false;
  const untouched = (selectedCompletionIndex(view.state) ?? 0) === 0;
  if (!untouched || !currentCompletions(view.state).some((option) => isWhole(view.state, option))) return acceptCompletion(view);
  closeCompletion(view);
  return false;
}

class List {
  since = 0;

  constructor(private readonly view: EditorView) {}

  update({ state, startState }: ViewUpdate): void {
    if (completionStatus(state) !== 'active') return;
    if (completionStatus(startState) !== 'active') this.since = Date.now();
    // A list that has only the finished word itself to offer would keep the arrow keys for nothing.
    const [only, ...others] = currentCompletions(state);
    if (others.length === 0 && only?.apply === undefined && isWhole(state, only)) queueMicrotask(() => closeCompletion(this.view));
  }
}

const list = ViewPlugin.fromClass(List);

function onceSeen(binding: KeyBinding): KeyBinding {
  const { run } = binding;
  if (!run || binding.key?.includes('-')) return binding;
  return { ...binding, run: (view) => Date.now() - (view.plugin(list)?.since ?? 0) >= SEEN_MS && run(view) };
}
