// The tools of blocks of code inside an answer, put into nodes that Svelte did not make.

import { mount, unmount } from 'svelte';

import type { CodeBlock } from '../state/codeBlocks';
import CodeTools from './CodeTools.svelte';
import type { NotebookModel } from './notebook.svelte';
import type { Prompting } from './prompting.svelte';

export function codeTools(model: NotebookModel, cell: string, prompting: Prompting) {
  return (block: Element, number: number): (() => void) => {
    const tools = mount(CodeTools, {
      target: block,
      // Before the code: it floats beside the first line.
      ...(block.firstChild ? { anchor: block.firstChild } : {}),
      props: {
        oncopy: () => void prompting.copyCode(codeOf(block)),
        oninsert: model.readOnly ? undefined : () => prompting.insert(cell, codeOf(block), number),
      },
    });
    return () => void unmount(tools);
  };
}

/** As it stands there when it is taken: the block may still be growing. */
function codeOf(block: Element): CodeBlock {
  const code = block.querySelector(':scope > code');
  const language = /(?:^|\s)language-(\S+)/.exec(code?.className ?? '')?.[1] ?? '';
  return { language: language.toLowerCase(), text: (code?.textContent ?? '').replace(/\n$/, '') };
}
