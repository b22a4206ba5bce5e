// Waiting for something to become true, by asking again; the only way in which these tests wait.

const PAUSE_MS = 20;
/** Two cores, several browsers and a debug build: healthy is far below. */
const LIMIT_MS = 15_000;

/** Resolves with the first truthy answer of `ask`; `what` is a sentence, or a function that makes one, for the failure. */
export async function eventually(ask, what, limit = LIMIT_MS) {
  const end = performance.now() + limit;
  let last;
  while (performance.now() < end) {
    try {
      const answer = await ask();
      if (answer) return answer;
      last = undefined;
    } catch (cause) {
      last = cause;
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  const sentence = typeof what === 'function' ? await what() : what;
  throw new Error(`Did not come about within ${limit} ms: ${sentence}`, { cause: last });
}
