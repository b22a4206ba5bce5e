// Makes the editor of one cell: CodeMirror bound to the cell's Y.Text, with the keys that lead out of it.
//
// Invariant: the editor's text and the Y.Text are equal after every transaction, line endings included; an editor once
// made is never replaced by anything that comes from elsewhere.

import { autocompletion, closeBrackets, closeBracketsKeymap, completeAnyWord, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, indentWithTab } from '@codemirror/commands';
import { bracketMatching, indentOnInput, indentUnit } from '@codemirror/language';
import { Compartment, EditorState, Prec, type Extension } from '@codemirror/state';
import { drawSelection, dropCursor, EditorView, keymap, placeholder, type KeyBinding } from '@codemirror/view';
import { ySync, YSyncConfig, ySyncFacet } from 'y-codemirror.next';
import type { Awareness } from 'y-protocols/awareness';
import type * as Y from 'yjs';

import { carets } from './carets';
import { grammar } from './languages';
import { matches, type Marks } from './matches';
import { theme } from './theme';

/** The class of the origins that editors give to keystrokes: how undo knows what this person typed. */
export const TYPING_ORIGIN: unknown = YSyncConfig;

/** Where keys lead that leave the editor. */
export interface EditorHost {
  leave(): void;
  advance(): void;
  above(): boolean;
  below(): boolean;
  split(offset: number): void;
  undo(): void;
  redo(): void;
}

export interface EditorSettings {
  cell: string;
  text: Y.Text;
  awareness: Awareness;
  marks: Marks;
  host: EditorHost;
  /** Code gets brackets, completion and Tab as indent; notes and prompts wrap like prose. */
  prose: boolean;
  language: string;
  label: string;
  hint: string;
}

export class CellEditor {
  readonly view: EditorView;
  readonly #grammar = new Compartment();
  readonly #manner = new Compartment();
  readonly #label = new Compartment();
  #language = '';

  constructor(parent: HTMLElement, settings: EditorSettings) {
    const { text, cell, awareness, marks, host } = settings;
    const state = EditorState.create({
      doc: text.toString(),
      extensions: [
        // Only '\n' ends a line: with '\r' also, positions would differ from those of the Y.Text.
        EditorState.lineSeparator.of('\n'),
        Prec.highest(keymap.of(leavingKeys(host))),
        this.#manner.of(manner(settings.prose)),
        this.#grammar.of([]),
        this.#label.of(labelled(settings.label, settings.hint)),
        keymap.of(defaultKeymap),
        drawSelection(),
        dropCursor(),
        EditorState.allowMultipleSelections.of(true),
        ySyncFacet.of(new YSyncConfig(text, awareness)),
        ySync,
        carets(cell, text, awareness),
        matches(cell, marks),
        theme,
      ],
    });
    this.view = new EditorView({ state, parent });
    this.speak(settings.language);
  }

  /** Changes the grammar; the text, the caret and the editor stay. */
  speak(language: string): void {
    if (language === this.#language) return;
    this.#language = language;
    void grammar(language).then((extension) => {
      if (language === this.#language) this.view.dispatch({ effects: this.#grammar.reconfigure(extension) });
    });
  }

  /** After a change of kind. */
  behave(prose: boolean, label: string, hint: string): void {
    this.view.dispatch({
      effects: [this.#manner.reconfigure(manner(prose)), this.#label.reconfigure(labelled(label, hint))],
    });
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
}

function labelled(label: string, hint: string): Extension {
  // Editable content takes the focus anyway; the index tells it to those that look for a way into the scrolled part.
  return [EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' }), placeholder(hint)];
}

function manner(prose: boolean): Extension {
  if (prose) return [EditorView.lineWrapping, EditorView.contentAttributes.of({ spellcheck: 'true', autocapitalize: 'sentences' })];
  return [
    indentUnit.of('    '),
    indentOnInput(),
    bracketMatching(),
    closeBrackets(),
    autocompletion({ override: [completeAnyWord], activateOnTyping: false }),
    keymap.of([...closeBracketsKeymap, ...completionKeymap, indentWithTab]),
  ];
}

function leavingKeys(host: EditorHost): KeyBinding[] {
  const always = (action: () => void) => () => (action(), true);
  return [
    // Esc closes a completion first; only the second one leaves.
    { key: 'Escape', run: (view) => !view.dom.querySelector('.cm-tooltip-autocomplete') && (host.leave(), true) },
    { key: 'Shift-Enter', run: always(() => host.advance()) },
    { key: 'Mod-Enter', run: always(() => host.leave()) },
    { key: 'Ctrl-Shift--', run: (view) => (host.split(view.state.selection.main.head), true) },
    { key: 'Mod-z', run: always(() => host.undo()), preventDefault: true },
    { key: 'Mod-y', run: always(() => host.redo()), preventDefault: true },
    { key: 'Mod-Shift-z', run: always(() => host.redo()), preventDefault: true },
    { key: 'ArrowUp', run: (view) => atEdge(view, 'start') && host.above() },
    { key: 'ArrowDown', run: (view) => atEdge(view, 'end') && host.below() },
  ];
}

/** Whether the caret is in the first or last line, with nothing selected and nothing open to choose from. */
function atEdge(view: EditorView, edge: 'start' | 'end'): boolean {
  const { main } = view.state.selection;
  if (!main.empty || view.dom.querySelector('.cm-tooltip-autocomplete')) return false;
  const line = view.state.doc.lineAt(main.head);
  const moved = view.moveVertically(main, edge === 'end');
  const stays = moved.head === main.head || view.state.doc.lineAt(moved.head).number === line.number;
  return stays && line.number === (edge === 'start' ? 1 : view.state.doc.lines) && leavesLine(view, main.head, moved.head);
}

/** In a wrapped line a step up or down may stay in the line and yet move. */
function leavesLine(view: EditorView, from: number, to: number): boolean {
  const before = view.coordsAtPos(from);
  const after = view.coordsAtPos(to);
  return before === null || after === null || Math.abs(before.top - after.top) < 2;
}
