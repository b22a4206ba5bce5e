// How text looks in an editor: colours come from the page's custom properties, so light and dark need no second theme.

import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { EditorView } from '@codemirror/view';
import { tags } from '@lezer/highlight';

export const codeColours = HighlightStyle.define([
  { tag: [tags.keyword, tags.moduleKeyword, tags.controlKeyword], color: 'var(--code-keyword)' },
  { tag: [tags.string, tags.special(tags.string), tags.regexp], color: 'var(--code-string)' },
  { tag: [tags.number, tags.bool, tags.null, tags.atom], color: 'var(--code-number)' },
  { tag: tags.comment, color: 'var(--code-comment)', fontStyle: 'italic' },
  { tag: [tags.meta, tags.processingInstruction], color: 'var(--code-comment)' },
  { tag: tags.macroName, color: 'var(--code-function)', fontWeight: '650' },
  { tag: [tags.function(tags.variableName), tags.function(tags.definition(tags.variableName))], color: 'var(--code-function)' },
  { tag: [tags.className, tags.typeName, tags.definition(tags.className)], color: 'var(--code-type)' },
  { tag: [tags.operator, tags.punctuation], color: 'var(--code-operator)' },
  { tag: tags.heading, fontWeight: '650' },
  { tag: tags.strong, fontWeight: '650' },
  { tag: tags.emphasis, fontStyle: 'italic' },
  { tag: [tags.link, tags.url], color: 'var(--accent)' },
  { tag: tags.monospace, fontFamily: 'var(--font-code)' },
]);

/** How far the name at a caret stands out above its line. */
const FLAG_ROOM = '13px';

const look = EditorView.theme({
  '&': { marginTop: `-${FLAG_ROOM}`, backgroundColor: 'transparent', color: 'var(--ink)', fontSize: 'inherit' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'inherit', lineHeight: 'inherit' },
  // Room above the first line for the name at somebody's caret, which the scroller would cut.
  '.cm-content': { padding: `${FLAG_ROOM} 0 0`, caretColor: 'var(--ink)' },
  '.cm-line': { padding: '0' },
  '.cm-cursor, .cm-dropCursor': { borderLeftColor: 'var(--ink)', borderLeftWidth: '2px' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
    backgroundColor: 'var(--selection)',
  },
  '.cm-matchingBracket, &.cm-focused .cm-matchingBracket': { backgroundColor: 'var(--match)', outline: 'none' },
  '.cm-nonmatchingBracket, &.cm-focused .cm-nonmatchingBracket': { backgroundColor: 'transparent', color: 'var(--danger)' },
  '.cm-line.cm-code-line': { fontFamily: 'var(--font-code)', fontSize: '0.9em' },
  '.cm-placeholder': { color: 'var(--faint)' },
  '.cm-selectionMatch': { backgroundColor: 'color-mix(in srgb, var(--match) 80%, transparent)', borderRadius: '2px' },
  '.cm-searchMatch': { backgroundColor: 'var(--match)', outline: '1px solid var(--line)' },
  '.cm-gutters': { background: 'transparent', border: 'none', color: 'var(--faint)', userSelect: 'none' },
  '.cm-lineNumbers .cm-gutterElement': { minWidth: '1.5em', padding: '0 12px 0 0', fontSize: '0.85em', lineHeight: 'calc(1.6em / 0.85)', cursor: 'default' },
  '&.cm-crosshair .cm-content': { cursor: 'crosshair' },
  '.cm-panels': { background: 'transparent', color: 'var(--soft)', border: 'none' },
  '.cm-panels.cm-panels-bottom': { borderTop: '1px solid var(--line)' },
  '.cm-vim-panel': { padding: '2px 0', fontFamily: 'var(--font-code)' },
  '.cm-vim-panel input': { color: 'var(--ink)', font: 'inherit', padding: '0', border: 'none', borderRadius: '0' },
  '.cm-fat-cursor': { background: 'var(--accent) !important', color: 'var(--on-accent) !important' },
  '&:not(.cm-focused) .cm-fat-cursor': { background: 'none !important', outline: '1px solid var(--accent) !important', color: 'transparent !important' },
  '.cm-tooltip': { backgroundColor: 'var(--raised)', color: 'var(--ink)', border: '1px solid var(--line)', borderRadius: '8px', boxShadow: 'var(--shadow)' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--font-code)', fontSize: '0.9em', maxHeight: '14em', padding: '3px' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li': { padding: '3px 8px', borderRadius: '5px', lineHeight: '1.4' },
  '.cm-completionMatchedText': { textDecoration: 'none', fontWeight: '700' },
  '.cm-completionDetail': { color: 'inherit', opacity: '0.75', fontStyle: 'normal' },
  '.cm-tooltip-autocomplete ul li[aria-selected]': { backgroundColor: 'var(--accent)', color: 'var(--on-accent)' },
});

export const theme = [look, syntaxHighlighting(codeColours)];
