// Where one undo step of typing ends and the next begins. The steps themselves are kept by doc/undo.ts.
//
// Invariant: this stands before the binding to the Y.Text, so that a step has ended when the change that begins the
// next one arrives there.

import type { Transaction } from '@codemirror/state';
import { ViewPlugin } from '@codemirror/view';

import { fromDocument } from './binding';
import { editorHost } from './host';

/** Letter after letter is one step as long as nothing comes between; a paste, a moved line, a new line are not. */
export const undoSteps = ViewPlugin.define((view) => ({
  update: ({ transactions }) => {
    if (transactions.some(endsStep)) view.state.facet(editorHost).endStep();
  },
}));

function endsStep(transaction: Transaction): boolean {
  if (transaction.annotation(fromDocument)) return false;
  if (!transaction.docChanged) return transaction.selection !== undefined;
  return !transaction.isUserEvent('input.type') && !transaction.isUserEvent('delete.backward') && !transaction.isUserEvent('delete.forward');
}
