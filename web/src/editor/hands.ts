// What helps whoever writes: keys, brackets, completion, marks of what is selected. Loaded when somebody begins to
// write, so that reading a notebook does not wait for it.

import { closeBrackets } from '@codemirror/autocomplete';
import { bracketMatching, indentOnInput } from '@codemirror/language';
import { highlightSelectionMatches } from '@codemirror/search';
import type { Extension } from '@codemirror/state';

import { completion, type NearWords } from './completion';
import { inspection } from './inspection';
import { kernelCompletion, tabAsks, type KernelHelp } from './kernelHelp';
import { surround, textKeys } from './keys';
import { writing } from './writing';

export interface Wanted {
  prose: boolean;
  closeBrackets: boolean;
  completeWhileTyping: boolean;
  words: NearWords;
  kernel: KernelHelp | undefined;
}

export function hands(wanted: Wanted): Extension {
  return [wanted.prose ? [writing, surround] : code(wanted), textKeys, highlightSelectionMatches({ minSelectionLength: 2 })];
}

function code({ closeBrackets: closes, completeWhileTyping, words, kernel }: Wanted): Extension {
  const asked = kernel ? [inspection(kernel), tabAsks(kernel)] : [];
  const sources = kernel ? [kernelCompletion(kernel)] : [];
  return [indentOnInput(), bracketMatching(), closes ? closeBrackets() : [], completion(words, sources, completeWhileTyping), asked];
}
