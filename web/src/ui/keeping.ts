// Brings a place into sight with as little scrolling as that takes.
//
// Invariant: a place that is in sight already moves nothing.

import { placeChosen } from './anchoring';
import { cellElement, sight } from './sight';

/** Some of what is around the place is wanted too. */
const MARGIN_PX = 48;

interface Span {
  top: number;
  bottom: number;
}

/** `line` finds a place inside the cell that matters more than the cell, if there is one. */
export function keepInSight(cell: string, line: (element: HTMLElement) => Span | undefined): void {
  const element = cellElement(cell);
  if (!element) return;
  const { top, bottom } = sight();
  const shift = scrollToShow(line(element) ?? element.getBoundingClientRect(), { top: top + MARGIN_PX, bottom: bottom - MARGIN_PX });
  if (shift === 0) return;
  window.scrollBy({ top: shift, behavior: 'instant' });
  placeChosen();
}

/** By how much to scroll. Of something taller than the window its beginning is shown, unless some of it fills the view. */
export function scrollToShow(place: Span, view: Span): number {
  const tall = place.bottom - place.top > view.bottom - view.top;
  if (tall) {
    if (place.top <= view.top && place.bottom >= view.bottom) return 0;
    return place.top > view.top ? place.top - view.top : place.bottom - view.bottom;
  }
  if (place.top < view.top) return place.top - view.top;
  return place.bottom > view.bottom ? place.bottom - view.bottom : 0;
}
