// How diagrams look: in the colours of the page, light or dark. An effect that asks runs again when that changes.

import { MediaQuery } from 'svelte/reactivity';

import type { Look } from '../editor/diagrams/artist';
import { page } from './page.svelte';

const systemDark = new MediaQuery('(prefers-color-scheme: dark)');

type Colour = readonly [red: number, green: number, blue: number];

export function diagramLook(): Look {
  const dark = page.look === 'dark' || (page.look === 'system' && systemDark.current);
  const probe = document.createElement('span');
  // Light or dark by itself: the page may be about to change.
  probe.style.colorScheme = dark ? 'dark' : 'light';
  document.body.append(probe);
  const colour = (name: string): Colour => {
    probe.style.color = `var(${name})`;
    const [red = 0, green = 0, blue = 0] = (getComputedStyle(probe).color.match(/[\d.]+/g) ?? []).map(Number);
    return [red, green, blue];
  };
  const [paper, ink, accent, warn, line] = ['--paper', '--ink', '--accent', '--warn', '--line'].map(colour) as [Colour, Colour, Colour, Colour, Colour];
  const look = { dark, font: getComputedStyle(document.body).fontFamily, variables: variables({ paper, ink, accent, warn, line, raised: colour('--raised'), soft: colour('--soft') }) };
  probe.remove();
  return look;
}

function variables(of: { [name in 'paper' | 'ink' | 'accent' | 'warn' | 'line' | 'raised' | 'soft']: Colour }): Look['variables'] {
  const [ink, paper, raised] = [css(of.ink), css(of.paper), css(of.raised)];
  return {
    background: paper,
    primaryColor: css(mixed(of.accent, of.paper, 0.16)),
    primaryTextColor: ink,
    primaryBorderColor: css(mixed(of.accent, of.paper, 0.65)),
    secondaryColor: raised,
    secondaryTextColor: ink,
    secondaryBorderColor: css(of.line),
    tertiaryColor: raised,
    tertiaryTextColor: ink,
    tertiaryBorderColor: css(of.line),
    lineColor: css(of.soft),
    textColor: ink,
    titleColor: ink,
    noteBkgColor: css(mixed(of.warn, of.paper, 0.16)),
    noteTextColor: ink,
    noteBorderColor: css(mixed(of.warn, of.paper, 0.5)),
    edgeLabelBackground: paper,
  };
}

/** `share` of the first, the rest of the second. */
function mixed(first: Colour, second: Colour, share: number): Colour {
  return first.map((part, index) => part * share + (second[index] ?? 0) * (1 - share)) as unknown as Colour;
}

function css(colour: Colour): string {
  return `#${colour.map((part) => Math.round(part).toString(16).padStart(2, '0')).join('')}`;
}
