// Whether the controls of a session can be used, and why not. Pure.

import type { Program } from '../../doc/widgets/schema';
import type { Progress } from '../../sync/provider';

/** `reader`: this person may only look. `away`: the server is not reached. `waiting`: the program has never come. */
export type Resting = 'reader' | 'away' | 'gone' | 'waiting';

/** The reason that lasts longest comes first. Undefined when a press would reach the program. */
export function resting({ link, role, renewing }: Pick<Progress, 'link' | 'role' | 'renewing'>, program: Program): Resting | undefined {
  if (role === 'viewer') return 'reader';
  if (link.kind !== 'synced' && !renewing) return 'away';
  return program.state === 'connected' ? undefined : program.state;
}
