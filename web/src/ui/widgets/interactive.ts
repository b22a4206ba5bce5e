// What a pointer or the keyboard does on a widget, told to a program that listens to it, in the words of its protocol.
//
// Invariant: an action that nobody listens to costs nothing, and of pointer moves that wait only the newest goes.

import type { Attachment } from 'svelte/attachments';

import type { WidgetModel } from './widget.svelte';

const ACTIONS: { readonly [event: string]: string } = {
  pointerdown: 'pointer-down',
  pointermove: 'pointer-move',
  pointerup: 'pointer-up',
  pointerenter: 'enter',
  pointerleave: 'leave',
  wheel: 'scroll',
  click: 'click',
  dblclick: 'dblclick',
  keydown: 'key-down',
  keyup: 'key-up',
  keypress: 'key-press',
  focus: 'focus-in',
  blur: 'focus-out',
  contextmenu: 'contextmenu',
};
const JOINED: ReadonlySet<string> = new Set(['pointer-move', 'scroll']);
/** What only somebody who can come to it with the keyboard can do. */
const KEYS: readonly string[] = ['key-down', 'key-up', 'key-press', 'focus-in', 'focus-out'];

export function interactive(model: WidgetModel): Attachment<HTMLElement> {
  return (element) => {
    const wanted = Object.entries(ACTIONS).filter(([, action]) => model.listens(action));
    const stops = wanted.map(([event, action]) => {
      const tell = (cause: Event): void => {
        if (action === 'contextmenu') cause.preventDefault();
        void model.act(action, [told(cause, element)], { joins: JOINED.has(action) });
      };
      element.addEventListener(event, tell, { passive: action !== 'contextmenu' });
      return () => element.removeEventListener(event, tell);
    });
    if (wanted.some(([, action]) => KEYS.includes(action))) element.tabIndex = 0;
    return () => stops.forEach((stop) => stop());
  };
}

/** Also of what is dropped: in the fields that the protocol names. */
export function told(event: Event, element: HTMLElement): { [field: string]: unknown } {
  const common = { type: event.type, time_stamp: event.timeStamp };
  if (event instanceof KeyboardEvent) {
    const { key, code: keycode, repeat } = event;
    return { ...common, key, keycode, repeat, modifiers: modifiers(event) };
  }
  if (!(event instanceof MouseEvent)) return common;
  const { left, top } = element.getBoundingClientRect();
  const { button, buttons, clientX, clientY } = event;
  const place = { x: Math.round(clientX - left), y: Math.round(clientY - top), viewport_x: clientX, viewport_y: clientY };
  return { ...common, ...place, button_trigger: Math.max(0, button) + 1, button_mask: mask(buttons), modifiers: modifiers(event), ...pointer(event), ...wheel(event) };
}

/** Browsers count the right button second, the protocol the middle one. */
function mask(buttons: number): number {
  return (buttons & 1) | (buttons & 4 ? 2 : 0) | (buttons & 2 ? 4 : 0);
}

function pointer(event: MouseEvent): { [field: string]: unknown } {
  if (!(event instanceof PointerEvent)) return {};
  const { pointerId, pointerType, pressure, isPrimary } = event;
  return { pointer_id: pointerId, pointer_type: pointerType, pressure, is_primary: isPrimary };
}

function wheel(event: MouseEvent): { [field: string]: unknown } {
  return event instanceof WheelEvent ? { delta_x: event.deltaX, delta_y: event.deltaY, delta_mode: event.deltaMode } : {};
}

function modifiers({ shiftKey, ctrlKey, altKey, metaKey }: MouseEvent | KeyboardEvent): string[] {
  const held = { alt: altKey, ctrl: ctrlKey, shift: shiftKey, meta: metaKey };
  return Object.entries(held).filter(([, is]) => is).map(([name]) => name);
}
