// Whether a command can do anything now, and if not, why. Pure.

import type { CellKind } from '../wire/wire';
import { changes, COMMANDS, type Command, type CommandGroup } from './commands';

/** What commands depend on. */
export interface Situation {
  readOnly: boolean;
  /** How many cells there are. */
  cells: number;
  /** Where the selected cell stands, from 0; -1 when none is selected. */
  position: number;
  canUndo: boolean;
  canRedo: boolean;
  /** The server is there to run something. */
  online: boolean;
  /** Something runs or waits. */
  running: boolean;
  kernel: boolean;
  /** Of the selected cell. */
  kind?: CellKind | undefined;
}

export type Hindrance = 'readOnly' | 'noCells' | 'firstCell' | 'lastCell' | 'nothingToUndo' | 'nothingToRedo' | 'offline' | 'nothingRuns' | 'noKernel' | 'kernelRuns' | 'noPrompt';

/** What needs a cell to act on; with none selected these select the first. */
const ON_CELLS: ReadonlySet<CommandGroup> = new Set(['run', 'ask', 'edit', 'kind', 'fold']);
/** What is done to a question or its answer. */
const ON_PROMPTS: ReadonlySet<Command> = new Set<Command>(['askForMe', 'thinkFirst', 'editAnswer', 'insertCode', 'answerToNote', 'copyAnswer', 'whatIsSent']);
/** What the server does, and none but it. */
const BY_SERVER: ReadonlySet<CommandGroup> = new Set(['run', 'kernel']);

export function hindrance(command: Command, situation: Situation): Hindrance | undefined {
  const { group } = COMMANDS[command];
  if (situation.readOnly && changes(command)) return 'readOnly';
  if (situation.cells === 0 && ON_CELLS.has(group)) return 'noCells';
  if (!situation.online && BY_SERVER.has(group) && changes(command)) return 'offline';
  if (ON_PROMPTS.has(command) && situation.kind !== 'prompt') return 'noPrompt';
  return ofCommand(command, situation);
}

function ofCommand(command: Command, { cells, position, canUndo, canRedo, online, running, kernel }: Situation): Hindrance | undefined {
  switch (command) {
    case 'askForMe':
    case 'linkTask':
    case 'whatIsSent':
      return online ? undefined : 'offline';
    case 'stop':
    case 'stopAll':
      return running ? undefined : 'nothingRuns';
    case 'interruptKernel':
    case 'shutDownKernel':
    case 'variables':
      return kernel ? undefined : 'noKernel';
    case 'startKernel':
      return kernel ? 'kernelRuns' : undefined;
    case 'undo':
      return canUndo ? undefined : 'nothingToUndo';
    case 'redo':
      return canRedo ? undefined : 'nothingToRedo';
    case 'moveUp':
    case 'selectAbove':
      return position === 0 ? 'firstCell' : undefined;
    case 'moveDown':
    case 'mergeBelow':
    case 'selectBelow':
      return position >= 0 && position === cells - 1 ? 'lastCell' : undefined;
    default:
      return undefined;
  }
}
