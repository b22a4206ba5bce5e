// What a program orders pages to do once, such as to put the focus somewhere or to offer a file.
//
// Invariant: nothing is opened, saved or asked for that a person has not agreed to here, and no focus is taken from
// somebody who writes, unless it was their own press that the program answers.

import { blobIn } from '../../doc/widgets/schema';
import type { Order } from '../../doc/widgets/widgets';
import { reasonOf } from '../../state/reason';
import { widgetsText as says } from '../../text/widgets';
import { handOver } from '../handOver';
import { page } from '../page.svelte';
import { toasts } from '../toasts.svelte';
import type { SessionModel } from './session.svelte';

const FOCUSABLE = 'input, textarea, select, button, [tabindex]';
const WRITING = 'input:not([type=button], [type=checkbox], [type=radio], [type=range]), textarea, select, [contenteditable=true]';
const OPENERS: ReadonlySet<string> = new Set(['open', 'show', 'popup']);
const LONGEST_SHOWN = 120;

/** What answers somebody's press is done where they pressed; the rest everywhere. */
export function perform(order: Order, session: SessionModel, root: HTMLElement | undefined): void {
  const { wid, name, args, client } = order;
  const ours = client === session.session.client;
  if (wid === undefined) return void (name === 'open-url' && (client === undefined || ours) && offerLink(args[0]));
  const model = session.widget(wid);
  if (name === 'set_focus') focus(root?.querySelector(`[data-wid="${wid}"]`), ours);
  else if (model.kind === 'FileDialog' && client !== undefined && !ours) return;
  else if (model.kind === 'FileDialog' && OPENERS.has(name)) session.asked.add(wid);
  else if (model.kind === 'FileDialog' && name === 'save') offerFile(args);
  else if (model.kind === 'Menu' && name === 'popup') popup(wid, args, session, client === undefined || ours);
  else model.perform(order);
}

/** A menu is for whoever pressed. */
function popup(wid: number, args: readonly unknown[], session: SessionModel, here: boolean): void {
  const [x, y] = args.map(Number);
  if (here) session.popped = { wid, x: x || 0, y: y || 0 };
}

function focus(element: Element | null | undefined, answers: boolean): void {
  if ((document.activeElement?.matches(WRITING) && !answers) || document.querySelector('dialog[open]')?.contains(element ?? null) === false) return;
  const target = element?.matches(FOCUSABLE) ? element : element?.querySelector(FOCUSABLE);
  if (target instanceof HTMLElement) target.focus({ preventScroll: false });
}

function offerLink(address: unknown): void {
  if (typeof address !== 'string' || !URL.canParse(address, document.baseURI)) return;
  const { href, protocol } = new URL(address, document.baseURI);
  if (!/^https?:$/.test(protocol)) return;
  toasts.offer(says.link.wants(href.slice(0, LONGEST_SHOWN)), { label: says.link.open, run: () => void window.open(href, '_blank', 'noopener,noreferrer') });
}

/** `[name, content, media type]`: the content as a `data:` address, in base64, or beside the document. */
function offerFile([name, content, mime]: readonly unknown[]): void {
  if (typeof name !== 'string') return;
  const type = typeof mime === 'string' ? mime : 'application/octet-stream';
  const save = async (): Promise<void> => {
    const file = await fileOf(content, type).catch((cause: unknown) => void toasts.error(reasonOf(cause)));
    if (file) handOver(file, name);
  };
  toasts.offer(says.files.offered(name.slice(0, LONGEST_SHOWN)), { label: says.files.save, run: () => void save() });
}

async function fileOf(content: unknown, type: string): Promise<Blob | undefined> {
  const blob = blobIn(content);
  if (blob) return (await page.rest.blob(blob.sha256)).blob();
  return typeof content === 'string' ? decoded(content.startsWith('data:') ? content : `data:${type};base64,${content}`) : undefined;
}

/** Not by a request: a page may ask no `data:` address for anything. */
function decoded(address: string): Blob {
  const comma = address.indexOf(',');
  const head = address.slice('data:'.length, comma);
  const encoded = address.slice(comma + 1);
  const content = head.endsWith(';base64') ? Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0)) : decodeURIComponent(encoded);
  return new Blob([content], { type: head.split(';', 1)[0] ?? '' });
}
