// Terminal text as nodes: colours, weight, underline. Nothing of it is markup, and no address in it becomes a link.
//
// Invariant: every colour can be read in both themes: one alone is moved towards black or white as far as the page's
// ground asks for, two together as far as they ask of each other.

import Anser from 'anser';

import { css, readable, type Rgb } from './contrast';

/** The page's ink and paper in both themes, as `app.css` has them. */
export const THEMES: readonly { ink: Rgb; paper: Rgb }[] = [
  { ink: [0x23, 0x26, 0x2a], paper: [0xfd, 0xfc, 0xfa] },
  { ink: [0xe4, 0xe2, 0xdd], paper: [0x17, 0x19, 0x1b] },
];

/** The sixteen named colours; alone on the page's ground they are classes and look as the theme says. */
const NAMED: { [name: string]: Rgb } = {
  'ansi-black': [62, 66, 74],
  'ansi-red': [199, 58, 51],
  'ansi-green': [46, 125, 66],
  'ansi-yellow': [222, 184, 67],
  'ansi-blue': [44, 105, 181],
  'ansi-magenta': [152, 66, 140],
  'ansi-cyan': [32, 139, 143],
  'ansi-white': [198, 199, 201],
  'ansi-bright-black': [106, 112, 121],
  'ansi-bright-red': [226, 104, 92],
  'ansi-bright-green': [92, 168, 104],
  'ansi-bright-yellow': [238, 209, 116],
  'ansi-bright-blue': [103, 158, 224],
  'ansi-bright-magenta': [201, 128, 190],
  'ansi-bright-cyan': [104, 190, 192],
  'ansi-bright-white': [240, 240, 241],
};

const ESCAPE = '\u001b';
/** OSC sequences: titles, and hyperlinks of foreign origin, which stay plain text. */
// eslint-disable-next-line no-control-regex
const OPERATING_SYSTEM = /\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\|$)/g;
// eslint-disable-next-line no-control-regex
const COLOR = /\u001b\[([\d;:]*)m/g;

/** Changes nothing; without one before it Anser takes the beginning of a text for plain. */
const GO_ON = `${ESCAPE}[10m`;

/** Goes through a text from its beginning: what one piece leaves switched on holds in the next. */
export class AnsiPainter {
  readonly #anser = new Anser();
  #used = false;

  /** Another one that stands where this one stands. */
  fork(): AnsiPainter {
    const other = new AnsiPainter();
    Object.assign(other.#anser, this.#anser, { decorations: [...(this.#anser as unknown as { decorations: string[] }).decorations] });
    other.#used = this.#used;
    return other;
  }

  paint(text: string): DocumentFragment {
    const fragment = document.createDocumentFragment();
    fragment.append(...this.spans(text).map(node));
    return fragment;
  }

  spans(text: string): Span[] {
    // Most text has no colours in it, and its painter nothing switched on.
    if (!this.#used && !text.includes(ESCAPE)) return [{ text, classes: '', style: '' }];
    this.#used = true;
    return this.#entries(text).map((entry) => ({ text: entry.content, ...look(entry) }));
  }

  /** Goes over a stretch that is not shown. */
  pass(text: string): void {
    const switches = text.match(COLOR);
    if (!switches) return;
    this.#used = true;
    this.#entries(switches.join(''));
  }

  #entries(text: string): Anser.AnserJsonEntry[] {
    const plain = text.replace(OPERATING_SYSTEM, '').replace(COLOR, (_, codes: string) => `\u001b[${semicolons(codes)}m`);
    return this.#anser.ansiToJson(GO_ON + plain, { json: true, use_classes: true, remove_empty: true });
  }
}

export function withoutAnsi(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(OPERATING_SYSTEM, '').replace(/\u001b\[[!-?]*[@-~]/g, '');
}

/** Colours may be written with colons and a colour space; the colour of an underline is left out. */
function semicolons(codes: string): string {
  return codes
    .replace(/\b(38|48):2:(?:\d*:)?(\d+):(\d+):(\d+)/g, '$1;2;$2;$3;$4')
    .replace(/\b58[;:](?:2[;:](?:\d*:)?\d+[;:]\d+[;:]\d+|5[;:]\d+)/g, '')
    .replace(/\b4:0\b/g, '24')
    .replace(/\b4:[1-5]\b/g, '4')
    .replaceAll(':', ';');
}

interface Look {
  classes: string;
  style: string;
}

export interface Span extends Look {
  text: string;
}

const looks = new Map<string, Look>();
/** A text may use every colour there is once. */
const MOST_LOOKS = 2000;

function look(entry: Anser.AnserJsonEntry): Look {
  const key = `${entry.fg}/${entry.fg_truecolor}/${entry.bg}/${entry.bg_truecolor}/${inverted(entry)}/${entry.decorations.join()}`;
  let known = looks.get(key);
  if (known) return known;
  if (looks.size > MOST_LOOKS) looks.clear();
  looks.set(key, (known = lookOf(entry)));
  return known;
}

function node({ text, classes, style }: Span): Node {
  const content = document.createTextNode(text);
  if (!classes && !style) return content;
  const span = document.createElement('span');
  if (classes) span.className = classes;
  if (style) span.style.cssText = style;
  span.append(content);
  return span;
}

function inverted(entry: Anser.AnserJsonEntry): boolean {
  return (entry as { isInverted?: boolean }).isInverted === true;
}

function lookOf(entry: Anser.AnserJsonEntry): Look {
  const classes = [...new Set(entry.decorations)].map((decoration) => `ansi-${decoration}`);
  const alone = !entry.bg && NAMED[entry.fg];
  if (alone) classes.push(`${entry.fg}-fg`);
  const style = alone || (!entry.fg && !entry.bg) ? '' : colored(entry);
  return { classes: classes.join(' '), style };
}

/** For each theme, since ink and paper stand in for what is missing. */
function colored(entry: Anser.AnserJsonEntry): string {
  const pairs = THEMES.map(({ ink, paper }) => {
    const standing = inverted(entry) ? { fg: paper, bg: ink } : { fg: ink, bg: paper };
    const bg = colorOf(entry.bg, entry.bg_truecolor, inverted(entry), 'ansi-white') ?? standing.bg;
    const fg = colorOf(entry.fg, entry.fg_truecolor, inverted(entry), 'ansi-black') ?? standing.fg;
    return { fg: css(readable(fg, bg)), bg: css(bg) };
  });
  const [light, dark] = pairs as [{ fg: string; bg: string }, { fg: string; bg: string }];
  const both = (one: string, other: string) => (one === other ? one : `light-dark(${one}, ${other})`);
  return `color:${both(light.fg, dark.fg)}${entry.bg ? `;background:${both(light.bg, dark.bg)}` : ''}`;
}

/** Inverse video puts white and black for colours that were not set; there they mean the page's own. */
function colorOf(name: string | null, trueColor: string | null, isInverted: boolean, unset: string): Rgb | undefined {
  if (!name || (isInverted && name === unset)) return undefined;
  if (name === 'ansi-truecolor') return rgbOf((trueColor ?? '').split(',').map(Number));
  const index = /^ansi-palette-(\d+)$/.exec(name)?.[1];
  return index === undefined ? NAMED[name] : paletteColor(Number(index));
}

/** A cube of six levels each way, then a ramp of greys. */
function paletteColor(index: number): Rgb {
  if (index >= 232) return rgbOf(Array<number>(3).fill(8 + 10 * (index - 232)));
  const level = (step: number) => (step === 0 ? 0 : 55 + 40 * step);
  const cube = index - 16;
  return [level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6)];
}

function rgbOf([red = 0, green = 0, blue = 0]: number[]): Rgb {
  return [red, green, blue];
}
