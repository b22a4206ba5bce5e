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
import { reasonOf } from '../state/reason';
import { KeptDrafts, type KeptDraft } from '../sync/drafts';
import { asking } from '../text/asking';
import type { EarlierAnswer, PublishAnswer } from '../wire/wire';
import { copyText } from './clipboard';
import { Draft } from './draft.svelte';
import { models } from './models.svelte';
import type { NotebookModel } from './notebook.svelte';
import { page, tabStorage } from './page.svelte';
import { toasts } from './toasts.svelte';

const says = asking;
/** Characters of a name in a notice, which the server takes up to 200 bytes of. */
const NAME_SHOWN = 40;

export class Prompting {
  /** Cells whose answers are shown as text to be edited. */
  readonly editing = new SvelteSet<string>();
  /** Cells whose thinking is unfolded. */
  readonly unfolded = new SvelteSet<string>();
  readonly #drafts = new SvelteMap<string, Draft>();
  readonly #kept: KeptDrafts;
  /** Cells that were made of blocks of an answer, by the number of the block. */
  readonly #made = new Map<string, Map<string, number>>();

  constructor(private readonly model: NotebookModel) {
    this.#kept = new KeptDrafts(tabStorage(), page.base, model.session.settings.id);
    for (const [cell, kept] of this.#kept.all()) this.#drafts.set(cell, Draft.kept(model, cell, kept, this.#keeper(cell)));
    const end = new AbortController();
    window.addEventListener('pagehide', () => this.#store(), { signal: end.signal });
    model.atEnd(() => {
      end.abort();
      this.#leave();
    });
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
    const draft = new Draft(this.model, cell, sourceHash(source), this.#keeper(cell));
    this.#drafts.set(cell, draft);
    void draft.run();
  }

  async publish(cell: string): Promise<void> {
    const draft = this.#drafts.get(cell);
    if (!draft || this.#refuses(cell)) return;
    try {
      await draft.publish();
      if (this.#drafts.get(cell) === draft) this.#forget(cell);
      toasts.show(says.draft.published);
    } catch (cause) {
      toasts.error(says.draft.notPublished(reasonOf(cause)));
    }
  }

  /** Makes an earlier answer the one that stands in the cell; that becomes an earlier one. */
  async restore(cell: string, answer: EarlierAnswer): Promise<void> {
    if (this.#refuses(cell)) return;
    if (!this.model.running.online) return toasts.update('runs', says.needsServer);
    try {
      await models.calls.publish(this.model.session.settings.id, cell, restored(answer));
      toasts.show(says.earlier.restored);
    } catch (cause) {
      toasts.error(says.earlier.notRestored(reasonOf(cause)));
    }
  }

  copyEarlier({ text: source }: EarlierAnswer): Promise<void> {
    return copied(source, says.copied);
  }

  discard(cell: string): void {
    this.#drafts.get(cell)?.stop();
    this.#forget(cell);
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

  #keeper(cell: string): (draft: KeptDraft) => void {
    return (draft) => this.#kept.put(cell, draft);
  }

  #forget(cell: string): void {
    this.#drafts.delete(cell);
    this.#kept.forget(cell);
  }

  #store(): void {
    for (const draft of this.#drafts.values()) draft.store();
  }

  /** What has come is there when this person is back. */
  #leave(): void {
    for (const draft of this.#drafts.values()) draft.leave();
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

/** As it is published: that somebody stopped it is told with it. */
function restored({ text, thinking, model, usage, notice, stoppedBy, sourceHash: asked = '', sent }: EarlierAnswer): PublishAnswer {
  const told = notice ?? (stoppedBy === undefined ? undefined : says.stopped(stoppedBy.slice(0, NAME_SHOWN), false));
  return {
    text,
    sourceHash: asked,
    ...(thinking === undefined ? {} : { thinking }),
    ...(model === undefined ? {} : { model }),
    ...(usage === undefined ? {} : { usage }),
    ...(told === undefined ? {} : { notice: told }),
    ...(sent === undefined ? {} : { sent }),
  };
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
