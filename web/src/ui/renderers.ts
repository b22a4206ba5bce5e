// The libraries that draw charts, as text for the frames in which they run. Fetched from us when the first chart comes near.
//
// Invariant: none of them ever runs in the page.

import type { Library } from '../doc/output';
// Vite bundles what is imported like this into one file of its own, which is what a frame without a network can be given.
import modelsAddress from '../renderers/models?worker&url';
import plotlyAddress from '../renderers/plotly?worker&url';
import vegaAddress from '../renderers/vega?worker&url';

const ADDRESSES: { readonly [library in Library]: string } = { models: modelsAddress, plotly: plotlyAddress, vega: vegaAddress };
const texts = new Map<Library, Promise<string>>();

export function rendererOf(library: Library): Promise<string> {
  const known = texts.get(library);
  if (known) return known;
  const fetched = load(library);
  texts.set(library, fetched);
  // A network that comes back is asked again.
  fetched.catch(() => texts.delete(library));
  return fetched;
}

async function load(library: Library): Promise<string> {
  const answer = await fetch(new URL(ADDRESSES[library], document.baseURI));
  if (!answer.ok) throw new Error(`${answer.status}`);
  return answer.text();
}
