// Pictures that are pasted or dropped into a note: small ones go into the note itself, larger ones beside the notebook.
//
// Invariant: a picture comes to stand where it was put, whatever others typed meanwhile, in one step that undo takes
// back; nothing is written into the note before the picture is kept.

import { EditorView } from '@codemirror/view';
import * as Y from 'yjs';

import { attach, describing, fits, isPicture } from '../doc/attachments';
import { kindOf, sourceOf } from '../doc/cell';
import { saysMoreThanText } from '../editor/rich';
import { reasonOf } from '../state/reason';
import { text } from '../text/text';
import type { BlobStored } from '../wire/wire';
import type { NotebookModel } from './notebook.svelte';
import { page } from './page.svelte';
import { toasts } from './toasts.svelte';

/** A picture on its way to the server. */
export interface Sending {
  cell: string;
  file: string;
  /** From 0 to 1. */
  share: number;
  cancel: () => void;
}

export const sending = $state<Sending[]>([]);

/** Where in a note something goes: a place in its text, or the end. */
interface Place {
  position: Y.RelativePosition | undefined;
  /** The caret goes behind it. */
  view: EditorView | undefined;
}

/** For the element of a cell: takes what is pasted into it and dropped on it. */
export function takesPictures(model: NotebookModel, id: string): (element: HTMLElement) => () => void {
  return (element) => {
    const stop = new AbortController();
    const on = { capture: true, signal: stop.signal };
    element.addEventListener('paste', (event) => pasted(model, id, event), on);
    element.addEventListener('dragover', (event) => draggedOver(element, event), on);
    element.addEventListener('dragleave', (event) => element.contains(event.relatedTarget as Node | null) || element.classList.remove('receiving'), on);
    element.addEventListener('drop', (event) => (element.classList.remove('receiving'), dropped(model, id, event)), on);
    return () => stop.abort();
  };
}

function pasted(model: NotebookModel, id: string, event: ClipboardEvent): void {
  const data = event.clipboardData;
  const files = [...(data?.files ?? [])];
  // A table from a spreadsheet comes with a picture of itself.
  if (!data || files.length === 0 || saysMoreThanText(data)) return;
  event.preventDefault();
  event.stopPropagation();
  void take(model, id, files, editorAt(event));
}

function draggedOver(element: HTMLElement, event: DragEvent): void {
  if (!event.dataTransfer?.types.includes('Files')) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = 'copy';
  element.classList.add('receiving');
}

function dropped(model: NotebookModel, id: string, event: DragEvent): void {
  const files = [...(event.dataTransfer?.files ?? [])];
  const view = editorAt(event);
  // Texts dropped into an editor are its own business.
  if (files.length === 0 || (view && files.every((file) => file.type.startsWith('text/')))) return;
  event.preventDefault();
  event.stopPropagation();
  if (view) view.dispatch({ selection: { anchor: view.posAtCoords({ x: event.clientX, y: event.clientY }, false) } });
  void take(model, id, files, view);
}

/** A file dropped beside the cells would take the place of the page. */
function missed(event: DragEvent): void {
  if (event.defaultPrevented || !event.dataTransfer?.types.includes('Files')) return;
  event.preventDefault();
  if (event.type === 'drop' && event.target instanceof Element && event.target.closest('main')) toasts.show(text.notes.dropOntoNote);
}

window.addEventListener('dragover', missed);
window.addEventListener('drop', missed);

function editorAt(event: Event): EditorView | undefined {
  const editor = (event.target as Element).closest<HTMLElement>('.cm-editor');
  return (editor && EditorView.findFromDOM(editor)) ?? undefined;
}

async function take(model: NotebookModel, id: string, files: readonly File[], view: EditorView | undefined): Promise<void> {
  const cell = model.session.notebook.cell(id);
  const source = cell && sourceOf(cell);
  if (!cell || !source || model.reading.refuses()) return;
  if (kindOf(cell) !== 'note') return toasts.show(text.notes.onlyIntoNotes);
  const position = view && Y.createRelativePositionFromTypeIndex(source, view.state.selection.main.to, -1);
  const place = { position, view };
  const calls: string[] = [];
  for (const file of files) {
    const call = await kept(model, id, file).catch((cause: unknown) => toasts.error(text.notes.pictureNotKept(file.name, reasonOf(cause))));
    if (call !== undefined) calls.push(call);
  }
  if (calls.length > 0) write(model, id, place, calls.join('\n'));
}

/** Keeps the picture and tells how Markdown calls it. */
async function kept(model: NotebookModel, id: string, file: File): Promise<string | undefined> {
  const mime = await pictureType(file);
  if (mime === undefined) return void toasts.error(text.notes.notAPicture(file.name));
  const cell = model.session.notebook.cell(id);
  if (!cell) return undefined;
  const alt = describing(file.name);
  if (fits(cell, file.size)) return `![${alt}](attachment:${attach(cell, { file: file.name, mime, base64: await base64Of(file) })})`;
  // A server that does not answer says so when the picture is sent.
  const most = await page.rest.limits().then(({ bodyBytes }) => bodyBytes, () => Infinity);
  if (file.size > most) return void toasts.error(text.notes.pictureTooLarge(file.name, file.size, most));
  const stored = await send(id, file);
  return stored && `![${alt}](api/blobs/${stored.sha256}?type=${mime})`;
}

/** Nothing if the person called it off. */
async function send(cell: string, file: File): Promise<BlobStored | undefined> {
  const calledOff = new AbortController();
  sending.push({ cell, file: file.name, share: 0, cancel: () => calledOff.abort() });
  const entry = sending.at(-1) as Sending;
  try {
    return await page.rest.keep(file, { signal: calledOff.signal, sent: (share) => (entry.share = share) });
  } catch (cause) {
    if (calledOff.signal.aborted) return undefined;
    throw cause;
  } finally {
    sending.splice(sending.indexOf(entry), 1);
  }
}

function write(model: NotebookModel, id: string, { position, view }: Place, calls: string): void {
  const cell = model.session.notebook.cell(id);
  const source = cell && sourceOf(cell);
  const { doc, history } = model.session;
  if (!source) return;
  const at = position && Y.createAbsolutePositionFromRelativePosition(position, doc)?.index;
  const before = source.toString();
  const piece = at === undefined && before.trim() !== '' ? `${before.endsWith('\n') ? '\n' : '\n\n'}${calls}` : calls;
  const index = at ?? before.length;
  history.write(() => source.insert(index, piece));
  if (view && at !== undefined) view.dispatch({ selection: { anchor: index + piece.length }, scrollIntoView: view.hasFocus });
}

/** What the first bytes say it is: a file may be called anything. */
async function pictureType(file: File): Promise<string | undefined> {
  const bytes = new Uint8Array(await file.slice(0, 16).arrayBuffer());
  const begin = String.fromCharCode(...bytes);
  if (begin.startsWith('\x89PNG')) return 'image/png';
  if (begin.startsWith('\xff\xd8\xff')) return 'image/jpeg';
  if (/^GIF8[79]a/.test(begin)) return 'image/gif';
  if (/^RIFF....WEBP/s.test(begin)) return 'image/webp';
  return file.type === 'image/svg+xml' && isPicture(file.type) ? file.type : undefined;
}

function base64Of(file: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).replace(/^[^,]*,/, ''));
    reader.onerror = () => reject(reader.error ?? new Error(text.notes.notRead));
    reader.readAsDataURL(file);
  });
}
