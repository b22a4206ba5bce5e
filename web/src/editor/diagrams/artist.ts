// The sandboxed frame in which Mermaid draws: made for the first diagram, made anew when it hangs.
//
// Invariant: texts of foreign origin meet Mermaid only in a frame without origin whose policy lets it ask nobody; what
// comes back is taken as a picture and never becomes part of the page.

import mermaidAddress from 'mermaid/dist/mermaid.min.js?url';

import driverAddress from './frame.js?url';

export interface Look {
  dark: boolean;
  font: string;
  /** Mermaid's theme variables. */
  variables: { readonly [name: string]: string };
}

export type Picture = { kind: 'drawn'; svg: string; width: number; height: number; title: string; labels: string[] };
/** `line` is 0 when it is not known. */
export type Mistake = { kind: 'mistake'; line: number };
/** Neither the text's fault nor for ever: too slow, or Mermaid could not be loaded. */
export type Unavailable = { kind: 'slow' } | { kind: 'absent' };
export type Result = Picture | Mistake | Unavailable;

/** Mermaid is some megabytes: a slow network may take this long. */
const LOAD_MS = 60_000;
/** A drawing that takes longer is one made to take for ever. */
const DRAW_MS = 15_000;
/** As wide as a note on a wide page. */
const SIZE = 'position:fixed;left:-5000px;top:0;width:1000px;height:800px;border:0;visibility:hidden';
/** A picture may be large; a number from the frame may be anything. */
const LARGEST = 20_000;

interface Order {
  source: string;
  look: Look;
  done: (result: Result) => void;
}

export class Artist {
  #frame: HTMLIFrameElement | undefined;
  #ready = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #number = 0;
  /** The first one is being drawn. */
  readonly #orders: Order[] = [];

  draw(source: string, look: Look): Promise<Result> {
    return new Promise((done) => {
      this.#orders.push({ source, look, done });
      if (this.#orders.length === 1) this.#next();
    });
  }

  #next(): void {
    const [order] = this.#orders;
    if (!order) return;
    if (!this.#frame) this.#open();
    if (!this.#ready) return;
    this.#number += 1;
    this.#frame?.contentWindow?.postMessage({ kind: 'draw', id: this.#number, source: order.source, look: order.look }, '*');
    this.#wait(DRAW_MS, { kind: 'slow' });
  }

  #open(): void {
    const frame = document.createElement('iframe');
    frame.setAttribute('sandbox', 'allow-scripts');
    frame.setAttribute('aria-hidden', 'true');
    frame.inert = true;
    frame.style.cssText = SIZE;
    frame.srcdoc = shell();
    this.#frame = frame;
    window.addEventListener('message', this.#told);
    document.body.append(frame);
    this.#wait(LOAD_MS, { kind: 'absent' });
  }

  #close(): void {
    window.removeEventListener('message', this.#told);
    this.#frame?.remove();
    this.#frame = undefined;
    this.#ready = false;
  }

  #wait(limit: number, otherwise: Unavailable): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#close();
      this.#finish(otherwise);
    }, limit);
  }

  #finish(result: Result): void {
    clearTimeout(this.#timer);
    this.#orders.shift()?.done(result);
    this.#next();
  }

  readonly #told = (event: MessageEvent<unknown>): void => {
    if (event.source !== this.#frame?.contentWindow || typeof event.data !== 'object' || event.data === null) return;
    const answer = event.data as { [key: string]: unknown };
    if (answer['kind'] === 'ready' && !this.#ready) {
      this.#ready = true;
      this.#next();
    } else if (answer['id'] === this.#number && this.#ready) this.#finish(resultOf(answer));
  };
}

/** Read as carefully as if a stranger had sent it: perhaps one did. */
function resultOf(answer: { [key: string]: unknown }): Result {
  const size = (value: unknown): number => (typeof value === 'number' && value > 0 ? Math.min(Math.ceil(value), LARGEST) : 0);
  const { svg, line, title, labels } = answer;
  const [width, height] = [size(answer['width']), size(answer['height'])];
  if (answer['kind'] !== 'drawn' || typeof svg !== 'string' || width === 0 || height === 0) return { kind: 'mistake', line: size(line) };
  const words = Array.isArray(labels) ? labels.filter((label) => typeof label === 'string') : [];
  return { kind: 'drawn', svg, width, height, title: typeof title === 'string' ? title : '', labels: words };
}

/** The policy of the page holds in it too; this one leaves nothing of it but the two scripts. */
function shell(): string {
  const [mermaid, driver] = [mermaidAddress, driverAddress].map((address) => new URL(address, document.baseURI).href);
  const policy = `default-src 'none'; script-src ${mermaid} ${driver}; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'`;
  return `<!doctype html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}"><body><script src="${mermaid}"></script><script src="${driver}"></script>`;
}
