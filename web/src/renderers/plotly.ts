// Plotly, as it runs in a frame of foreign outputs: without origin, without network. Not part of the page.
//
// Invariant: nothing of it compiles code at run time, which the policy of the frame would forbid: it is the strict bundle.

import Plotly from 'plotly.js-strict-dist-min';

import { color, type Spec } from './drawn';

/** A frame may start no download and knows no service to send a chart to. */
const WITHOUT = ['toImage', 'sendDataToCloud', 'sendChartToCloud'];

window.drawChart = async (root: HTMLElement, spec: Spec): Promise<void> => {
  // Plotly writes into what it is given.
  const { data, layout, config, frames } = structuredClone(spec);
  const set = { responsive: true, displaylogo: false, ...(config as object), modeBarButtonsToRemove: WITHOUT, plotlyServerURL: '', showLink: false };
  await Plotly.react(root, data ?? [], { ...(layout as object), ...ours(layout as Spec | undefined) }, set);
  if (Array.isArray(frames)) await Plotly.addFrames(root, frames);
};

/** The colours of the page, where the chart brings no looks of its own. */
function ours(layout: Spec | undefined): object {
  if (layout?.['template'] || layout?.['paper_bgcolor']) return {};
  const [ink, hair, line] = ['--ink', '--hair', '--line'].map(color);
  const axis = { gridcolor: hair, linecolor: line, zerolinecolor: line };
  const template = { layout: { font: { color: ink }, paper_bgcolor: 'rgba(0,0,0,0)', plot_bgcolor: 'rgba(0,0,0,0)', xaxis: axis, yaxis: axis } };
  return { template, font: { color: ink, ...(layout?.['font'] as object) } };
}
