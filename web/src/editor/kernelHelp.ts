// What a kernel can tell whoever writes, and the completion that comes of it.
//
// Invariant: no key waits for a kernel, one that is busy is not asked, and an answer that comes too late is dropped.

import { startCompletion, type Completion, type CompletionContext, type CompletionResult, type CompletionSource } from '@codemirror/autocomplete';
import { Prec, type EditorState, type Extension } from '@codemirror/state';
import { keymap, type EditorView } from '@codemirror/view';

import { isCode } from './completion';

export interface Completions {
  matches: readonly { text: string; type?: string }[];
  /** What the matches take the place of, in UTF-16 units of the code. */
  start: number;
  end: number;
}

export interface KernelHelp {
  /** It may be asked now. */
  answers(): boolean;
  complete(code: string, cursor: number, signal: AbortSignal): Promise<Completions>;
  /** What it knows of the name at the cursor, as a terminal shows it; empty when it knows nothing. */
  inspect(code: string, cursor: number, signal: AbortSignal): Promise<string>;
}

/** So many letters are typed before it is asked unasked. */
const LETTERS = 2;
const NAME = /[\p{L}\p{M}\p{N}_]*$/u;
const WORD = /^[\p{L}\p{M}\p{N}_]*$/u;

/** Completions by the kernel: unasked behind some letters or a dot, and wherever they are asked for. */
export function kernelCompletion(kernel: KernelHelp): CompletionSource {
  return async (context) => {
    if (!context.explicit && !isWorthAsking(context)) return null;
    if (!kernel.answers()) return nothing(context);
    const stop = new AbortController();
    context.addEventListener('abort', () => stop.abort());
    const answer = await kernel.complete(context.state.doc.toString(), context.pos, stop.signal).catch(() => undefined);
    if (!answer || answer.matches.length === 0 || answer.start > context.pos || answer.end < context.pos) return nothing(context);
    return { from: answer.start, to: answer.end, options: answer.matches.map(option), validFor: WORD };
  };
}

/** Holds until the name ends. Of no answer at all the list would wait at each further letter, and not be taken from. */
function nothing({ state, pos }: CompletionContext): CompletionResult {
  return { from: pos - (NAME.exec(lineBefore(state, pos))?.[0].length ?? 0), options: [], validFor: WORD };
}

function isWorthAsking({ state, pos }: CompletionContext): boolean {
  const before = lineBefore(state, pos);
  const name = NAME.exec(before)?.[0] ?? '';
  const member = before.slice(0, before.length - name.length).endsWith('.') && !/^\d/.test(name) && /[\p{L}\p{N}_)\]"']\.$/u.test(before.slice(0, before.length - name.length));
  return isCode(state, pos) && (member || (name.length >= LETTERS && !/^\d/.test(name)));
}

/** Names that a library keeps for itself come last. */
function option({ text, type }: { text: string; type?: string }): Completion {
  const boost = /^\.?__/.test(text) ? -40 : /^\.?_/.test(text) ? -20 : 0;
  return { label: text, boost, ...(type === undefined || /unknown/.test(type) ? {} : { detail: type }) };
}

/** Behind a name or a dot Tab asks the kernel, where there is one; elsewhere it indents. */
export function tabAsks(kernel: KernelHelp): Extension {
  return Prec.high(keymap.of([{ key: 'Tab', run: (view) => kernel.answers() && standsBehindName(view) && startCompletion(view) }]));
}

/** With nothing selected and a name, a dot or an open quote just before the caret. */
function standsBehindName({ state }: EditorView): boolean {
  const { main, ranges } = state.selection;
  return main.empty && ranges.length === 1 && !state.readOnly && /[\p{L}\p{M}\p{N}_.'"/]$/u.test(lineBefore(state, main.head));
}

export function lineBefore(state: EditorState, position: number): string {
  const line = state.doc.lineAt(position);
  return line.text.slice(0, position - line.from);
}
