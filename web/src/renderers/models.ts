// The widgets of the kernel, as they run in a frame of foreign outputs: without origin, without network. Not part of the
// page; what people do goes to it by messages, and what changes comes from it.
//
// Invariant: no widget is made or ended here: the page says which there are.

import iconStyle from '@fortawesome/fontawesome-free/css/fontawesome.min.css?inline';
import iconFont from '@fortawesome/fontawesome-free/webfonts/fa-solid-900.woff2?inline';
import * as base from '@jupyter-widgets/base';
import { ManagerBase } from '@jupyter-widgets/base-manager';
import baseStyle from '@jupyter-widgets/base/css/index.css?inline';
import * as controls from '@jupyter-widgets/controls';
import controlsStyle from '@jupyter-widgets/controls/css/widgets.css?inline';
import * as output from '@jupyter-widgets/html-manager/lib/output';
import { WidgetRenderer, WIDGET_MIMETYPE } from '@jupyter-widgets/html-manager/lib/output_renderers';
import { RenderMimeRegistry, standardRendererFactories } from '@jupyterlab/rendermime';
import { Widget } from '@lumino/widgets';
import luminoStyle from '@lumino/widgets/style/index.css?inline';

import { made } from './amd';
import 'anywidget';

import { Comm, unpacked, type Tell } from './comm';
import type { Beginning, Libraries, Shown, Told, ToFrame, Value } from './line';

let requests = 0;
const waiting = new Map<number, (seq: number | undefined) => void>();

const tell: Tell = (told, answered) => {
  const request = (requests += 1);
  waiting.set(request, answered);
  const message: Told = { kind: 'tell', request, ...told };
  window.parent.postMessage(message, '*', message.bytes.map(({ data }) => data));
  return request;
};

/** What draws widgets, by the names of their modules. */
const LIBRARIES: { [module: string]: { [name: string]: unknown } | undefined } = {
  '@jupyter-widgets/base': base as never,
  '@jupyter-widgets/controls': controls as never,
  '@jupyter-widgets/output': output as never,
  anywidget: made({ '@jupyter-widgets/base': base }) as { [name: string]: unknown },
};

/** A library comes as text, and defines itself while it runs. */
function load(libraries: Libraries): void {
  for (const [module, text] of Object.entries(libraries)) {
    const script = document.createElement('script');
    script.textContent = text;
    document.head.append(script);
    LIBRARIES[module] ??= made(LIBRARIES) as { [name: string]: unknown } | undefined;
  }
}

/** Stands in the place of a widget whose library is not here, among others perhaps that are drawn. */
function viewWithout(module: string): typeof base.DOMWidgetView {
  return class extends base.DOMWidgetView {
    override render(): void {
      this.el.textContent = `There is no library ${module} to draw this widget with.`;
    }
  };
}

class Manager extends ManagerBase {
  readonly comms = new Map<string, Comm>();
  /** What Output widgets draw their outputs with. */
  readonly renderMime = new RenderMimeRegistry({ initialFactories: standardRendererFactories });

  constructor() {
    super();
    this.renderMime.addFactory({ safe: false, mimeTypes: [WIDGET_MIMETYPE], createRenderer: (options) => new WidgetRenderer(options, this as never) as never }, 0);
  }

  protected override loadClass(name: string, module: string): Promise<never> {
    const instead = () => (/View$/.test(name) ? viewWithout(module) : base.DOMWidgetModel);
    return Promise.resolve((LIBRARIES[module]?.[name] ?? instead()) as never);
  }

  /** Both are ours to do: nothing here opens a widget of its own. */
  protected override _create_comm(): Promise<never> {
    return Promise.reject(new Error('Widgets are made by the kernel.'));
  }

  protected override _get_comm_info(): Promise<object> {
    return Promise.resolve({});
  }

  /** All at once: what names each other finds each other only so. */
  open(models: { [id: string]: Shown }): Promise<unknown> {
    return Promise.allSettled(Object.entries(models).map(([id, { name, module, version, state }]) => this.#open(id, name, module, version, state)));
  }

  #open(id: string, model_name: string, model_module: string, model_module_version: string, state: { [key: string]: Value }): Promise<base.WidgetModel> {
    const comm = new Comm(id, state, tell);
    this.comms.set(id, comm);
    const { values, paths, buffers } = unpacked(state);
    for (const [index, path] of paths.entries()) put(values, path, buffers[index]);
    return this.new_model({ model_id: id, model_name, model_module, model_module_version, comm: comm as never }, values);
  }
}

/** Puts a binary part at its place. */
function put(values: { [key: string]: unknown }, path: (string | number)[], data: DataView | undefined): void {
  const last = path.at(-1);
  let at: unknown = values;
  for (const step of path.slice(0, -1)) at = (at as { [key: string]: unknown } | undefined)?.[step];
  if (last !== undefined && typeof at === 'object' && at !== null) (at as { [key: string]: unknown })[last] = data;
}

const THEME = `
:root {
  --jp-widgets-color: var(--ink);
  --jp-widgets-label-color: var(--ink);
  --jp-widgets-readout-color: var(--ink);
  --jp-widgets-font-size: 13px;
  --jp-widgets-border-color: var(--line);
  --jp-widgets-input-color: var(--ink);
  --jp-widgets-input-background-color: var(--paper);
  --jp-widgets-input-border-color: var(--line);
  --jp-widgets-input-focus-border-color: var(--accent);
  --jp-widgets-slider-active-handle-color: var(--accent);
  --jp-widgets-slider-handle-border-color: var(--line);
  --jp-widgets-slider-handle-background-color: var(--paper);
  --jp-ui-font-color0: var(--ink);
  --jp-ui-font-color1: var(--ink);
  --jp-ui-font-color2: var(--soft);
  --jp-ui-font-color3: var(--soft);
  --jp-content-font-color1: var(--ink);
  --jp-layout-color1: var(--paper);
  --jp-layout-color2: var(--raised);
  --jp-layout-color3: var(--hair);
  --jp-border-color1: var(--line);
  --jp-brand-color1: var(--accent);
  --jp-brand-color2: var(--accent);
  --jp-brand-color3: var(--hair);
  --jp-code-font-family: var(--font-code);
}
.jupyter-widgets.widget-output .jp-OutputArea-output pre { margin: 0; white-space: pre-wrap; }
.jp-OutputArea-prompt { display: none; }
@font-face { font-family: 'Font Awesome 5 Free'; font-weight: 900; src: url(${iconFont}) format('woff2'); }
.fa, .fas { font-family: 'Font Awesome 5 Free'; font-weight: 900; }
`;

const manager = new Manager();
let began: Promise<void> | undefined;

// The look comes by properties; a second call has nothing to do.
window.drawChart = (root: HTMLElement, spec): Promise<void> => (began ??= begin(root, spec as unknown as Beginning));

async function begin(root: HTMLElement, { model, models, libraries, rests }: Beginning): Promise<void> {
  const style = document.createElement('style');
  style.textContent = [luminoStyle, baseStyle, controlsStyle, iconStyle, THEME].join('\n');
  document.head.append(style);
  document.body.inert = rests;
  addEventListener('message', ({ source, data }: MessageEvent<ToFrame>) => {
    if (source === window.parent) received(data);
  });
  load(libraries);
  await manager.open(models);
  const drawn = await manager.get_model(model);
  if (!drawn) throw new Error(`There is no model ${model}.`);
  const view = await manager.create_view(drawn as base.DOMWidgetModel);
  Widget.attach(view.luminoWidget, root);
}

/** One after the other: a model that has just come may be named by the next message. */
let last: Promise<unknown> = Promise.resolve();

function received(message: ToFrame): void {
  switch (message.kind) {
    case 'rests':
      document.body.inert = message.rests;
      break;
    case 'told':
      waiting.get(message.request)?.(message.seq);
      waiting.delete(message.request);
      break;
    case 'models':
      last = last.then(() => changed(message)).catch((cause: unknown) => console.error(cause));
  }
}

async function changed({ opened, libraries, changed, closed, said }: Extract<ToFrame, { kind: 'models' }>): Promise<void> {
  load(libraries);
  await manager.open(opened);
  for (const [id, state] of Object.entries(changed)) manager.comms.get(id)?.change(state);
  for (const [id, messages] of Object.entries(said)) messages.forEach(({ content, buffers }) => manager.comms.get(id)?.said(content, buffers));
  for (const id of closed) {
    manager.comms.get(id)?.closed();
    manager.comms.delete(id);
  }
}
