// Read-only: the text is reached, selected and copied as ever, and changed by others only.
//
// Invariant: while an editor is read-only, nothing this person does changes its text, whatever key map or extension
// tries; what comes from the Y.Text always does.

import { EditorState, type Extension } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { fromDocument } from './binding';

export function access(readOnly: boolean): Extension {
  if (!readOnly) return [];
  return [
    EditorState.readOnly.of(true),
    EditorState.changeFilter.of((transaction) => transaction.annotation(fromDocument) === true),
    // No keyboard comes up over the page of somebody who cannot write.
    EditorView.contentAttributes.of({ 'aria-readonly': 'true', inputmode: 'none' }),
  ];
}
