// What the page and the widgets in a frame tell each other. Plain values, which a structured clone carries.

/** A binary part of a value: where in it, and what. */
export interface Bytes {
  path: (string | number)[];
  data: ArrayBuffer;
}

/** One key of a state. */
export interface Value {
  seq: number;
  value?: unknown;
  bytes: Bytes[];
}

export interface Shown {
  module: string;
  name: string;
  version: string;
  state: { [key: string]: Value };
}

/** Scripts with which packages draw their widgets, by the names of their modules. */
export interface Libraries {
  [module: string]: string;
}

/** With what a frame begins. */
export interface Beginning {
  /** The one to be drawn. */
  model: string;
  models: { [id: string]: Shown };
  libraries: Libraries;
  /** Nobody may use it: its kernel is gone, or this person only reads. */
  rests: boolean;
}

/** What the page tells from then on. */
export type ToFrame =
  | { kind: 'models'; opened: { [id: string]: Shown }; libraries: Libraries; changed: { [id: string]: { [key: string]: Value } }; closed: string[]; said: { [id: string]: { content: unknown; buffers: ArrayBuffer[] }[] } }
  | { kind: 'rests'; rests: boolean }
  /** What the frame asked for came about, with the number of the change, or did not. */
  | { kind: 'told'; request: number; seq?: number };

/** What somebody did with a widget. */
export interface Told {
  kind: 'tell';
  request: number;
  model: string;
  state?: { [key: string]: unknown };
  bytes: Bytes[];
  /** Instead of a state. */
  message?: unknown;
}
