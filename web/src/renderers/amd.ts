// Libraries of widgets come as modules that ask a loader for what they need; in a frame there is none but this one.
//
// Invariant: it is there before any of them, and gives them what is in the frame already.

type Factory = (...needed: unknown[]) => unknown;
type Definition = [needs: readonly string[], factory: Factory];

let defined: { needs: readonly string[]; factory: Factory } | undefined;

declare global {
  /** A module may say its own name first. */
  var define: ((...said: Definition | [name: string, ...Definition]) => void) & { amd: object };
}

globalThis.define = Object.assign(
  (...said: Definition | [name: string, ...Definition]) => {
    const [needs, factory] = said.slice(-2) as Definition;
    defined = { needs, factory };
  },
  { amd: {} },
);

/** The module that has just defined itself, made of what it needs. */
export function made(has: { [name: string]: unknown }): unknown {
  const last = defined;
  defined = undefined;
  return last?.factory(...last.needs.map((name) => has[name]));
}
