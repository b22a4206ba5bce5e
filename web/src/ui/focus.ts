// Where the focus was, so that what opened over it can give it back exactly: to the caret and the selection too.
//
// Invariant: giving back never scrolls. Knows no editor: whoever makes editors tells the way back into them.

type WayBack = (active: HTMLElement) => (() => void) | undefined;

const ways: WayBack[] = [];

/** Tells how a focus in things of one kind is given back: by more than their own `focus`. */
export function addWayBack(way: WayBack): void {
  ways.push(way);
}

/** Keeps the present place of the focus; the function returned goes back to it, if it is still there. */
export function rememberFocus(): () => void {
  const active = document.activeElement;
  if (!(active instanceof HTMLElement) || active === document.body) return () => undefined;
  const back = ways.map((way) => way(active)).find((found) => found !== undefined) ?? (() => active.focus({ preventScroll: true }));
  return () => {
    if (active.isConnected) back();
  };
}
