// What this person does with the prompts of a notebook beside running them: drafts for themselves, editing answers,
// making cells of what was answered.
//
// Invariant: everything that makes cells goes through the session's History, so that it can be taken back.

import { SvelteMap, SvelteSet } from 'svelte/reactivity';

import { answerText, saidIn } from '../doc/answer';
import { setTelling, setThinking, thinksFirst } from '../doc/asking';
import { kindOf, sourceOf, tellingOf, type Telling } from '../doc/cell';
import { sourceHash } from '../doc/runs';
import { codeIn } from '../editor/markup';
import { cellOf, isRunnable, placeFor, type CodeBlock } from '../state/codeBlocks';
import { asking } from '../text/asking';
import { copyText } from './clipboard';
import { Draft } from './draft.svelte';
import type { NotebookModel } from './notebook.svelte';
import { toasts } from './toasts.svelte';

const says = asking;

export class Prompting {
  /** Cells whose answers are shown as text to be edited. */
  readonly editing = new SvelteSet<string>();
  /** Cells whose thinking is unfolded. */
  readonly unfolded = new SvelteSet<string>();
  readonly #drafts = new SvelteMap<string, Draft>();
  /** Cells that were made of blocks of an answer, by the number of the block. */
  readonly #made = new Map<string, Map<string, number>>();

  constructor(private readonly model: NotebookModel) {
    model.atEnd(() => this.#leave());
  }

  draft(cell: string): Draft | undefined {
    return this.#drafts.get(cell);
  }

  /** Asks for an answer that nobody else sees. */
  askForMe(cell: string): void {
    const map = this.model.session.notebook.cell(cell);
    if (!map || this.#refuses(cell)) return;
    const source = sourceOf(map)?.toString() ?? '';
    if (source.trim() === '') return toasts.show(says.needsQuestion);
    if (!this.model.running.online) return toasts.update('runs', says.needsServer);
    if (this.#drafts.get(cell)?.live) return toasts.update('runs', says.draft.begun);
    const draft = new Draft(this.model, cell, sourceHash(source));
    this.#drafts.set(cell, draft);
    void draft.run();
  }

  async publish(cell: string): Promise<void> {
    const draft = this.#drafts.get(cell);
    if (!draft || this.#refuses(cell)) return;
    try {
      await draft.publish();
      if (this.#drafts.get(cell) === draft) this.#drafts.delete(cell);
      toasts.show(says.draft.published);
    } catch (cause) {
      toasts.error(says.draft.notPublished(cause instanceof Error ? cause.message : String(cause)));
    }
  }

  discard(cell: string): void {
    this.#drafts.get(cell)?.stop();
    this.#drafts.delete(cell);
  }

  /** Shows the answer as text to be edited, or as it is read again. */
  toggleEditing(cell: string): void {
    if (this.editing.delete(cell)) return;
    if (this.#refuses(cell)) return;
    if (this.#answers(cell).some(({ text: written }) => written !== undefined)) this.editing.add(cell);
    else toasts.show(says.noAnswer);
  }

  /** Makes a cell of the block of code that has this number in the answer. */
  insert(cell: string, block: CodeBlock, number: number): void {
    this.#insertAll(cell, [{ block, number }]);
  }

  /** Makes cells of all code that can be run. */
  insertAll(cell: string): void {
    const blocks = this.code(cell);
    if (blocks.length === 0) toasts.show(this.#answers(cell).length > 0 ? says.nothingToInsert : says.noAnswer);
    else this.#insertAll(cell, blocks);
  }

  /** What of the answer can be run, with the numbers of the blocks. */
  code(cell: string): { block: CodeBlock; number: number }[] {
    return codeIn(this.#answer(cell))
      .filter(({ language }) => language !== 'mermaid')
      .map((block, number) => ({ block, number }))
      .filter(({ block }) => isRunnable(block));
  }

  /** Tells models these cells so, or, when they are told so already, as usual: all as the first of them becomes. */
  toggleTelling(cells: readonly string[], telling: Exclude<Telling, 'above'>): void {
    const { notebook } = this.model.session;
    const first = notebook.cell(cells[0] ?? '');
    if (!first) return;
    const wanted = tellingOf(first) === telling ? 'above' : telling;
    setTelling(notebook, cells, wanted);
    toasts.update('telling', says.told[wanted]);
  }

  toggleThinking(cells: readonly string[]): void {
    const { notebook } = this.model.session;
    const first = notebook.cell(cells[0] ?? '');
    if (first) setThinking(notebook, cells, !thinksFirst(first));
  }

  toNote(cell: string): void {
    const source = this.#answer(cell).trim();
    if (source === '') return toasts.show(says.noAnswer);
    if (this.#refuses(cell)) return;
    this.model.structure.insert([{ kind: 'note', source }], cell);
  }

  async copy(cell: string): Promise<void> {
    const source = this.#answer(cell);
    if (source === '') return toasts.show(says.noAnswer);
    await copied(source, says.copied);
  }

  async copyCode({ text: source }: CodeBlock): Promise<void> {
    await copied(source, says.codeCopied);
  }

  #leave(): void {
    for (const cell of [...this.#drafts.keys()]) this.discard(cell);
  }

  #insertAll(cell: string, blocks: readonly { block: CodeBlock; number: number }[]): void {
    const [first] = blocks;
    if (!first || this.#refuses(cell)) return;
    const { model } = this;
    const made = this.#made.get(cell) ?? new Map<string, number>();
    const earlier = new Set([...made].filter(([, number]) => number < first.number).map(([id]) => id));
    const after = placeFor(cell, model.ids, earlier);
    const ids = model.session.history.addAll('add', after, blocks.map(({ block }) => cellOf(block, model.language)));
    ids.forEach((id, index) => made.set(id, blocks[index]?.number ?? 0));
    this.#made.set(cell, made);
    model.selectBlock(ids);
  }

  #answers(cell: string): ReturnType<typeof saidIn>['answers'] {
    const map = this.model.session.notebook.cell(cell);
    return map ? saidIn(map).answers : [];
  }

  #answer(cell: string): string {
    return answerText({ answers: this.#answers(cell) });
  }

  #refuses(cell: string): boolean {
    const map = this.model.session.notebook.cell(cell);
    if (map && kindOf(map) === 'prompt') return this.model.reading.refuses();
    toasts.show(says.noPrompt);
    return true;
  }
}

async function copied(source: string, told: string): Promise<void> {
  if (await copyText(source)) toasts.update('clipboard', told);
  else toasts.error(says.notCopied);
}

const known = new WeakMap<NotebookModel, Prompting>();

export function promptingOf(model: NotebookModel): Prompting {
  const present = known.get(model) ?? new Prompting(model);
  known.set(model, present);
  return present;
}
