// Outputs of code.

const number = new Intl.NumberFormat('en');
const lines = (count: number) => `${number.format(count)} ${count === 1 ? 'line' : 'lines'}`;

/** What a media type is called among people. */
const forms: { readonly [start: string]: string } = {
  'application/vnd.vega.': 'an interactive Vega chart',
  'application/vnd.vegalite.': 'an interactive Vega-Lite chart',
  'application/vnd.plotly.': 'an interactive Plotly chart',
  'application/vnd.jupyter.widget-view': 'a Jupyter widget',
  'application/vnd.bokehjs': 'an interactive Bokeh chart',
  'application/vnd.holoviews': 'an interactive HoloViews chart',
};

function form(mime: string): string {
  return Object.entries(forms).find(([start]) => mime.startsWith(start))?.[1] ?? mime;
}

export const outputs = {
  label: (cell: number) => `Output of cell ${cell}`,
  tools: (index: number, cell: number) => `Output ${index} of cell ${cell}`,
  size: (bytes: number) => {
    const mega = bytes >= 999_500;
    const unit = mega ? 'megabyte' : 'kilobyte';
    return new Intl.NumberFormat('en', { style: 'unit', unit, maximumFractionDigits: mega ? 1 : 0 }).format(Math.max(1, bytes / 1000) / (mega ? 1000 : 1));
  },
  standardError: 'Standard error:',
  omitted: (count: number) => `${lines(count)} not shown`,
  omittedText: 'Part of the text is not shown',
  showAllLines: (count: number) => `Show all (${lines(count)})`,
  showAllText: 'Show all',
  showLess: 'Show less',
  showAllOutputs: (count: number) => `Show all ${number.format(count)} outputs`,
  showOutput: (size: string) => `Show output, ${size}`,
  showTrace: (count: number) => `Traceback, ${lines(count)}`,
  picture: 'Picture',
  enlarge: (alt: string) => `Enlarge: ${alt}`,
  close: 'Close',
  fullSize: 'Full size',
  fit: 'Fit to window',
  copy: 'Copy',
  copied: 'The output is copied.',
  notCopied: 'The browser did not allow copying.',
  download: 'Download',
  cannotDraw: (mimes: readonly string[], hasOther: boolean) =>
    hasOther ? `This is ${mimes.map(form).join(', ')}. It is not drawn here yet; what follows came with it.` : `This page cannot show ${mimes.map(form).join(', ')}.`,
  notDrawn: (mime: string, why: string) => `This is ${form(mime)}. It could not be drawn: ${why}`,
  widgetGone: 'This is a widget of a kernel that is gone. Run the cell again to use it.',
  widgetEnded: 'The kernel of this widget is gone: this is how it looked last. Run the cell again to use it.',
  unknownOutput: 'This page does not know what kind of output this is.',
  fetching: 'Fetching the output…',
  notFetched: (why: string) => `The output was not fetched. ${why}`,
  tryAgain: 'Try again',
  frameTitle: (cell: number) => `Output of cell ${cell}, a page of its own`,
  stopped: 'This output was stopped: it disturbed the page.',
  startAgain: 'Start it again',
  blocked: (hosts: readonly string[]) => `It wanted to load from ${hosts.join(', ')}. Outputs reach no other server, so part of it may be missing.`,
  linksTo: (address: string) => `The output links to ${address}`,
  open: 'Open',
  json: {
    label: 'JSON',
    items: (count: number) => `${number.format(count)} ${count === 1 ? 'item' : 'items'}`,
    more: (count: number) => `${number.format(count)} more`,
  },
};
