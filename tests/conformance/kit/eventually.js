// Waiting for something that must come true, without sleeping for a guessed time.

const STEP_MS = 5;

/** Resolves with the first truthy value of `check`; rejects, naming `what`, when there is none within `limit` ms. */
export async function eventually(check, what, limit = 10_000) {
  const start = performance.now();
  for (;;) {
    const value = await check();
    if (value) return value;
    if (performance.now() - start > limit) throw new Error(`not within ${limit} ms: ${typeof what === "function" ? what() : what}`);
    await new Promise((resolve) => setTimeout(resolve, STEP_MS));
  }
}
