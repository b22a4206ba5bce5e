// Which notebooks this browser really has: a browser short of space may have dropped what the list of recent ones names.
// Imports the names of their databases.

import { databaseName } from './database';

/** Those of `ids` whose database is there; all of them where a browser does not tell. */
export async function keptHere(ids: readonly string[], base: string, factory: IDBFactory | undefined): Promise<Set<string>> {
  if (factory === undefined) return new Set();
  try {
    const names = new Set((await factory.databases()).map(({ name }) => name));
    return new Set(ids.filter((id) => names.has(databaseName(base, id))));
  } catch {
    return new Set(ids);
  }
}
