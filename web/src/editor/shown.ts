// When the first editor stands before the reader. What is not needed to read is loaded from then on, so that it delays
// nothing that is.

let first: Promise<void> | undefined;

/** Resolved once what the page shows now has been painted; later it is resolved already. */
export function shown(): Promise<void> {
  return (first ??= new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve))));
}
