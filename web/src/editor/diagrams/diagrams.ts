// Diagrams in notes: Mermaid's text behind a fence, shown as a picture. Loaded by the first note that has one.
//
// Invariant: a diagram whose text did not change is not drawn again; while a changed one is drawn, the one before stands
// in its place.

import { text } from '../../text/text';
import { Artist, type Look, type Picture, type Result } from './artist';

export type { Look } from './artist';

export const DIAGRAM = 'pre > code.language-mermaid';
/** Drawings kept, in all notes together. */
const KEPT_MAX = 100;
/** A description longer than this is no help. */
const LONGEST_LABEL = 600;

const artist = new Artist();
const drawings = new Map<string, Promise<Result>>();

function drawingOf(source: string, look: Look): Promise<Result> {
  const key = JSON.stringify([look, source]);
  const known = drawings.get(key);
  drawings.delete(key);
  const drawing = known ?? artist.draw(source, look);
  drawings.set(key, drawing);
  for (const oldest of drawings.keys()) if (drawings.size > KEPT_MAX) drawings.delete(oldest);
  void drawing.then(({ kind }) => {
    if (kind === 'slow' || kind === 'absent') drawings.delete(key);
  });
  return drawing;
}

/** The diagrams of one note. */
export class Diagrams {
  /** What stands for each, by its place among the diagrams of the note. */
  readonly #last: Picture[] = [];
  readonly #sources = new WeakMap<Element, string>();
  #look = '';

  /** Draws what is new in the element that shows the note, and everything for a new look. */
  show(root: ParentNode, look: Look): void {
    const relook = JSON.stringify(look) !== this.#look;
    this.#look = JSON.stringify(look);
    const places = root.querySelectorAll(`pre:has(> code.language-mermaid), figure.diagram`);
    places.forEach((place, number) => {
      const source = this.#sources.get(place);
      if (source === undefined) this.#begin(place, number, look);
      else if (relook) this.#draw(place, source, number, look);
    });
    this.#last.length = Math.min(this.#last.length, places.length);
  }

  #begin(place: Element, number: number, look: Look): void {
    const figure = document.createElement('figure');
    const source = place.textContent ?? '';
    const last = this.#last[number];
    figure.className = 'diagram';
    this.#sources.set(figure, source);
    place.replaceWith(figure);
    figure.append(last ? imageOf(last) : place);
    this.#draw(figure, source, number, look);
  }

  #draw(figure: Element, source: string, number: number, look: Look): void {
    const wanted = this.#look;
    void drawingOf(source, look).then((result) => {
      if (wanted !== this.#look) return;
      if (result.kind === 'drawn') {
        if (figure.isConnected) this.#last[number] = result;
        figure.replaceChildren(imageOf(result));
        return;
      }
      const before = this.#last[number];
      figure.replaceChildren(sentence(result), before ? imageOf(before) : sourceOf(source, result));
    });
  }
}

/** How far a drawing shrinks in a narrow page; below it scrolls, for nobody could read it. */
const SMALLEST = 0.6;

/** Shown as a picture, nothing in it runs and nothing is fetched. */
function imageOf({ svg, width, height, title, labels }: Picture): HTMLImageElement {
  const image = new Image(width, height);
  image.alt = text.notes.diagram((title || [...new Set(labels)].join(', ')).slice(0, LONGEST_LABEL));
  image.style.minWidth = `${Math.round(width * SMALLEST)}px`;
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  return image;
}

function sentence(result: Exclude<Result, Picture>): HTMLElement {
  const caption = document.createElement('figcaption');
  caption.textContent = result.kind === 'mistake' ? text.notes.diagramMistake(result.line) : text.notes.diagramNot[result.kind];
  return caption;
}

/** The text, with the line marked that is not understood. */
function sourceOf(source: string, result: Result): HTMLElement {
  const code = document.createElement('pre');
  source.trimEnd().split('\n').forEach((line, index) => {
    const part = document.createElement(result.kind === 'mistake' && result.line === index + 1 ? 'mark' : 'span');
    part.textContent = `${line}\n`;
    code.append(part);
  });
  return code;
}
