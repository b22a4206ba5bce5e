// What the kernel knows of a name, beside it: by Shift+Tab behind a name, and when the pointer rests on one.
//
// Invariant: it is shown only where it was asked for: whatever changes the text or the caret takes it away.

import { Prec, StateEffect, StateField, type Extension } from '@codemirror/state';
import { EditorView, hoverTooltip, keymap, showTooltip, type Tooltip } from '@codemirror/view';

import { text } from '../text/text';
import { AnsiPainter } from './ansi';
import { isCode } from './completion';
import { lineBefore, type KernelHelp } from './kernelHelp';

/** A pointer that rests for so long wants to know. */
const HOVER_MS = 600;

const show = StateEffect.define<Tooltip | null>();

const shown = StateField.define<Tooltip | null>({
  create: () => null,
  update(value, transaction) {
    const told = transaction.effects.find((effect) => effect.is(show));
    if (told) return told.value as Tooltip | null;
    return transaction.docChanged || transaction.selection ? null : value;
  },
  provide: (field) => showTooltip.from(field),
});

export function inspection(kernel: KernelHelp): Extension {
  const ask = (view: EditorView): boolean => {
    if (!kernel.answers()) return false;
    void inspect(kernel, view);
    return true;
  };
  return [
    shown,
    Prec.highest(keymap.of([{ key: 'Escape', run: closes }])),
    Prec.high(
      keymap.of([
        { key: 'Shift-Tab', run: (view) => standsBehindCode(view) && ask(view) },
        { key: 'Ctrl-Shift-Space', run: ask },
      ]),
    ),
    hoverTooltip((view, position) => hovered(kernel, view, position), { hoverTime: HOVER_MS, hideOnChange: true }),
    look,
  ];
}

async function inspect(kernel: KernelHelp, view: EditorView): Promise<void> {
  const { state } = view;
  const { head } = state.selection.main;
  const told = await kernel.inspect(state.doc.toString(), head, AbortSignal.timeout(5000)).catch(() => '');
  const same = view.state.doc === state.doc && view.state.selection.main.head === head && view.hasFocus;
  if (told !== '' && same) view.dispatch({ effects: show.of(tooltip(told, head)) });
}

/** A name under the pointer, in code. */
async function hovered(kernel: KernelHelp, view: EditorView, position: number): Promise<Tooltip | null> {
  const word = view.state.wordAt(position);
  if (!word || !kernel.answers() || !isCode(view.state, word.to) || /^\d/.test(view.state.sliceDoc(word.from, word.to))) return null;
  const told = await kernel.inspect(view.state.doc.toString(), word.to, AbortSignal.timeout(5000)).catch(() => '');
  return told === '' ? null : { ...tooltip(told, word.from), end: word.to };
}

function tooltip(told: string, pos: number): Tooltip {
  return {
    pos,
    above: true,
    create: () => {
      const dom = document.createElement('div');
      dom.className = 'cm-inspection';
      dom.setAttribute('role', 'region');
      dom.setAttribute('aria-label', text.kernel.inspection.label);
      dom.append(new AnsiPainter().paint(told));
      return { dom };
    },
  };
}

function closes(view: EditorView): boolean {
  if (view.state.field(shown, false) === null) return false;
  view.dispatch({ effects: show.of(null) });
  return true;
}

/** With nothing selected and something written before the caret: else Shift+Tab moves the line out. */
function standsBehindCode({ state }: EditorView): boolean {
  const { main, ranges } = state.selection;
  return main.empty && ranges.length === 1 && /\S$/.test(lineBefore(state, main.head));
}

const look = EditorView.baseTheme({
  '.cm-inspection': {
    maxWidth: 'min(640px, 90vw)',
    maxHeight: '320px',
    padding: '8px 12px',
    overflow: 'auto',
    whiteSpace: 'pre-wrap',
    overflowWrap: 'anywhere',
    font: '0.82rem/1.5 var(--font-code)',
    color: 'var(--ink)',
  },
});
