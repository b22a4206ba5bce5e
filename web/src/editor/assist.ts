// What helps somebody who writes in an editor and is not needed to show it: completion, brackets that close themselves,
// other places of what is selected. Loaded once the first editor stands.
//
// Invariant: an editor without it takes every key; that it comes changes neither text nor selection.

import { clearSnippet, closeBrackets, closeBracketsKeymap, closeCompletion, currentCompletions, type CompletionSource } from '@codemirror/autocomplete';
import { highlightSelectionMatches, selectNextOccurrence, selectSelectionMatches } from '@codemirror/search';
import { Prec, type Extension } from '@codemirror/state';
import { keymap, type EditorView, type KeyBinding } from '@codemirror/view';

import { completion, type NearWords } from './completion';

const selectingKeys: readonly KeyBinding[] = [
  { key: 'Mod-d', run: selectNextOccurrence, preventDefault: true },
  { key: 'Mod-Shift-l', run: selectSelectionMatches, preventDefault: true },
];

/** In every editor. */
export const inAnyText: Extension = [highlightSelectionMatches({ minSelectionLength: 2 }), keymap.of([...selectingKeys])];

/** In editors of code. */
export function inCode(words: NearWords, sources: readonly CompletionSource[], closes: boolean, whileTyping: boolean): Extension {
  return [
    Prec.highest(keymap.of([{ key: 'Escape', run: closeOpen }])),
    closes ? closeBrackets() : [],
    keymap.of([...closeBracketsKeymap]),
    completion(words, sources, whileTyping),
  ];
}

/** What is open goes before the editor is left: a list, then the fields of a snippet. */
function closeOpen(view: EditorView): boolean {
  const listed = currentCompletions(view.state).length > 0;
  // One that is still being asked for would open over the cell that was left.
  closeCompletion(view);
  return listed || clearSnippet(view);
}
