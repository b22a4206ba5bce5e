// Takes an output to the clipboard or into a file.
//
// Invariant: what is copied is what the output holds, whole, whatever part of it is shown.

import type { Drawing } from '../doc/output';
import { withoutAnsi } from '../editor/ansi';
import { contentOf, type Content } from '../state/outputContent';
import { handOver } from './handOver';

export function blobOf({ mime, content, isBase64 }: Content): Blob {
  return new Blob([isBase64 ? bytesOf(content) : content], { type: mime });
}

/** What is no base64 gives a picture that cannot be shown, and no error. */
export function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0));
  } catch {
    return new Uint8Array();
  }
}

/** Whether the browser allowed it. */
export async function copy(drawing: Drawing): Promise<boolean> {
  const content = contentOf(drawing);
  if (!content) return false;
  try {
    if (content.mime.startsWith('image/')) await copyPicture(content);
    else if (drawing.kind === 'frame') await copyPage(content, drawing.fallback);
    else await copyText(withoutAnsi(content.content));
    return true;
  } catch (cause) {
    console.warn('The output was not copied.', cause);
    return false;
  }
}

export function save(content: Content, name: string): void {
  handOver(content.mime === 'text/plain' ? new Blob([withoutAnsi(content.content)], { type: content.mime }) : blobOf(content), `${name}.${content.extension}`);
}

/** Browsers offer their clipboard to pages over https and on this machine only; elsewhere the old way still works. */
async function copyText(text: string): Promise<void> {
  if ('clipboard' in navigator) return navigator.clipboard.writeText(text);
  const field = document.createElement('textarea');
  field.value = text;
  field.style.cssText = 'position:fixed;opacity:0';
  const before = document.activeElement;
  document.body.append(field);
  field.select();
  const done = document.execCommand('copy');
  field.remove();
  if (before instanceof HTMLElement) before.focus({ preventScroll: true });
  if (!done) throw new Error('The browser refused to copy.');
}

/** Pasted into a text it is a table, pasted into code what the kernel printed. */
async function copyPage(content: Content, plain: string): Promise<void> {
  if (!('clipboard' in navigator)) return copyText(plain || content.content);
  const as = (type: string, text: string) => new Blob([text], { type });
  await navigator.clipboard.write([new ClipboardItem({ 'text/html': as('text/html', content.content), 'text/plain': as('text/plain', plain || content.content) })]);
}

/** Clipboards know PNG only. */
async function copyPicture(content: Content): Promise<void> {
  if (!('clipboard' in navigator)) throw new Error('Pictures can be copied over https only.');
  const png = content.mime === 'image/png' ? blobOf(content) : redrawn(blobOf(content));
  await navigator.clipboard.write([new ClipboardItem({ 'image/png': png })]);
}

async function redrawn(picture: Blob): Promise<Blob> {
  const image = new Image();
  image.src = URL.createObjectURL(picture);
  try {
    await image.decode();
    const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
    canvas.getContext('2d')?.drawImage(image, 0, 0);
    return await canvas.convertToBlob({ type: 'image/png' });
  } finally {
    URL.revokeObjectURL(image.src);
  }
}
