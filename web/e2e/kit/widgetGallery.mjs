// A session that shows every kind of widget that is drawn, for looks, keys and machines that judge pages.

import { ref } from './widgets.mjs';

const PNG = 'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAYAAACNMs+9AAAAFUlEQVR42mNk+M9Qz0AEYBxVSF+FABJADveWkH6oAAAAAElFTkSuQmCC';

/** A program's setup; resolves with the numbers of what it made, by name. */
export async function everyKind(program) {
  const made = {};
  const make = async (name, kind, ...args) => (made[name] = await program.make(kind, ...args));
  const into = async (box, ...names) => {
    for (const name of names) await program.call(made[box], 'add_widget', ref(made[name]), 0);
  };

  await make('top', 'TopLevel', { title: 'Every kind', resizable: true, closeable: true, minimizable: true, maximizable: true });
  await make('all', 'VBox');
  await program.call(made.all, 'set_spacing', 10);
  await program.call(made.top, 'resize', 900, 640);

  made.menubar = await program.make('MenuBar');
  made.fileMenu = await program.factory(made.menubar, 'add_name', 'File');
  made.openAction = await program.factory(made.fileMenu, 'add_name', 'Open');
  await program.call(made.fileMenu, 'add_separator');
  made.gridAction = await program.factory(made.fileMenu, 'add_name', 'Show grid', true);
  made.viewMenu = await program.factory(made.menubar, 'add_name', 'View');
  made.zoomAction = await program.factory(made.viewMenu, 'add_name', 'Zoom in');
  await make('toolbar', 'ToolBar');
  made.cut = await program.factory(made.toolbar, 'add_action', { text: 'Cut' });
  await program.call(made.toolbar, 'add_separator');
  made.bold = await program.factory(made.toolbar, 'add_action', { text: 'Bold', toggle: true });

  await make('tabs', 'TabWidget', { closable: true });
  await make('controls', 'VBox');
  await program.call(made.controls, 'set_spacing', 10);
  await make('buttons', 'HBox');
  await program.call(made.buttons, 'set_spacing', 10);
  await make('button', 'Button', 'A button');
  await make('painted', 'Button', 'Painted');
  await program.call(made.painted, 'set_color', '#ffd54f');
  await make('toggle', 'ToggleButton', 'Keep pressed');
  await make('check', 'CheckBox', 'Tick me');
  await make('one', 'RadioButton', 'One', { group: 'numbers' });
  await make('two', 'RadioButton', 'Two', { group: 'numbers' });
  await program.call(made.one, 'set_state', true);
  await into('buttons', 'button', 'painted', 'toggle', 'check', 'one', 'two');
  await make('separator', 'Separator', 'horizontal');
  await make('grid', 'GridBox', { rows: 4, columns: 2 });
  await program.call(made.grid, 'set_spacing', 10);
  await make('entry', 'TextEntry', 'some text');
  await make('entrySet', 'TextEntrySet', 'more text', { label: 'Name' });
  await make('combo', 'ComboBox');
  for (const item of ['Apple', 'Pear', 'Quince']) await program.call(made.combo, 'append_text', item);
  await make('editable', 'ComboBox', { editable: true });
  for (const item of ['Red', 'Green']) await program.call(made.editable, 'append_text', item);
  await make('spin', 'SpinBox', { min: 0, max: 20, step: 2, value: 4 });
  await make('slider', 'Slider', { min: 0, max: 10, value: 3, track: true, show_value: true });
  await make('dial', 'Dial', { min: 0, max: 100, value: 40 });
  await make('progress', 'ProgressBar');
  await program.call(made.progress, 'set_value', 0.4);
  const cells = ['entry', 'entrySet', 'combo', 'editable', 'spin', 'slider', 'dial', 'progress'];
  for (const [at, name] of cells.entries()) await program.call(made.grid, 'add_widget', ref(made[name]), Math.floor(at / 2), at % 2);
  await make('area', 'TextArea', 'Two lines\nof text');
  await into('controls', 'buttons', 'separator', 'grid', 'area');

  await make('data', 'HBox');
  await program.call(made.data, 'set_spacing', 12);
  await make('table', 'TableView', { columns: [{ label: 'Name', key: 'name', editable: true }, { label: 'Size', key: 'size', type: 'integer' }], sortable: true, show_row_numbers: true });
  await program.call(made.table, 'set_rows', [['alpha', 10], ['beta', 7], ['gamma', 12]]);
  await program.call(made.table, 'set_cell_color', ['row1'], 'name', '#ffffff', '#8a2f6a', true);
  await make('tree', 'TreeView', { columns: [{ label: 'File', key: 'file' }, { label: 'Lines', key: 'lines', type: 'integer' }] });
  await program.call(made.tree, 'set_tree', { src: { 'main.rs': { lines: 10 }, 'lib.rs': { lines: 200 } }, docs: { 'a.md': { lines: 3 } } });
  await program.call(made.data, 'add_widget', ref(made.table), 1);
  await program.call(made.data, 'add_widget', ref(made.tree), 1);

  await make('layouts', 'VBox');
  await program.call(made.layouts, 'set_spacing', 10);
  await make('frame', 'Frame', { title: 'A frame' });
  await make('framed', 'Label', 'in a frame');
  await program.call(made.frame, 'set_widget', ref(made.framed));
  await make('expander', 'Expander', { title: 'More', collapsible: true });
  await make('expanded', 'Label', 'in an expander');
  await program.call(made.expander, 'set_widget', ref(made.expanded));
  await make('splitter', 'Splitter', { orientation: 'horizontal' });
  await make('left', 'Label', 'left of it');
  await make('right', 'Label', 'right of it');
  for (const name of ['left', 'right']) await program.call(made.splitter, 'add_widget', ref(made[name]));
  await make('stack', 'StackWidget');
  await make('page', 'Label', 'a page of a stack');
  await program.call(made.stack, 'add_widget', ref(made.page), { title: 'Page' });
  await make('scroll', 'ScrollArea');
  await make('long', 'Label', Array.from({ length: 30 }, (_, line) => `line ${line}`).join('\n'));
  await program.call(made.scroll, 'set_widget', ref(made.long));
  await program.call(made.scroll, 'set_max_size', 900, 120);
  await make('fixed', 'FixedLayout');
  await make('placed', 'Label', 'at 40, 10');
  await program.call(made.fixed, 'add_widget', ref(made.placed), 40, 10);
  await make('buttonBox', 'ButtonBox', { halign: 'right' });
  await make('ok', 'Button', 'OK');
  await into('buttonBox', 'ok');
  await make('box', 'Box', { orientation: 'horizontal' });
  await make('boxed', 'Label', 'in a box');
  await into('box', 'boxed');
  await into('layouts', 'frame', 'expander', 'splitter', 'stack', 'scroll', 'fixed', 'buttonBox', 'box');

  await make('shown', 'VBox');
  await program.call(made.shown, 'set_spacing', 10);
  await make('image', 'Image');
  await program.call(made.image, 'set_image', PNG);
  await make('canvas', 'Canvas');
  await program.call(made.canvas, 'draw_image', { src: PNG, x: 10, y: 10, wd: 60, ht: 40 });
  await make('html', 'HtmlView', '<h3>From HTML</h3><p>in a frame of its own</p>');
  await make('video', 'VideoWidget');
  await make('foreign', 'Image', { url: 'https://pictures.example.org/a.png' });
  await into('shown', 'image', 'canvas', 'html', 'video', 'foreign');

  for (const [name, title] of [['controls', 'Controls'], ['data', 'Data'], ['layouts', 'Layouts'], ['shown', 'Display']]) {
    await program.call(made.tabs, 'add_widget', ref(made[name]), { title });
  }
  await make('status', 'StatusBar');
  await program.call(made.status, 'set_message', 'Ready');
  await make('timer', 'Timer', { duration: 1 });
  await into('all', 'menubar', 'toolbar');
  await program.call(made.all, 'add_widget', ref(made.tabs), 1);
  await into('all', 'status');
  await program.call(made.top, 'set_widget', ref(made.all));
  await program.call(made.top, 'show');
  return made;
}
