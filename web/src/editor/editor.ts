// Makes the editor of one cell: CodeMirror bound to the cell's Y.Text, put together from its siblings.
//
// Invariant: the editor's text and the Y.Text are equal after every transaction, line endings included; an editor once
// made is never replaced by anything that comes from elsewhere, nor by a setting.

import type { CompletionSource } from '@codemirror/autocomplete';
import { bracketMatching, indentOnInput, indentUnit } from '@codemirror/language';
import { Compartment, EditorState, Prec, type Extension, type StateEffect } from '@codemirror/state';
import { crosshairCursor, drawSelection, dropCursor, EditorView, keymap, placeholder, rectangularSelection } from '@codemirror/view';
import type { Awareness } from 'y-protocols/awareness';
import type * as Y from 'yjs';

import { indentOf } from '../doc/indentation';
import { text as words } from '../text/text';
import { access } from './access';
import { binding, Typing } from './binding';
import { carets } from './carets';
import type { NearWords } from './completion';
import { drags } from './drag';
import { editorHost, type EditorHost } from './host';
import { leavingKeys, surround, textKeys } from './keys';
import { customaryIndent, grammar } from './languages';
import { matches, type Marks } from './matches';
import { numbers } from './numbers';
import { shown } from './shown';
import { undoSteps } from './steps';
import { theme } from './theme';
import { writing } from './writing';

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
  /** Further completions, as kernels give them. */
  sources?: readonly CompletionSource[];
}

/** Once it has come, editors are made with it. */
let assist: typeof import('./assist') | undefined;

export class CellEditor {
  readonly view: EditorView;
  readonly #settings: EditorSettings;
  readonly #parts = {
    grammar: new Compartment(),
    indent: new Compartment(),
    manner: new Compartment(),
    assist: new Compartment(),
    label: new Compartment(),
    numbers: new Compartment(),
    vim: new Compartment(),
    access: new Compartment(),
  };
  #purpose: Purpose;
  #preferences: Preferences;

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
        Prec.high(keymap.of([...leavingKeys])),
        parts.manner.of(this.#manner()),
        parts.assist.of(this.#assistance()),
        textKeys,
        parts.grammar.of([]),
        parts.indent.of([]),
        parts.label.of(this.#label()),
        parts.numbers.of(numbers(this.#preferences.lineNumbers)),
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
        EditorView.domEventHandlers({ focus: () => (this.#detectIndent(), false) }),
        theme,
      ],
    });
    this.view = new EditorView({ state, parent });
    this.#detectIndent();
    this.#loadGrammar();
    this.#loadAssist();
    if (this.#preferences.vim) this.#loadVim();
  }

  /** After a change of kind, of language or of place; the text, the caret and the editor stay. */
  serve(purpose: Purpose): void {
    const before = this.#purpose;
    this.#purpose = purpose;
    const effects: StateEffect<unknown>[] = [];
    if (before.prose !== purpose.prose) effects.push(...this.#mannerEffects());
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
    const { label, numbers: gutter, access: right, vim } = this.#parts;
    const effects: StateEffect<unknown>[] = [];
    if (changed('wrapCode', 'closeBrackets', 'completeWhileTyping')) effects.push(...this.#mannerEffects());
    if (changed('vim', 'readOnly')) effects.push(label.reconfigure(this.#label()));
    if (changed('lineNumbers')) effects.push(gutter.reconfigure(numbers(now.lineNumbers)));
    if (changed('readOnly')) effects.push(right.reconfigure(access(now.readOnly)));
    if (changed('vim') && !now.vim) effects.push(vim.reconfigure([]));
    if (effects.length > 0) this.view.dispatch({ effects });
    if (changed('vim') && now.vim) this.#loadVim();
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
    if (this.#purpose.prose) return [writing, EditorView.lineWrapping, surround, PROSE];
    return [this.#preferences.wrapCode ? EditorView.lineWrapping : [], indentOnInput(), bracketMatching(), CODE];
  }

  #assistance(): Extension {
    if (!assist) return [];
    const { words: near, sources = [] } = this.#settings;
    const { closeBrackets, completeWhileTyping } = this.#preferences;
    return [assist.inAnyText, this.#purpose.prose ? [] : assist.inCode(near, sources, closeBrackets, completeWhileTyping)];
  }

  #mannerEffects(): StateEffect<unknown>[] {
    return [this.#parts.manner.reconfigure(this.#manner()), this.#parts.assist.reconfigure(this.#assistance())];
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

  #loadAssist(): void {
    if (assist) return;
    const loaded = shown().then(() => import('./assist')).then((come) => {
      assist = come;
      this.view.dispatch({ effects: this.#parts.assist.reconfigure(this.#assistance()) });
    });
    loaded.catch((cause: unknown) => console.warn('What helps in writing was not loaded.', cause));
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
