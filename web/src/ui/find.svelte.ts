// Find and replace in the open notebook: what is asked, at which match the person is, what there is to say of it.
//
// Invariant: only what this person does here moves the page; what others type changes counts and marks and nothing else.

import { tick } from 'svelte';
import { SvelteSet } from 'svelte/reactivity';

import { Anchor } from '../doc/anchor';
import { kindOf, outputsOf, sourceOf } from '../doc/cell';
import { drawing } from '../doc/output';
import { compiled, MOST_IN_TEXT, spansIn, type Fault, type Query, type Span } from '../state/find';
import { readableText } from '../state/outputText';
import { Dropped, Patient, TooLong, type Helper } from '../state/patient';
import { mayChange, rewrite, type Rewritten } from '../state/rewriting';
import { Search, SOURCE, type Found, type Library, type Position, type Range } from '../state/search';
import { findText } from '../text/find';
import { text } from '../text/text';
import { editAt, editorOf } from './editors';
import type { NotebookModel } from './notebook.svelte';
import { Painter } from './painting';
import type { Place } from './place';
import { reveal } from './reveal';
import { SelectedScope } from './scope';
import { toasts } from './toasts.svelte';

/** Everything the person can set. */
export interface Asked extends Query {
  replacement: string;
  preserveCase: boolean;
  where: Range['where'];
  outputs: boolean;
  selection: boolean;
}

const BEGINNING: Asked = { pattern: '', caseSensitive: false, wholeWord: false, regular: false, replacement: '', preserveCase: false, where: 'everything', outputs: true, selection: false };

/** What there is to say of the search. */
export interface Tally {
  total: number;
  /** From 1; 0 when one is at no match. */
  number: number;
  /** More is there than is counted. */
  more: boolean;
  complete: boolean;
  fault: Fault | undefined;
  /** The number of the cell one is at; 0 when at no match. */
  cell: number;
  inOutput: boolean;
}

const NOTHING_YET: Tally = { total: 0, number: 0, more: false, complete: true, fault: undefined, cell: 0, inOutput: false };

/** Where the person is: at a match; at a place from which the first match is still looked for; where a match was. */
type At = { kind: 'match'; found: Found; anchor: Anchor | undefined } | { kind: 'seeking' | 'lost'; from: Position } | { kind: 'nowhere' };

export class FindModel {
  open = $state(false);
  replacing = $state(false);
  asked = $state.raw(BEGINNING);
  tally = $state.raw(NOTHING_YET);
  /** Whether the match one is at can be replaced. */
  replaceable = $state(false);
  /** The page does not show the match one is at: it is hidden in the markup of a note, or in a part of an output left out. */
  unseen = $state<'note' | 'output' | undefined>();
  /** Grows when the field is to have the focus. */
  wanted = $state(0);
  /** Folded cells that this page shows while a match in them is looked at. */
  readonly unfolded = new SvelteSet<string>();
  readonly #search: Search;
  readonly #patient = new Patient(hireWorker, { after });
  #at: At = { kind: 'nowhere' };
  #scope: SelectedScope | undefined;
  #place: Place | undefined;
  #painter: Painter | undefined;
  #stop: (() => void)[] = [];

  constructor(private readonly model: NotebookModel) {
    this.#search = new Search(this.#library(), { now: () => performance.now(), soon: (run) => void setTimeout(run), patient: this.#patient });
    this.#search.onChange((cells) => this.#changed(cells));
  }

  destroy(): void {
    this.#end();
    this.#patient.destroy();
  }

  /** Opens, or takes the focus back into the field. `place` is where the person was, `chosen` the text they selected. */
  show(replacing: boolean, place: Place, chosen: string): void {
    this.#place?.forget();
    this.#place = place;
    if (!this.open) this.#begin();
    this.replacing ||= replacing;
    this.wanted += 1;
    this.#at = { kind: 'nowhere' };
    this.change(chosen === '' ? {} : { pattern: chosen, regular: false });
  }

  /** Back to where the person was. */
  close(): void {
    const place = this.#place;
    // It is needed a moment longer.
    this.#place = undefined;
    this.#end();
    // When what was unfolded is folded again.
    void tick().then(() => place?.goBack());
  }

  change(change: Partial<Asked>): void {
    this.asked = { ...this.asked, ...change };
    if (!this.asked.selection) this.#scope = undefined;
    else this.#scope ??= SelectedScope.of(this.model);
    if (!('replacement' in change || 'preserveCase' in change)) this.#ask();
  }

  step(way: 'next' | 'previous'): void {
    const found = way === 'next' ? this.#search.next(this.#position(), this.#at.kind !== 'match') : this.#search.previous(this.#position());
    if (found) this.#goTo(found);
  }

  /** Leaves the search for the text: the match is selected in its editor. */
  edit(): void {
    const found = this.#found();
    if (!found || found.part !== SOURCE) return this.close();
    this.#end();
    void editAt(this.model, found.cell, found.from, found.to);
  }

  /** Replaces the match one is at and goes on to the next. */
  async replace(): Promise<void> {
    const found = this.#found();
    if (!found || !this.replaceable) return this.step('next');
    const done = await this.#rewrite([found.cell], found.from);
    if (!done) return;
    this.#at = { kind: 'seeking', from: { cell: found.cell, part: SOURCE, from: done.end } };
    this.#search.touched(found.cell);
  }

  async replaceAll(): Promise<void> {
    const cells = this.#search.cells().filter((cell) => this.#search.spans(cell, SOURCE).length > 0);
    const writable = cells.filter((cell) => this.#mayWrite(cell));
    const refused = cells.length - writable.length;
    if (refused > 0) toasts.show(findText.refused(refused));
    const done = await this.#rewrite(writable);
    if (done && done.count > 0) this.#tell(done);
    else if (done && refused === 0) toasts.show(findText.nothingReplaced);
  }

  /** The way back leads here only as long as nothing else was done. */
  #tell({ count, cells }: Rewritten): void {
    let latest = true;
    const stop = this.model.session.history.onChange(() => (latest = false));
    const undo = (): void => (stop(), latest ? this.model.run('undo') : toasts.show(findText.notLatest));
    toasts.show(findText.replaced(count, cells), { label: text.commands.undo, run: undo });
  }

  /** For the editors: what was found in the text of a cell. */
  spans(cell: string): readonly Span[] {
    return this.#search.spans(cell, SOURCE);
  }

  current(cell: string): number | undefined {
    const found = this.#found();
    return found?.cell === cell && found.part === SOURCE ? found.from : undefined;
  }

  async #rewrite(cells: readonly string[], only?: number): Promise<Rewritten | undefined> {
    const { replacement, preserveCase, ...query } = this.asked;
    const scope = this.#scope;
    const rewriting = { query, replacing: { replacement, preserveCase }, cells, ...(only === undefined ? {} : { only }), ...(scope ? { within: (id: string) => scope.in(id) } : {}) };
    try {
      return await rewrite(this.model.session, rewriting, (job) => this.#patient.ask(job));
    } catch (cause) {
      if (cause instanceof TooLong) toasts.error(findText.faults.tooLong);
      else if (!(cause instanceof Dropped)) throw cause;
      return undefined;
    }
  }

  #mayWrite(cell: string): boolean {
    return !this.model.readOnly && mayChange(this.model.session.notebook, cell);
  }

  #begin(): void {
    const { notebook } = this.model.session;
    const { marks } = this.model.overlays;
    this.open = true;
    this.#stop = [
      notebook.onStructure(() => this.#search.structureChanged()),
      notebook.onAnyCell((id, part) => (part !== 'outputs' || this.asked.outputs) && this.#search.touched(id)),
    ];
    marks.source = this;
    const root = document.querySelector<HTMLElement>('main.notebook');
    if (root) this.#painter = new Painter(root, this.#finder());
  }

  #end(): void {
    this.open = false;
    this.#stop.splice(0).forEach((stop) => stop());
    this.#at = { kind: 'nowhere' };
    this.#place?.forget();
    this.#place = this.#scope = undefined;
    this.asked = { ...this.asked, selection: false };
    this.#painter?.destroy();
    this.#painter = undefined;
    this.#search.ask(undefined, { where: 'everything', outputs: false });
    this.unfolded.clear();
  }

  #ask(): void {
    const { pattern, caseSensitive, wholeWord, regular, where, outputs } = this.asked;
    const from = this.#position() ?? this.#start();
    this.#at = from ? { kind: 'seeking', from } : { kind: 'nowhere' };
    const scope = this.#scope;
    this.#search.ask({ pattern, caseSensitive, wholeWord, regular }, { where, outputs, ...(scope ? { within: (id) => scope.in(id) } : {}) });
    this.#count();
  }

  /** The caret, or the selected cell; without one the beginning. */
  #start(): Position | undefined {
    const { selected, ids } = this.model;
    const cell = selected !== null && ids.includes(selected) ? selected : ids[0];
    return cell === undefined ? undefined : { cell, part: SOURCE, from: editorOf(cell)?.state.selection.main.from ?? 0 };
  }

  #found(): Found | undefined {
    return this.#at.kind === 'match' ? this.#at.found : undefined;
  }

  #position(): Position | undefined {
    if (this.#at.kind === 'nowhere') return undefined;
    return this.#at.kind === 'match' ? this.#at.found : this.#at.from;
  }

  #changed(cells: ReadonlySet<string>): void {
    if (this.open) {
      this.#follow();
      if (this.#at.kind === 'seeking' && this.#search.complete) this.#seek(this.#at.from);
      this.#painter?.changed(cells);
      this.#count();
    }
    this.model.overlays.marks.changed(cells);
  }

  /** The match goes where its text goes; when its text is none any more one stays at the place. */
  #follow(): void {
    if (this.#at.kind !== 'match') return;
    const { found, anchor } = this.#at;
    const from = anchor?.offset ?? found.from;
    const span = this.#search.spans(found.cell, found.part).find((each) => each.from === from);
    this.#at = span ? { kind: 'match', found: { ...found, ...span }, anchor } : { kind: 'lost', from: { ...found, from } };
  }

  #seek(from: Position): void {
    const found = this.#search.next(from, true);
    if (found) this.#goTo(found);
  }

  #goTo(found: Found): void {
    const before = this.#found()?.cell;
    const map = this.model.session.notebook.cell(found.cell);
    const source = map && sourceOf(map);
    const at: At = { kind: 'match', found, anchor: source && found.part === SOURCE ? new Anchor(source, found.from) : undefined };
    this.#at = at;
    const touched = new Set([before ?? found.cell, found.cell]);
    this.model.overlays.marks.changed(touched);
    this.#painter?.changed(touched);
    this.#count();
    this.unseen = undefined;
    const wanted = () => this.#found()?.cell === found.cell && this.#found()?.from === found.from;
    void reveal(this.model, { found, wanted, range: () => this.#painter?.range(found), unfold: () => this.unfolded.add(found.cell) }).then((seen) => {
      if (!seen && wanted()) this.unseen = found.part === SOURCE ? 'note' : 'output';
    });
  }

  #count(): void {
    const found = this.#found();
    this.replaceable = found?.part === SOURCE && this.#mayWrite(found.cell);
    this.tally = {
      total: this.#search.total,
      number: found ? this.#search.indexOf(found) + 1 : 0,
      more: this.#search.cells().some((cell) => this.#search.spans(cell, SOURCE).length === MOST_IN_TEXT),
      complete: this.#search.complete,
      fault: this.#search.fault,
      cell: found ? this.model.ids.indexOf(found.cell) + 1 : 0,
      inOutput: found !== undefined && found.part !== SOURCE,
    };
  }

  #library(): Library {
    const { model } = this;
    const cell = (id: string) => model.session.notebook.cell(id);
    return {
      ids: () => model.ids,
      isCode: (id) => kindOfCell(cell(id)) === 'code',
      source: (id) => textOfCell(cell(id)),
      outputs: (id) => outputsOfCell(cell(id)).map(drawing).map(readableText),
    };
  }

  #finder(): ConstructorParameters<typeof Painter>[1] {
    const library = this.#library();
    return {
      searched: (cell, part) => ({ text: part === SOURCE ? library.source(cell) : (library.outputs(cell)[part] ?? ''), spans: this.#search.spans(cell, part) }),
      spansIn: (shown) => this.#spansIn(shown),
      current: () => this.#found(),
    };
  }

  async #spansIn(shown: string): Promise<readonly Span[]> {
    const { pattern, caseSensitive, wholeWord, regular } = this.asked;
    const query = { pattern, caseSensitive, wholeWord, regular };
    if (!regular) {
      const expression = compiled(query);
      return typeof expression === 'string' ? [] : spansIn(shown, expression, wholeWord);
    }
    const answer = await this.#patient.ask({ query, texts: [shown] });
    return 'spans' in answer ? (answer.spans[0] ?? []) : [];
  }
}

type CellMap = ReturnType<NotebookModel['session']['notebook']['cell']>;

function kindOfCell(cell: CellMap): ReturnType<typeof kindOf> | undefined {
  return cell && kindOf(cell);
}

function textOfCell(cell: CellMap): string {
  return (cell && sourceOf(cell)?.toString()) ?? '';
}

function outputsOfCell(cell: CellMap): ReturnType<typeof outputsOf> {
  return cell ? outputsOf(cell) : [];
}

function hireWorker(): Helper {
  return new Worker(new URL('../state/find.worker.ts', import.meta.url), { type: 'module' });
}

function after(milliseconds: number, run: () => void): () => void {
  const timer = setTimeout(run, milliseconds);
  return () => clearTimeout(timer);
}
