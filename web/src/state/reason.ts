// Why something did not work, as people are told.

/** The sentence of an error; whatever else was thrown, as text. */
export function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
