// What stands behind the word of state, one line a fact, for whoever asks. Pure.
//
// Invariant: each line says what is known and no more.

import { text } from '../text/text';
import { existingNowhereElse, mayOnlyRead, unsaved, type Facts } from './saved';

/** What is known beside the facts of the connection. */
export interface Surroundings {
  /** The server's address as people know it. */
  server: string;
  /** How many tabs of this browser have the notebook open. */
  tabs: number;
  /** Whether the browser has promised not to clear what it keeps; undefined while it is not known. */
  lasting: boolean | undefined;
  time: (at: number) => string;
}

export interface Line {
  term: string;
  value: string;
  alarming?: boolean;
}

export function lines(facts: Facts, around: Surroundings): Line[] {
  const { saved, waiting, tabs, server, role } = text.trust.facts;
  const { progress } = facts;
  const behind = unsaved(facts);
  const reader = mayOnlyRead(facts);
  return [
    ...(progress.role === undefined ? [] : [{ term: role.term, value: role[progress.role] }]),
    ...(reader ? [] : [{ term: saved.term, value: progress.savedAt === undefined ? saved.never : saved.at(around.time(progress.savedAt)) }]),
    ...(reader && behind === 0 ? [] : [{ term: waiting.term, value: behind === 0 ? waiting.none : waiting.some(behind) }, kept(facts, around)]),
    { term: server.term, value: server[progress.link.kind](around.server) },
    { term: tabs.term, value: tabs.count(around.tabs) },
  ];
}

function kept(facts: Facts, { lasting }: Surroundings): Line {
  const { kept: says } = text.trust.facts;
  if (facts.offline.state === 'failed') return { term: says.term, value: says.failed, alarming: existingNowhereElse(facts) > 0 };
  if (unsaved(facts) === 0 || lasting === undefined) return { term: says.term, value: says.working };
  return { term: says.term, value: lasting ? says.lasting : says.clearable };
}
