// A document that can be closed to its own page: what others write still comes in, what is written here does not.
//
// Invariant: while it is read-only no transaction of this page begins, whoever wrote the code that tries: a change here
// that nobody else may get would stand on this screen alone. Imports yjs and the texts.

import * as Y from 'yjs';

import { text } from '../text/text';

/** Somebody tried to change what may only be read. */
export class ReadOnly extends Error {
  constructor() {
    super(text.trust.mayOnlyRead);
  }
}

export class GuardedDoc extends Y.Doc {
  readOnly = false;

  /** Every local change passes here, editors' too; updates from elsewhere are applied by another way. */
  override transact<T>(change: (transaction: Y.Transaction) => T, origin?: unknown): T {
    if (this.readOnly) throw new ReadOnly();
    return super.transact(change, origin);
  }
}

export function isReadOnly(doc: Y.Doc): boolean {
  return doc instanceof GuardedDoc && doc.readOnly;
}
