// Vega and Vega-Lite, as they run in a frame of foreign outputs: without origin, without network. Not part of the page.
//
// Invariant: expressions are interpreted and never compiled, which the policy of the frame would forbid.

import embed, { type Result } from 'vega-embed';
import { expressionInterpreter } from 'vega-interpreter';

import { color, type Spec } from './drawn';

let drawn: Result | undefined;

window.drawChart = async (root: HTMLElement, spec: Spec): Promise<void> => {
  drawn?.finalize();
  drawn = await embed(root, structuredClone(spec), {
    actions: false,
    ast: true,
    expr: expressionInterpreter,
    renderer: 'svg',
    config: hasGround(spec) ? {} : ours(),
  } as Parameters<typeof embed>[2]);
};

/** On a ground of its own a chart has colours of its own. */
function hasGround(spec: Spec): boolean {
  const config = spec['config'] as Spec | undefined;
  return spec['background'] !== undefined || config?.['background'] !== undefined;
}

/** The colours of the page, where the chart says none. */
function ours(): object {
  const [ink, soft, hair, line] = ['--ink', '--soft', '--hair', '--line'].map(color);
  const words = { labelColor: soft, titleColor: ink };
  return {
    background: 'transparent',
    axis: { ...words, gridColor: hair, domainColor: line, tickColor: line },
    legend: words,
    header: words,
    title: { color: ink, subtitleColor: soft },
    view: { stroke: line },
    style: { 'guide-label': { fill: soft }, 'guide-title': { fill: ink }, 'group-title': { fill: ink } },
  };
}
