// What the page says of the kernel: a word for the top bar, and what can be done with it now. Pure.

import { isReady, isUp } from '../doc/runs';
import { text } from '../text/text';
import type { KernelStatus } from '../wire/wire';

/** The word beside the dot in the top bar. */
export function kernelWord(status: KernelStatus): string {
  const says = text.kernel.words;
  if (status.state === 'preparing' && status.fraction !== undefined) return says.preparingShare(Math.round(status.fraction * 100));
  return says[status.state];
}

/** What a person may ask of the kernel as it is. */
export interface KernelDeeds {
  start: boolean;
  interrupt: boolean;
  restart: boolean;
  shutDown: boolean;
}

export function deedsFor(status: KernelStatus): KernelDeeds {
  const up = isUp(status);
  return { start: !up, interrupt: status.state === 'busy', restart: isReady(status) || status.state === 'dead', shutDown: up };
}

/**
 * What stands over the page while the kernel is not as one expects: while its environment is made, and when it died;
 * `unmade`: its environment could not be made.
 */
export type KernelNotice = { kind: 'preparing'; step: string; share: number | undefined } | { kind: 'dead'; sentence: string; unmade: boolean };

export function noticeOf(status: KernelStatus): KernelNotice | undefined {
  if (status.state === 'preparing') return { kind: 'preparing', step: stepSentence(status.step), share: status.fraction };
  if (status.state === 'dead') return { kind: 'dead', sentence: status.sentence ?? text.kernel.died, unmade: status.step !== undefined };
  return undefined;
}

/** A step of the making, which the server names, as people read it. */
export function stepSentence(step: string | undefined): string {
  const { steps, begins } = text.kernel.preparing;
  return step === undefined ? begins : step in steps ? steps[step as keyof typeof steps] : step;
}
