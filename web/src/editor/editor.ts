// Makes the editor of one cell: CodeMirror bound to the cell's Y.Text, put together from its siblings.
//
// Invariant: the editor's text and the Y.Text are equal after every transaction, line endings included (but for what
// binding.ts holds during a composition); an editor once made is never replaced by anything that comes from elsewhere,
// nor by a setting.

import { indentUnit } from '@codemirror/language';
import { Compartment, EditorState, type Extension, type StateEffect } from '@codemirror/state';
import { crosshairCursor, drawSelection, dropCursor, EditorView, placeholder, rectangularSelection } from '@codemirror/view';
import type { Awareness } from 'y-protocols/awareness';
import type * as Y from 'yjs';

import { indentOf } from '../doc/indentation';
import { text as words } from '../text/text';
import { access } from './access';
import { binding } from './binding';
import { carets } from './carets';
import type { NearWords } from './completion';
import { drags } from './drag';
import { editorHost, type EditorHost } from './host';
import type { KernelHelp } from './kernelHelp';
import { customaryIndent, grammar } from './languages';
import { leaving } from './leaving';
import { matches, type Marks } from './matches';
import { numbers } from './numbers';
import { shown } from './shown';
import { undoSteps } from './steps';
import { theme } from './theme';
import { Typing } from './typing';

export type { EditorHost } from './host';

/** The class of the origins that editors give to keystrokes: how undo knows what this person typed. */
export const TYPING_ORIGIN: unknown = Typing;

/** What an editor is for. */
export interface Purpose {
  /** Code gets brackets and completion; notes and prompts wrap like prose. */
  prose: boolean;
  language: string;
  label: string;
  hint: string;
}

/** How this person wants editors to behave, and whether they may write. */
export interface Preferences {
  readOnly: boolean;
  vim: boolean;
  lineNumbers: boolean;
  wrapCode: boolean;
  closeBrackets: boolean;
  completeWhileTyping: boolean;
}

export interface EditorSettings {
  cell: string;
  text: Y.Text;
  awareness: Awareness;
  marks: Marks;
  host: EditorHost;
  purpose: Purpose;
  preferences: Preferences;
  /** Words of the other cells, for completion. */
  words: NearWords;
  /** What the kernel can tell of code. */
  kernel?: KernelHelp;
}

/** One looks before one writes. */
const READING_MS = 1500;
let ahead: ReturnType<typeof setTimeout> | undefined;

export class CellEditor {
  readonly view: EditorView;
  readonly #settings: EditorSettings;
  readonly #parts = {
    grammar: new Compartment(),
    indent: new Compartment(),
    hands: new Compartment(),
    manner: new Compartment(),
    label: new Compartment(),
    vim: new Compartment(),
    access: new Compartment(),
  };
  #purpose: Purpose;
  #preferences: Preferences;
  /** Whether it has, or is about to get, what helps to write. */
  #helped = false;

  constructor(parent: HTMLElement, settings: EditorSettings) {
    const { text, cell, awareness, marks, host } = settings;
    this.#settings = settings;
    this.#purpose = settings.purpose;
    this.#preferences = settings.preferences;
    const parts = this.#parts;
    const state = EditorState.create({
      doc: text.toString(),
      extensions: [
        // Only '\n' ends a line: with '\r' also, positions would differ from those of the Y.Text.
        EditorState.lineSeparator.of('\n'),
        EditorState.tabSize.of(4),
        editorHost.of(host),
        parts.vim.of([]),
        parts.hands.of([]),
        leaving,
        parts.manner.of(this.#manner()),
        parts.grammar.of([]),
        parts.indent.of([]),
        parts.label.of(this.#label()),
        parts.access.of(access(this.#preferences.readOnly)),
        drawSelection(),
        dropCursor(),
        rectangularSelection(),
        crosshairCursor(),
        EditorState.allowMultipleSelections.of(true),
        undoSteps,
        binding(text),
        carets(cell, text, awareness),
        matches(cell, marks),
        drags(text),
        EditorView.domEventHandlers({ focus: () => (this.#entered(), false) }),
        theme,
      ],
    });
    this.view = new EditorView({ state, parent });
    this.#detectIndent();
    this.#loadGrammar();
    if (this.#preferences.vim) this.#loadVim();
    // Then it is there before somebody begins.
    ahead ??= setTimeout(() => void import('./hands').catch(() => (ahead = undefined)), READING_MS);
  }

  /** After a change of kind, of language or of place; the text, the caret and the editor stay. */
  serve(purpose: Purpose): void {
    const before = this.#purpose;
    this.#purpose = purpose;
    const effects: StateEffect<unknown>[] = [];
    if (before.prose !== purpose.prose) {
      effects.push(this.#parts.manner.reconfigure(this.#manner()));
      if (this.#helped) void this.#help();
    }
    if (before.label !== purpose.label || before.hint !== purpose.hint) effects.push(this.#parts.label.reconfigure(this.#label()));
    if (effects.length > 0) this.view.dispatch({ effects });
    if (before.language === purpose.language) return;
    this.#loadGrammar();
    this.#detectIndent();
  }

  /** After a change of settings or of rights. */
  configure(change: Partial<Preferences>): void {
    const before = this.#preferences;
    const now = (this.#preferences = { ...before, ...change });
    const changed = (...keys: (keyof Preferences)[]) => keys.some((key) => before[key] !== now[key]);
    const { manner, label, access: right, vim } = this.#parts;
    const effects: StateEffect<unknown>[] = [];
    if (changed('lineNumbers', 'wrapCode')) effects.push(manner.reconfigure(this.#manner()));
    if (changed('vim', 'readOnly')) effects.push(label.reconfigure(this.#label()));
    if (changed('readOnly')) effects.push(right.reconfigure(access(now.readOnly)));
    if (changed('vim') && !now.vim) effects.push(vim.reconfigure([]));
    if (effects.length > 0) this.view.dispatch({ effects });
    if (changed('vim') && now.vim) this.#loadVim();
    if (changed('closeBrackets', 'completeWhileTyping') && this.#helped) void this.#help();
  }

  focus(where?: 'start' | 'end'): void {
    if (where) {
      const anchor = where === 'start' ? 0 : this.view.state.doc.length;
      this.view.dispatch({ selection: { anchor } });
    }
    this.view.focus();
  }

  destroy(): void {
    this.view.destroy();
  }

  #manner(): Extension {
    if (this.#purpose.prose) return [EditorView.lineWrapping, PROSE];
    return [numbers(this.#preferences.lineNumbers), this.#preferences.wrapCode ? EditorView.lineWrapping : [], CODE];
  }

  #entered(): void {
    this.#detectIndent();
    if (!this.#helped) void this.#help();
  }

  /** Gives the keys and helpers of writing, as they are wanted now. */
  async #help(): Promise<void> {
    this.#helped = true;
    try {
      const { hands } = await import('./hands');
      const { words, kernel } = this.#settings;
      const extension = hands({ ...this.#preferences, prose: this.#purpose.prose, words, kernel });
      this.view.dispatch({ effects: this.#parts.hands.reconfigure(extension) });
    } catch (cause) {
      this.#helped = false;
      console.warn('The helpers of writing were not loaded.', cause);
    }
  }

  #label(): Extension {
    const { label, hint } = this.#purpose;
    const { readOnly, vim } = this.#preferences;
    const described = readOnly ? words.editor.readOnly : vim ? words.editor.keysInVim : words.editor.keys;
    // Editable content takes the focus anyway; the index tells it to those that look for a way into the scrolled part.
    return [EditorView.contentAttributes.of({ 'aria-label': label, 'aria-description': described, tabindex: '0' }), placeholder(hint)];
  }

  #loadGrammar(): void {
    const { language } = this.#purpose;
    void shown().then(() => grammar(language)).then((extension) => {
      if (language === this.#purpose.language) this.view.dispatch({ effects: this.#parts.grammar.reconfigure(extension) });
    });
  }

  #loadVim(): void {
    const loaded = import('./vim').then(({ vimKeys }) => {
      if (this.#preferences.vim) this.view.dispatch({ effects: this.#parts.vim.reconfigure(vimKeys()) });
    });
    loaded.catch((cause: unknown) => console.warn('Vim’s keys were not loaded.', cause));
  }

  /** Looked for when somebody comes to write, not at each key: a text seldom changes its habit. */
  #detectIndent(): void {
    const unit = indentOf(this.view.state.doc.toString()) ?? customaryIndent(this.#purpose.language);
    if (unit !== this.view.state.facet(indentUnit)) this.view.dispatch({ effects: this.#parts.indent.reconfigure(indentUnit.of(unit)) });
  }
}

const PROSE = EditorView.contentAttributes.of({ spellcheck: 'true', autocorrect: 'on', autocapitalize: 'sentences', writingsuggestions: 'true' });
const CODE = EditorView.contentAttributes.of({ spellcheck: 'false', autocorrect: 'off', autocapitalize: 'off', writingsuggestions: 'false' });
