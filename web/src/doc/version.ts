// How far a document had come at some time: where `marksSince` starts from.

import * as Y from 'yjs';

/** How far each client has written. */
export type Version = ReadonlyMap<number, number>;

export function versionOf(doc: Y.Doc): Version {
  return Y.decodeStateVector(Y.encodeStateVector(doc));
}
