// What helps whoever writes: keys, brackets, completion, marks of what is selected. Loaded when somebody begins to
// write, so that reading a notebook does not wait for it.

import { closeBrackets, type CompletionSource } from '@codemirror/autocomplete';
import { bracketMatching, indentOnInput } from '@codemirror/language';
import { highlightSelectionMatches } from '@codemirror/search';
import type { Extension } from '@codemirror/state';

import { completion, type NearWords } from './completion';
import { surround, textKeys } from './keys';
import { writing } from './writing';

export interface Wanted {
  prose: boolean;
  closeBrackets: boolean;
  completeWhileTyping: boolean;
  words: NearWords;
  sources: readonly CompletionSource[];
}

export function hands(wanted: Wanted): Extension {
  return [wanted.prose ? [writing, surround] : code(wanted), textKeys, highlightSelectionMatches({ minSelectionLength: 2 })];
}

function code({ closeBrackets: closes, completeWhileTyping, words, sources }: Wanted): Extension {
  return [indentOnInput(), bracketMatching(), closes ? closeBrackets() : [], completion(words, sources, completeWhileTyping)];
}
