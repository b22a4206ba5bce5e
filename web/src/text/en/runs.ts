// Running cells: the button, the state of a run, and what is said of it.

interface Facts {
  who: string;
  /** A time of day. */
  at: string;
  /** A length of time; empty for what never began. */
  took: string;
}

const after = (took: string): string => (took === '' ? '' : ` after ${took}`);
const because = (why: string): string => (why === '' ? '.' : `: ${why.replace(/[.\s]+$/, '')}.`);

export const runs = {
  run: (number: number) => `Run cell ${number}`,
  ask: (number: number) => `Ask cell ${number}`,
  stop: (number: number) => `Stop cell ${number}`,
  runAll: 'Run all',
  stopAll: 'Stop',
  stopAllHint: 'Stop all that runs or waits',
  asked: 'Asked for',
  runsNow: (who: string) => `Runs now, by ${who}.`,
  retry: 'Run again',
  show: 'Show',
  seconds: (number: string) => `${number} s`,
  stale: 'It was changed since.',
  staleMark: 'Changed since it ran',
  offline: 'The server is away: cells run when it is back.',
  notDelivered: 'The connection was lost before the server had your last changes. Nothing was run; run it again when it is back.',
  nothingToRun: 'There is nothing to run: only code and prompts run.',
  nothingRuns: 'Nothing runs and nothing waits.',
  sentence: {
    queued: (who: string, ahead: number) => (ahead === 0 ? `Next in the queue, by ${who}.` : `Waits for ${ahead} before it, by ${who}.`),
    running: ({ who, took }: Facts) => `Runs for ${took}, by ${who}.`,
    input: ({ who, took }: Facts) => `Waits for a line, runs for ${took}, by ${who}.`,
    ok: ({ who, at, took }: Facts) => `Ran ${took}, ended at ${at}, by ${who}.`,
    failed: ({ who, at, took, why }: Facts & { why: string }) => `Failed${after(took)} at ${at}, run by ${who}${because(why)}`,
    stopped: ({ at, took, stopper }: Facts & { stopper: string }) => `Stopped by ${stopper}${after(took)} at ${at}.`,
    passedOver: (why: string) => why || 'It was not run.',
    interrupted: ({ at, took, why }: Facts & { why: string }) => `Interrupted${after(took)} at ${at}${because(why)}`,
  },
  announced: {
    running: (number: number) => `Cell ${number} runs.`,
    input: (number: number) => `Cell ${number} waits for a line.`,
    ok: (number: number, took: string) => `Cell ${number} has run, ${took}.`,
    failed: (number: number, why: string) => `Cell ${number} failed${because(why)}`,
    stopped: (number: number, who: string) => `Cell ${number} was stopped by ${who}.`,
    passedOver: (number: number) => `Cell ${number} was not run.`,
    interrupted: (number: number) => `Cell ${number} was interrupted.`,
  },
  input: {
    label: (number: number) => `Line for cell ${number}`,
    send: 'Send',
    waits: 'The program waits for a line.',
  },
};
